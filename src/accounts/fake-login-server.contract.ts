import * as http from 'node:http';

interface Token {
  readonly deviceId: string | undefined;
  state: 'valid' | 'soft' | 'gone';
}

type Answer = { readonly status: number; readonly json: unknown } | 'drop';

const refusals = {
  spent: (soft: boolean): Answer => ({
    status: 401,
    json: { errcode: 'M_UNKNOWN_TOKEN', error: 'Unrecognised access token', soft_logout: soft },
  }),
  forbidden: { status: 403, json: { errcode: 'M_FORBIDDEN', error: 'Invalid password' } },
  unrecognized: { status: 404, json: { errcode: 'M_UNRECOGNIZED', error: 'Unrecognized request' } },
} as const;

/** A homeserver of one user that knows nothing but logging in, refreshing and taking events. */
export interface FakeLoginServer {
  readonly baseUrl: string;
  password: string;
  /** Set: logins get refresh tokens, and access tokens that claim to live this long. */
  lifetimeMs: number | undefined;
  /** Answers in place of the server for as long as it returns something; `line` is method and path. */
  fault: (line: string) => Answer | undefined;
  /** Method and path of every request, without `/_matrix/client/v3`. */
  readonly lines: string[];
  /** Bodies of the logins. */
  readonly logins: Record<string, unknown>[];
  readonly tokens: Map<string, Token>;
  issue(token: string, deviceId: string | undefined): void;
  /** As an expiry: the device stays. */
  softLogout(): void;
  /** As a logout elsewhere: devices and refresh tokens are gone. */
  hardLogout(): void;
  close(): Promise<void>;
}

export const userId = '@bot:example.org';

/** Starts it on a free port. */
export async function startFakeLoginServer(): Promise<FakeLoginServer> {
  const refreshTokens = new Map<string, string>();
  let issued = 0;
  const pairFor = (deviceId: string): Record<string, unknown> => {
    issued++;
    fake.issue(`access-${issued}`, deviceId);
    if (fake.lifetimeMs === undefined) return { access_token: `access-${issued}` };
    refreshTokens.set(`refresh-${issued}`, deviceId);
    return {
      access_token: `access-${issued}`,
      refresh_token: `refresh-${issued}`,
      expires_in_ms: fake.lifetimeMs,
    };
  };
  const login = (body: Record<string, unknown>): Answer => {
    fake.logins.push(body);
    if (body['password'] !== fake.password) return refusals.forbidden;
    const given = body['device_id'];
    const deviceId = typeof given === 'string' ? given : `DEVICE${issued + 1}`;
    return { status: 200, json: { user_id: userId, device_id: deviceId, ...pairFor(deviceId) } };
  };
  const refresh = (body: Record<string, unknown>): Answer => {
    const used = String(body['refresh_token']);
    const deviceId = refreshTokens.get(used);
    if (deviceId === undefined) return refusals.spent(false);
    refreshTokens.delete(used);
    return { status: 200, json: pairFor(deviceId) };
  };
  const withToken = (line: string, token: string | undefined): Answer => {
    const known = fake.tokens.get(token ?? '');
    if (known === undefined || known.state === 'gone') return refusals.spent(false);
    if (known.state === 'soft') return refusals.spent(true);
    if (line === 'GET /account/whoami') {
      return { status: 200, json: { user_id: userId, device_id: known.deviceId } };
    }
    if (line === 'POST /logout') fake.hardLogout();
    return { status: 200, json: line.startsWith('PUT /') ? { event_id: '$e' } : {} };
  };
  const answer = (line: string, body: Record<string, unknown>, token?: string): Answer => {
    const fault = fake.fault(line);
    if (fault !== undefined) return fault;
    if (line === 'POST /login') return login(body);
    if (line === 'POST /refresh') return refresh(body);
    return withToken(line, token);
  };
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const line = `${request.method} ${request.url?.replace('/_matrix/client/v3', '')}`;
      fake.lines.push(line);
      const text = Buffer.concat(chunks).toString('utf8');
      const body = text === '' ? {} : JSON.parse(text);
      const token = request.headers.authorization?.replace('Bearer ', '');
      const answered = answer(line, body, token);
      if (answered === 'drop') {
        request.socket.destroy();
        return;
      }
      response.statusCode = answered.status;
      response.end(JSON.stringify(answered.json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const fake: FakeLoginServer = {
    baseUrl: `http://127.0.0.1:${address.port}`,
    password: 'password',
    lifetimeMs: undefined,
    fault: () => undefined,
    lines: [],
    logins: [],
    tokens: new Map(),
    issue(token, deviceId) {
      fake.tokens.set(token, { deviceId, state: 'valid' });
    },
    softLogout() {
      for (const token of fake.tokens.values()) if (token.state === 'valid') token.state = 'soft';
    },
    hardLogout() {
      for (const token of fake.tokens.values()) token.state = 'gone';
      refreshTokens.clear();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}
