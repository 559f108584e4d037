import type { BotEvent } from '../../../deployment/bot/bot-event.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { writeNote } from '../../results.ts';

/** Tells what was done to the account that does everything. */
export function botNotes(context: CliContext, globals: GlobalOptions): (event: BotEvent) => void {
  return (event) => {
    const note = noteOf(event);
    if (note !== undefined) writeNote(context, globals, note);
  };
}

function noteOf(event: BotEvent): string | undefined {
  switch (event.kind) {
    case 'registered':
      return 'The bot was registered.';
    case 'damaged':
      return `The bot's account is ${event.damage}; it is mended.`;
    case 'rescued':
      return 'A second administrator mended the bot.';
    case 'limited':
      return `The bot stays rate-limited, so this takes longer. ${event.detail}`;
    case 'waiting':
    case 'refused':
    case 'ready':
      return undefined;
  }
}
