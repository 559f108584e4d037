import { styleText } from 'node:util';
import type { CliOutput } from '../../context.ts';

/** A log line as the logger writes it. */
type LogFields = Readonly<Record<string, unknown>>;

const levelColors = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;

function isLevel(level: string): level is keyof typeof levelColors {
  return Object.hasOwn(levelColors, level);
}

function parse(line: string): LogFields | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === 'object' && fields !== null ? { ...fields } : undefined;
  } catch {
    return undefined;
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** Of an error the words of it and of its causes; its stack is for machines. */
function errorWords(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return show(thrown);
  const { message, cause } = thrown as { message?: unknown; cause?: unknown };
  return cause === undefined ? show(message) : `${show(message)} cause=${errorWords(cause)}`;
}

/** One log line for a person: the time of day, the level, the event's name, its fields; ends with a line end. */
export function readableLine(line: string, color: boolean): string {
  const fields = parse(line);
  if (fields === undefined) return line;
  const { level, time, msg, ...rest } = fields;
  const word = String(level);
  const shown = word.toUpperCase().padEnd(5);
  const painted =
    color && isLevel(word) ? styleText(levelColors[word], shown, { validateStream: false }) : shown;
  const words = Object.entries(rest).map(
    ([name, value]) => `${name}=${name === 'err' ? errorWords(value) : show(value)}`,
  );
  return `${[String(time).slice(11, 19), painted, String(msg), ...words].join(' ')}\n`;
}

/** A stream for the logger that writes readable lines. */
export function readableLog(output: CliOutput, color: boolean): { write(line: string): void } {
  return {
    write(line) {
      output.write(readableLine(line, color));
    },
  };
}
