import { chooseRoom, draftMessage } from './draft-message.ts';
import type { SendOptions } from './send-options.ts';
import type { SendSettings } from './send-settings.ts';

/** What would be sent, as JSON, with `--json` on one line; nothing is written or sent. @throws Failure as sending would */
export async function dryRun(
  settings: SendSettings,
  options: SendOptions,
  text: string,
): Promise<string> {
  const room = chooseRoom(settings, options);
  const { entries } = await draftMessage(room, options, text);
  const events = entries.map(({ type, content }): unknown => ({
    type,
    content: JSON.parse(content) as unknown,
  }));
  const shown = { room: room.room, account: room.account, events };
  return JSON.stringify(shown, undefined, options.json ? undefined : 2);
}
