import type { FastifyRequest, RouteOptions } from 'fastify';
import { tokenDigest } from '../authenticator.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { settingsOf } from '../request-state.ts';
import type { SourceSettings } from '../settings.ts';
import { userIdOf } from './facade-rooms.ts';
import { MatrixRefusal } from './matrix-refusal.ts';
import { isJsonObject, type JsonObject, readJsonObject } from './read-json-object.ts';

const deviceIdBytes = 5;
/** A login is a name and a password. */
const bodyBytesMax = 16 * 1024;

/** The user in either form: `identifier`, or the deprecated `user` that RouterOS sends. */
function userOf(body: JsonObject): string | undefined {
  const { identifier, user } = body;
  const named = isJsonObject(identifier) ? identifier['user'] : user;
  return typeof named === 'string' ? named : undefined;
}

/** The source by its name, or as `@name:host` whatever the host; the localpart is that of its user id. */
function sourceOf(request: FastifyRequest, user: string): SourceSettings | undefined {
  const { sources, serverName } = settingsOf(request);
  const plain = user.startsWith('@') ? user.slice(1).replace(/:.*$/su, '') : user;
  const exact = sources.get(plain);
  if (exact !== undefined) return exact;
  const userId = userIdOf(plain, serverName);
  return [...sources.values()].find(({ name }) => userIdOf(name, serverName) === userId);
}

/** `GET login`: a source logs in with its token as the password. */
export function loginFlows(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (_request, reply) =>
      reply.type('application/json').send('{"flows":[{"type":"m.login.password"}]}'),
  };
}

/**
 * `POST login`: a fresh token for each login, as some clients number their transactions from 0 after every one.
 */
export function login(context: GatewayContext, url: string): RouteOptions {
  const { deps, facadeTokens } = context;

  /** The token for whoever shows this password. @throws MatrixRefusal M_FORBIDDEN */
  function tokenFor(request: FastifyRequest, source: SourceSettings, password: string): string {
    if (source.auth === 'none') return facadeTokens.issue(source, undefined);
    const caller = context.identify(request, password);
    if (caller?.kind === 'source' && caller.source === source && caller.loginId === '') {
      return facadeTokens.issue(source, tokenDigest(password));
    }
    throw new MatrixRefusal(403, 'M_FORBIDDEN', 'Invalid username or password');
  }

  return {
    method: 'POST',
    url,
    config: { anonymousBodyBytesMax: bodyBytesMax },
    handler: (request, reply) => {
      const body = readJsonObject(request);
      if (body['type'] !== 'm.login.password') {
        throw new MatrixRefusal(400, 'M_UNKNOWN', 'Unknown login type: use m.login.password');
      }
      const { password } = body;
      const user = userOf(body);
      if (user === undefined || typeof password !== 'string') {
        throw new MatrixRefusal(400, 'M_BAD_JSON', 'A login needs a user and a password');
      }
      const source = sourceOf(request, user);
      if (source === undefined) {
        throw new MatrixRefusal(403, 'M_FORBIDDEN', 'Invalid username or password');
      }
      const { serverName } = settingsOf(request);
      const given = body['device_id'];
      const fresh = Buffer.from(deps.randomBytes(deviceIdBytes)).toString('hex').toUpperCase();
      const answer = {
        user_id: userIdOf(source.name, serverName),
        access_token: tokenFor(request, source, password),
        device_id: typeof given === 'string' && given !== '' ? given : fresh,
        home_server: serverName,
      };
      return reply.type('application/json').send(JSON.stringify(answer));
    },
  };
}
