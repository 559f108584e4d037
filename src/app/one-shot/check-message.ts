import { Failure } from '../../errors.ts';
import {
  expected,
  mentionPattern,
  mentionsMax,
  nameLengthMax,
  threadPattern,
  titleLengthMax,
} from '../../formats/native-limits.ts';
import { cleanText } from '../../notification/clean-text.ts';
import { parseDuration } from '../../notification/duration.ts';
import { safeUrl } from '../../notification/safe-url.ts';
import type { SendOptions } from './send-options.ts';

/** Whether there is anything to say: words, a link or a file. */
export function saysSomething({ title = '', link, attach }: SendOptions, text: string): boolean {
  return link !== undefined || attach !== undefined || isSaid(title) || isSaid(text);
}

const isSaid = (words: string): boolean => cleanText(words).trim() !== '';

const tooLong = (lengthMax: number): string => `longer than ${lengthMax} characters`;

function titleFault({ title = '' }: SendOptions): string | undefined {
  return title.length > titleLengthMax ? tooLong(titleLengthMax) : undefined;
}

function linkFault({ link }: SendOptions): string | undefined {
  return link === undefined || safeUrl(link) !== undefined ? undefined : expected.url;
}

function keyFault({ key }: SendOptions): string | undefined {
  if (key === undefined) return undefined;
  if (key === '') return 'is empty';
  return key.length > nameLengthMax ? tooLong(nameLengthMax) : undefined;
}

function threadFault({ thread }: SendOptions): string | undefined {
  if (thread === undefined) return undefined;
  if (!threadPattern.test(thread)) return expected.thread;
  return thread.length > nameLengthMax ? tooLong(nameLengthMax) : undefined;
}

function mentionFault({ mention }: SendOptions): string | undefined {
  if (mention === undefined || mention === 'room') return undefined;
  const isRight =
    mention.length <= mentionsMax && mention.every((user) => mentionPattern.test(user));
  return isRight ? undefined : expected.mention;
}

function expiryFault({ expireAfterMs }: SendOptions): string | undefined {
  if (expireAfterMs === undefined || parseDuration(`${expireAfterMs}ms`) !== undefined) {
    return undefined;
  }
  return 'longer than ten years';
}

const faults: Readonly<Record<string, (options: SendOptions) => string | undefined>> = {
  title: titleFault,
  link: linkFault,
  key: keyFault,
  thread: threadFault,
  mention: mentionFault,
  'expire-after': expiryFault,
};

/**
 * Refuses what `POST /v1/notifications` would refuse, in the words of the command, whichever way the message goes: by
 * the same limits, but without the schema, which takes longer to load than sending takes.
 *
 * @throws Failure bad_input with everything that is wrong
 */
export function checkMessage(options: SendOptions, text: string): void {
  const problems = Object.entries(faults).flatMap(([name, faultOf]) => {
    const fault = faultOf(options);
    return fault === undefined ? [] : [`--${name}: ${fault}`];
  });
  if (problems.length > 0) throw new Failure('bad_input', { problems });
  if (saysSomething(options, text)) return;
  throw new Failure('bad_input', {
    detail: 'The text is empty, and there is no --title: there is nothing to say.',
  });
}
