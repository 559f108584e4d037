import { describe, it } from 'vitest';

/** A program that the suite needs cannot be had, for the reason in the message. */
export class SenderMissing extends Error {
  override readonly name = 'SenderMissing';
}

/**
 * A suite that needs a program of others. Where `ensure` cannot provide it the suite is one test that says
 * `skipped: …`; with `CI` or `BELLHOP_REQUIRE_SYNAPSE` set that test fails. Await it at the top of the file.
 */
export async function describeWithSender<Sender>(
  name: string,
  ensure: () => Promise<Sender>,
  suite: (sender: Sender) => void,
): Promise<void> {
  const found = await ensure().catch((thrown: unknown) => {
    if (thrown instanceof SenderMissing) return thrown;
    throw thrown;
  });
  if (!(found instanceof SenderMissing)) {
    describe(name, () => suite(found));
    return;
  }
  const notice = `skipped: ${found.message}`;
  it(`${name}: ${notice}`, (context) => {
    if (isRequired()) throw new Error(`${notice}, and it is required here`, { cause: found });
    console.warn(notice);
    context.skip(notice);
  });
}

const isRequired = (): boolean =>
  ['CI', 'BELLHOP_REQUIRE_SYNAPSE'].some(
    (name) => !['', '0', 'false'].includes(process.env[name] ?? ''),
  );
