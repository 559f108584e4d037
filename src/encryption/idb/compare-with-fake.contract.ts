import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fake from 'fake-indexeddb';
import fc from 'fast-check';
import { type Engine, FuzzPlayer } from './fuzz-player.contract.ts';
import { fuzzScript, type Step } from './fuzz-script.contract.ts';
import { IdbFactory } from './idb-factory.ts';
import { IdbKeyRange } from './key-bounds.ts';
import { openCryptoDatabase } from './open-crypto-database.ts';
import { originOf } from './registered-origins.ts';

export interface FuzzOptions {
  readonly scripts: number;
  readonly stepsMax: number;
  /** Undefined: another one each time. */
  readonly seed: number | undefined;
}

/**
 * Plays random scripts on fake-indexeddb and on ours, and rejects where anything differs that can be seen: values, order,
 * names of errors, aborts, upgrades, and what is there after it was opened again.
 */
export async function compareWithFake({ scripts, stepsMax, seed }: FuzzOptions): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-idb-fuzz-'));
  let count = 0;
  try {
    const property = fc.asyncProperty(fuzzScript(stepsMax), async (script) => {
      const expected = await playOnFake(script);
      const got = await playOnOurs(script, join(dir, `${count++}.db`));
      for (const [at, line] of expected.entries()) {
        if (got[at] === line) continue;
        const before = expected.slice(Math.max(0, at - 3), at).join('\n');
        throw new Error(`After\n${before}\nexpected\n${line}\ngot\n${got[at]}`);
      }
    });
    await fc.assert(property, {
      numRuns: scripts,
      ...(seed === undefined ? {} : { seed }),
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function playOnFake(script: readonly Step[]): Promise<readonly string[]> {
  const engine = {
    factory: new fake.IDBFactory(),
    keyRange: fake.IDBKeyRange,
    databaseName: 'd',
    restart: () => undefined,
  };
  return await new FuzzPlayer(engine as unknown as Engine).play(script);
}

async function playOnOurs(script: readonly Step[], file: string): Promise<readonly string[]> {
  const open = () => {
    const opened = openCryptoDatabase({
      file,
      prefix: file,
      onFatal: (failure) => {
        throw failure;
      },
    });
    // No power is lost here; the disk would be most of the time it takes.
    opened.database.exec('pragma synchronous = off');
    return opened;
  };
  let database = open();
  const engine = {
    factory: new IdbFactory(originOf),
    keyRange: IdbKeyRange,
    databaseName: `${file}::d`,
    restart() {
      database.close();
      database = open();
    },
  };
  try {
    return await new FuzzPlayer(engine as unknown as Engine).play(script);
  } finally {
    database.close();
  }
}
