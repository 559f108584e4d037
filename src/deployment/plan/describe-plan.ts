import { isJsonObject, type JsonObject } from '../../matrix/json.ts';
import { describeChange, differences } from '../levels/power.ts';
import type { BotStep, Finding, Plan, Step } from './plan.ts';

/** A reason longer than this is cut: it may quote what somebody wrote into a room. */
const reasonCharactersMax = 500;
/** What moves the cursor, or turns the direction of a line: rooms hold what others wrote, down to their ids. */
const unprintable = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** A value longer than this is cut: the line still says which one it is. */
const shownCharactersMax = 120;

/** A plan as people read it, one line for each step and finding, without colours; none where nothing is to be done. */
export function describePlan(plan: Plan): string[] {
  const bot = plan.bot === undefined ? [] : [describeBotStep(plan.bot)];
  return [...bot, ...plan.steps.map(describeStep), ...plan.findings.map(describeFinding)];
}

/** A step as people read it, such as `general: set topic to "Ideas" (it is not set)`. */
export function describeStep(step: Step): string {
  return printable(`${step.key}: ${act(step)} (${cut(step.why, reasonCharactersMax)})`);
}

/** What becomes of the bot as people read it, such as `bot: register @bot:example.org (it has no token)`. */
export function describeBotStep(step: BotStep): string {
  const act =
    step.kind === 'register' ? `register ${step.userId}` : `mend ${step.userId} (${step.damage})`;
  return printable(`bot: ${act} (${step.why})`);
}

/** A finding as people read it. */
export function describeFinding({ kind, key, field, reason, wayOut }: Finding): string {
  const place = field === undefined ? key : `${key}.${field}`;
  const told = cut(reason, reasonCharactersMax);
  return printable(`${place}: ${kind}: ${told}${wayOut === undefined ? '' : ` ${wayOut}`}`);
}

const printable = (text: string): string => text.replace(unprintable, '\ufffd');

const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`;

function act(step: Step): string {
  switch (step.kind) {
    case 'create':
      return `make the room, version ${step.room.roomVersion ?? 'of the homeserver'}`;
    case 'enter':
      return enterBy[step.how];
    case 'regain':
      return 'give the bot the power of the strongest local member';
    case 'free_alias':
      return `take ${step.alias} from ${step.roomId}`;
    case 'put_alias':
      return `let ${step.alias} lead to it`;
    case 'pin':
      return `post and pin ${shown(step.text)}`;
    case 'set':
      return setting(step.type, step.stateKey, step.found, step.content);
  }
}

const enterBy = {
  join: 'let the bot join',
  invite: 'let the strongest local member invite the bot',
  unban: 'let the strongest local member lift the ban and invite the bot',
} as const;

function setting(
  type: string,
  stateKey: string,
  found: JsonObject | undefined,
  content: JsonObject,
): string {
  if (type === 'm.room.power_levels' && found !== undefined) {
    return `set power levels: ${differences(found, content).map(describeChange).join(', ')}`;
  }
  const place = stateKey === '' ? type : `${type} of ${stateKey}`;
  return `set ${place} to ${shown(isJsonObject(content) ? content : null)}`;
}

function shown(value: unknown): string {
  return cut(JSON.stringify(value), shownCharactersMax);
}
