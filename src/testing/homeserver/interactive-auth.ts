import type { IdSource } from './id-source.ts';
import { isObject } from './json-content.ts';
import type { JsonObject, Reply } from './reply.ts';
import type { User } from './user.ts';

const passwordStage = 'm.login.password';

/** User-interactive authentication with the one stage Synapse asks for, the password, client-server API §5.5. */
export class InteractiveAuth {
  readonly #ids: IdSource;
  readonly #sessions = new Set<string>();

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  /** The 401 that says what is still to be proven; undefined once `auth` in the body proves it. */
  challenge(user: User, body: JsonObject): Reply | undefined {
    const { auth } = body;
    if (!isObject(auth) || auth['type'] === undefined) return this.#ask({});
    const session = typeof auth['session'] === 'string' ? auth['session'] : undefined;
    if (session !== undefined && !this.#sessions.has(session)) {
      const error = `Unknown session ID: ${session}`;
      return { status: 400, body: { errcode: 'M_UNKNOWN', error } };
    }
    if (proves(user, auth)) {
      if (session !== undefined) this.#sessions.delete(session);
      return undefined;
    }
    const refused = { errcode: 'M_FORBIDDEN', error: 'Invalid username or password' };
    return this.#ask(refused, session);
  }

  #ask(more: JsonObject, known?: string): Reply {
    const session = known ?? this.#ids.chars(24);
    this.#sessions.add(session);
    const flows = [{ stages: [passwordStage] }];
    return { status: 401, body: { session, flows, params: {}, ...more } };
  }
}

/** By the user's id or localpart, and the password. */
function proves(user: User, auth: JsonObject): boolean {
  const identifier = isObject(auth['identifier']) ? auth['identifier'] : {};
  const name = identifier['user'] ?? auth['user'];
  const isUser = name === user.userId || name === user.userId.slice(1).split(':')[0];
  const isPassword = user.password !== undefined && auth['password'] === user.password;
  return auth['type'] === passwordStage && isUser && isPassword;
}
