import type { CliContext, CliInput } from '../../context.ts';

/** A terminal whose echo can be turned off; `process.stdin` is one on a terminal. */
interface Terminal extends CliInput {
  setRawMode(raw: boolean): unknown;
}

/** Longer than any password a homeserver takes; what goes on longer is a paste of something else. */
const passwordLengthMax = 4096;

/** Keys as a terminal in raw mode sends them. */
const interruptKey = '\u0003';
const endKey = '\u0004';
const eraseKeys = '\u0008\u007f';
const eraseLineKey = '\u0015';

/** Whether there is somebody to ask. */
export function canAsk(context: CliContext): boolean {
  return asTerminal(context.stdin) !== undefined && context.stderr.isTTY === true;
}

function asTerminal(input: CliInput): Terminal | undefined {
  return input.isTTY === true && 'setRawMode' in input && typeof input.setRawMode === 'function'
    ? (input as Terminal)
    : undefined;
}

/** What the keys pressed so far come to. */
class Typing {
  #letters: string[] = [];
  state: 'typing' | 'done' | 'interrupted' = 'typing';

  get text(): string {
    return this.#letters.join('');
  }

  press(keys: string): void {
    for (const key of keys) {
      if (this.state === 'typing') this.#pressOne(key);
    }
  }

  #pressOne(key: string): void {
    if (key === '\r' || key === '\n') this.state = 'done';
    else if (key === interruptKey || key === endKey) this.state = 'interrupted';
    else if (eraseKeys.includes(key)) this.#letters.pop();
    else if (key === eraseLineKey) this.#letters = [];
    else if (this.#letters.length < passwordLengthMax) this.#letters.push(key);
  }
}

/** Asks on the terminal without showing what is typed; undefined: the user changed their mind, or there is no terminal. */
export async function askPassword(
  context: CliContext,
  question: string,
): Promise<string | undefined> {
  const terminal = asTerminal(context.stdin);
  if (terminal === undefined) return undefined;
  const typing = new Typing();
  const decoder = new TextDecoder();
  const stop = (): unknown => terminal.destroy();
  context.signal.addEventListener('abort', stop, { once: true });
  context.stderr.write(question);
  terminal.setRawMode(true);
  const chunks = terminal[Symbol.asyncIterator]();
  try {
    while (typing.state === 'typing') {
      const chunk = await chunks.next();
      if (chunk.done === true) typing.state = 'interrupted';
      else typing.press(decoder.decode(Buffer.from(chunk.value), { stream: true }));
    }
  } finally {
    // Before the terminal is let go: afterwards its mode can no longer be set.
    terminal.setRawMode(false);
    context.signal.removeEventListener('abort', stop);
    await chunks.return?.();
    context.stderr.write('\n');
  }
  return typing.state === 'done' ? typing.text : undefined;
}
