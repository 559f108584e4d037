import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MatrixRequest } from '../../matrix/homeserver.ts';
import { parseUserId, type UserId } from '../../matrix/ids.ts';
import {
  type ScriptedAnswer,
  scriptedHomeserver,
} from '../../matrix/scripted-homeserver.contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { BotEvent } from './bot-event.ts';
import { DeploymentBot } from './deployment-bot.ts';

const userId = parseUserId('@bot:example.org') as UserId;

/** What a homeserver answers that refuses. */
export const refusal = (status: number, errcode: string, error = 'no'): ScriptedAnswer => ({
  json: { errcode, error },
  status,
});

/** By method and path. */
export type Answers = Readonly<Record<string, (request: MatrixRequest) => ScriptedAnswer>>;

/** What a Synapse answers that has the bot and takes its token. */
const healthy: Answers = {
  'GET /_synapse/admin/v1/register': () => ({ json: { nonce: 'n' } }),
  'POST /_synapse/admin/v1/register': () => ({
    json: { user_id: userId, device_id: 'D', access_token: 'new' },
  }),
  'GET /_matrix/client/v3/account/whoami': () => ({ json: { user_id: userId, device_id: 'D' } }),
  'GET /_synapse/admin/v2/users/%40bot%3Aexample.org': () => ({
    json: { name: userId, admin: true },
  }),
  'GET /_synapse/admin/v1/users/%40bot%3Aexample.org/override_ratelimit': () => ({
    json: { messages_per_second: 0, burst_count: 0 },
  }),
};

/** A bot before a homeserver that answers from a script. */
export interface BotStage {
  readonly bot: DeploymentBot;
  readonly clock: ManualClock;
  readonly events: BotEvent[];
  readonly homeserver: ReturnType<typeof scriptedHomeserver>;
  /** Gone with the test. */
  readonly directory: string;
  readonly tokenFile: string;
}

export function openBotStage(
  answers: Answers = {},
  secret: () => string | undefined = () => 'secret',
): BotStage {
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-bot-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const clock = new ManualClock();
  const events: BotEvent[] = [];
  const homeserver = scriptedHomeserver((request) => {
    const answer = { ...healthy, ...answers }[`${request.method} ${request.path}`];
    return answer?.(request) ?? refusal(404, 'M_UNRECOGNIZED');
  });
  const tokenFile = join(directory, 'token');
  const bot = new DeploymentBot(
    { userId, homeserver, tokenFile, readSecret: async () => await Promise.resolve(secret()) },
    { clock, randomHex: (bytes) => '0'.repeat(bytes * 2), onEvent: (event) => events.push(event) },
  );
  return { bot, clock, events, homeserver, directory, tokenFile };
}

/** Moves the clock on whenever the bot waits, until it is so. */
export async function untilBot(stage: BotStage, done: () => boolean): Promise<void> {
  while (!done()) {
    await new Promise((resolve) => setImmediate(resolve));
    stage.clock.advance(stage.clock.nextDueMs ?? 0);
  }
}
