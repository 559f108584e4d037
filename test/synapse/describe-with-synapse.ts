import { describe, it } from 'vitest';
import { ensureSynapse } from './ensure-synapse.ts';

/**
 * A suite that needs a Synapse. Where it cannot be had, the suite is one test that says `skipped: no Synapse (reason)`;
 * with `CI` or `BELLHOP_REQUIRE_SYNAPSE` set that test fails. Await it at the top of the file.
 */
export async function describeWithSynapse(
  name: string,
  suite: () => void,
  ensure: () => Promise<string> = ensureSynapse,
): Promise<void> {
  const reason = await ensure().then(() => undefined, missing);
  if (reason === undefined) {
    describe(name, suite);
    return;
  }
  const notice = `skipped: no Synapse (${reason})`;
  it(`${name}: ${notice}`, (context) => {
    if (isRequired()) throw new Error(`${notice}, and it is required here`);
    console.warn(notice);
    context.skip(notice);
  });
}

/** Why there is no Synapse; any other failure is thrown on. */
function missing(thrown: unknown): string {
  const reason =
    thrown instanceof Error ? /^no Synapse: (.*)$/s.exec(thrown.message)?.[1] : undefined;
  if (reason === undefined) throw thrown;
  return reason;
}

const isRequired = (): boolean =>
  ['CI', 'BELLHOP_REQUIRE_SYNAPSE'].some(
    (name) => !['', '0', 'false'].includes(process.env[name] ?? ''),
  );
