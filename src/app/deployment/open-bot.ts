import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { BotEvent } from '../../deployment/bot/bot-event.ts';
import { DeploymentBot } from '../../deployment/bot/deployment-bot.ts';
import type { DesiredBot, DesiredDeployment } from '../../deployment/desired.ts';
import { Failure } from '../../errors.ts';
import type { Homeserver } from '../../matrix/homeserver.ts';
import { parseUserId } from '../../matrix/ids.ts';
import { openHomeserver } from '../../matrix/undici-homeserver.ts';
import { readSecretFile } from '../read-secret-file.ts';

export interface BotDeps {
  readonly clock: Clock;
  readonly onEvent: (event: BotEvent) => void;
}

/** A deployment's bot, and the connections it speaks through. */
export interface OpenedBot {
  readonly bot: DeploymentBot;
  readonly homeserver: Homeserver;
  close(): Promise<void>;
}

/**
 * The bot of a deployment; it asks the homeserver nothing yet.
 * @throws Failure deployment_invalid for an impossible name, or a token file that is the registration secret's
 */
export function openBot(desired: DesiredDeployment, { clock, onEvent }: BotDeps): OpenedBot {
  const { bot: settings, serverName } = desired;
  const userId = parseUserId(`@${settings.username}:${serverName}`);
  if (userId === undefined) {
    throw new Failure('deployment_invalid', {
      problems: ['bot.username: is too long together with the server name'],
    });
  }
  refuseSameFile(settings);
  const homeserver = openHomeserver(desired.homeserver);
  const bot = new DeploymentBot(
    {
      userId,
      homeserver,
      tokenFile: settings.tokenFile,
      readSecret: async () => await secretOf(settings),
    },
    { clock, onEvent, randomHex: (bytes) => randomBytes(bytes).toString('hex') },
  );
  return { bot, homeserver, close: async () => await homeserver.close() };
}

/** The token would take the place of the secret. */
function refuseSameFile({ registrationSecret: secret, tokenFile }: DesiredBot): void {
  if (secret === undefined || 'text' in secret || !isSameFile(secret.file, tokenFile)) return;
  throw new Failure('deployment_invalid', {
    problems: [
      'bot.token_file: is the same file as bot.registration_secret_file, which the token would replace',
    ],
  });
}

function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Read anew each time: a file that was replaced counts at once. */
async function secretOf({ registrationSecret: secret }: DesiredBot): Promise<string | undefined> {
  if (secret === undefined) return undefined;
  return 'text' in secret ? secret.text : await readSecretFile(secret.file);
}
