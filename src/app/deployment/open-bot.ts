import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { BotEvent } from '../../deployment/bot/bot-event.ts';
import { DeploymentBot } from '../../deployment/bot/deployment-bot.ts';
import type { DesiredBot, DesiredDeployment } from '../../deployment/desired.ts';
import { Failure } from '../../errors.ts';
import { parseUserId } from '../../matrix/ids.ts';
import { openHomeserver } from '../../matrix/undici-homeserver.ts';
import { readSecretFile } from '../secret-file.ts';

export interface BotDeps {
  readonly clock: Clock;
  readonly onEvent: (event: BotEvent) => void;
}

/** A deployment's bot, and the connections it speaks through. */
export interface OpenedBot {
  readonly bot: DeploymentBot;
  close(): Promise<void>;
}

/** The bot of a deployment; it asks the homeserver nothing yet. @throws Failure config_invalid for an impossible name */
export function openBot(desired: DesiredDeployment, { clock, onEvent }: BotDeps): OpenedBot {
  const { bot: settings, serverName } = desired;
  const userId = parseUserId(`@${settings.username}:${serverName}`);
  if (userId === undefined) {
    throw new Failure('config_invalid', {
      problems: ['bot.username: is too long together with the server name'],
    });
  }
  const homeserver = openHomeserver(desired.homeserver);
  const bot = new DeploymentBot(
    {
      userId,
      homeserver,
      tokenFile: settings.tokenFile,
      readSecret: async () => await Promise.resolve(secretOf(settings)),
    },
    { clock, onEvent, randomHex: (bytes) => randomBytes(bytes).toString('hex') },
  );
  return { bot, close: async () => await homeserver.close() };
}

/** Read anew each time: a file that was replaced counts at once. */
function secretOf({ registrationSecret: secret }: DesiredBot): string | undefined {
  if (secret === undefined) return undefined;
  return 'text' in secret ? secret.text : readSecretFile(secret.file);
}
