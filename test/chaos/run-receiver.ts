import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecryptionSettings, RoomId, TrustRequirement } from '@matrix-org/matrix-sdk-crypto-wasm';
import { pause, systemClock } from '../../src/clock.ts';
import { openDeviceStore } from '../../src/encryption/worker/device-store.ts';
import type { EncryptionViolations } from '../../src/testing/encryption-checker.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { OlmClient } from '../../src/testing/olm-client.contract.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { KeyStoreWatch } from './key-store-watch.ts';
import type { ChaosOptions } from './options.ts';
import { type ReceiverAccount, receiverStore } from './receiver-account.ts';
import { ReceiverProcess } from './receiver-process.ts';

/** What became of the keys that a device was given while it was killed. */
export interface ReceiverVerdict {
  readonly kills: number;
  /** Messages whose key was sent to the device, each by another device that it had never heard of. */
  readonly sent: number;
  readonly read: number;
  readonly violations: EncryptionViolations;
  readonly identities: number;
  /** Everything that breaks a promise, one sentence each. */
  readonly problems: readonly string[];
}

/** Below the 50 one-time keys that a device has, so that each sender gets one. */
const sendersOfRound = 40;
/** Then everything is taken in, and other senders come. */
const killsOfRound = 8;
/** Taking in a round's messages lasts about this long, until it has been measured; kills fall anywhere within. */
const takingInMsFirst = 60;

/**
 * Kills a device again and again while it takes in the keys that others give it, and counts those that are lost: the
 * engine stores what it learns of one answer in several commits, which must become one.
 */
export async function runReceiver(options: ChaosOptions): Promise<ReceiverVerdict> {
  await using homeserver = await startFakeHomeserver({ random: seededRandom(options.seed) });
  const keys = new KeyStoreWatch(homeserver);
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-receiver-'));
  const user = homeserver.createUser('receiver');
  const roomId = homeserver.createRoom({ creator: user.userId, encrypted: true });
  const account = { ...user, baseUrl: homeserver.baseUrl, file: join(dir, 'receiver.db') };
  const run = new ReceiverRun({ homeserver, account, roomId, dir, options });
  try {
    const { kills, said } = await run.rounds();
    const read = await countRead(account, roomId, said);
    const violations = homeserver.encryptionViolations;
    const identities = keys.identitiesMax;
    const verdict = { kills, sent: said.length, read, violations, identities };
    return { ...verdict, problems: problemsOf(verdict) };
  } finally {
    await run.end();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** An encrypted event, without what its homeserver would add. */
interface Said {
  readonly sender: string;
  readonly content: object;
}

/** How many of these the device's store has the key for. */
async function countRead(
  account: ReceiverAccount,
  roomId: string,
  said: readonly Said[],
): Promise<number> {
  const store = await openDeviceStore(receiverStore(account));
  let read = 0;
  for (const [index, event] of said.entries()) {
    const added = { type: 'm.room.encrypted', event_id: `$${index}`, origin_server_ts: index };
    const text = JSON.stringify({ ...event, ...added, room_id: roomId });
    const settings = new DecryptionSettings(TrustRequirement.Untrusted);
    const reading = store.machine.decryptRoomEvent(text, new RoomId(roomId), settings);
    read += await reading.then(
      () => 1,
      () => 0,
    );
  }
  await store.close();
  return read;
}

function problemsOf(verdict: Omit<ReceiverVerdict, 'problems'>): string[] {
  const { sent, read, violations, identities } = verdict;
  const problems = [...violations.examples];
  if (read < sent) problems.push(`the keys of ${sent - read} messages are lost`);
  if (identities !== 1) problems.push(`the device has had ${identities} identities`);
  return problems;
}

/** In one line what became of the keys. */
export function describeReceiver(
  { kills, sent, read, violations, identities }: ReceiverVerdict,
  { seed }: Pick<ChaosOptions, 'seed'>,
): string {
  const { oneTimeKeys, olm, megolm } = violations;
  const counts = `kills=${kills} sent=${sent} read=${read} lost=${sent - read}`;
  const oracle = `one_time_keys=${oneTimeKeys} olm=${olm} megolm=${megolm} identities=${identities}`;
  return `seed ${seed}\n${counts} ${oracle}`;
}

interface ReceiverRunOptions {
  readonly homeserver: FakeHomeserver;
  readonly account: ReceiverAccount;
  readonly roomId: string;
  readonly dir: string;
  readonly options: ChaosOptions;
}

class ReceiverRun {
  readonly #options: ReceiverRunOptions;
  readonly #random: () => number;
  #next: ReceiverProcess;
  readonly #said: Said[] = [];
  #takingInMs = takingInMsFirst;

  constructor(options: ReceiverRunOptions) {
    this.#options = options;
    this.#random = seededRandom(options.options.seed);
    this.#next = this.#spawn();
  }

  /** How often it was killed, and what was said to it. */
  async rounds(): Promise<{ readonly kills: number; readonly said: readonly Said[] }> {
    const { kills: killsMax } = this.#options.options;
    await this.#catchUp();
    let kills = 0;
    do {
      await this.#send();
      for (let n = 0; n < killsOfRound && kills < killsMax; n++, kills++) await this.#killOnce();
      await this.#catchUp();
    } while (kills < killsMax);
    return { kills, said: this.#said };
  }

  async end(): Promise<void> {
    await this.#next.kill();
  }

  /** A life that ends while it takes in what it was sent, or soon after. */
  async #killOnce(): Promise<void> {
    const life = await this.#begin();
    await life.takingIn;
    await pause(systemClock, this.#random() * this.#takingInMs);
    await life.kill();
  }

  async #catchUp(): Promise<void> {
    const life = await this.#begin();
    await life.takingIn;
    const startedAt = performance.now();
    await life.caughtUp;
    if (this.#said.length > 0) this.#takingInMs = performance.now() - startedAt;
    await life.kill();
  }

  async #begin(): Promise<ReceiverProcess> {
    const life = this.#next;
    await life.start();
    this.#next = this.#spawn();
    return life;
  }

  #spawn(): ReceiverProcess {
    const { account, dir, options } = this.#options;
    const args = [JSON.stringify(account)];
    if (options.sabotage !== undefined) args.push(options.sabotage);
    return new ReceiverProcess(args, join(dir, 'cache'));
  }

  /** Devices that the receiver has never heard of give it a key each, and say something with it. */
  async #send(): Promise<void> {
    const { homeserver, account, roomId } = this.#options;
    const type = 'm.room.message';
    for (let n = 0; n < sendersOfRound; n++) {
      const body = `sender${this.#said.length}`;
      const user = homeserver.createUser(body);
      using sender = await OlmClient.start(homeserver.baseUrl, user);
      const text = await sender.encrypt(roomId, [account.userId], type, { body });
      // It goes through no room: keys are what this is about.
      this.#said.push({ sender: user.userId, content: JSON.parse(text) as object });
    }
  }
}
