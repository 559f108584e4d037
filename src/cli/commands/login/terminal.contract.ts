import { Readable } from 'node:stream';
import type { CliInput, CliOutput } from '../../context.ts';

/** A person at a terminal who presses these keys. */
export function terminal(...keys: string[]): {
  readonly given: { readonly stdin: CliInput; readonly stderr: CliOutput };
  /** Whether the mode was set to raw, in order. */
  readonly modes: readonly boolean[];
  shown(): string;
} {
  const modes: boolean[] = [];
  let shown = '';
  const stdin: CliInput & { setRawMode(raw: boolean): void } = Object.assign(
    Readable.from(keys.map((text) => Buffer.from(text))),
    { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) },
  );
  const stderr: CliOutput = { isTTY: true, write: (text) => (shown += text) };
  return { given: { stdin, stderr }, modes, shown: () => shown };
}
