import { describe, expect, it } from 'vitest';
import type { ChangeKind } from '../../src/people/lifecycle-change.ts';
import type { FaultBehaviour } from '../../src/testing/index.ts';
import { RmapiStage } from '../conformance/rmapi/parts/rmapi-stage.ts';

/** More calls than setting everything up takes, or any change of one person. */
const callsMax = 60;
/** Some fifty runs of half a second each on a busy machine. */
const sweepMsMax = 60_000;

const faults: Readonly<Record<string, FaultBehaviour>> = {
  'is answered 500': { kind: 'status', status: 500 },
  'is answered 500 after it was done': { kind: 'status', status: 500, processed: true },
  'is answered 429': { kind: 'rate-limited' },
  'gets no answer': { kind: 'drop-request' },
  'gets no answer after it was done': { kind: 'drop-answer' },
};

/** Lets a fault strike at each single call in turn, until there is no such call any more. */
async function sweep(strikeAt: (call: number) => Promise<boolean>): Promise<void> {
  let call = 0;
  while (call < callsMax && (await strikeAt(call))) call++;
  expect(call, 'calls').toBeGreaterThan(0);
  expect(call, 'calls').toBeLessThan(callsMax);
}

/** Settles although this fault strikes at one call; true: it did. */
async function settleDespite(stage: RmapiStage, behaviour: FaultBehaviour, call: number) {
  using fault = stage.homeserver.fault('*', behaviour, { after: call, times: 1 });
  await stage.settle();
  return fault.hits > 0;
}

/** Begins, and dies when the homeserver has taken one call, whose answer never comes; true: it did. */
async function dieAt(stage: RmapiStage, call: number): Promise<boolean> {
  let calls = 0;
  const death = new AbortController();
  const strikes = () => {
    if (calls++ < call) return false;
    death.abort();
    return true;
  };
  using _fault = stage.homeserver.fault(strikes, { kind: 'drop-answer' });
  await stage.settle(death.signal);
  await stage.restart();
  return death.signal.aborted;
}

describe.each(['11', '12'])('setting up with rooms of version %s', (version) => {
  const verify = async (stage: RmapiStage, call: number): Promise<void> => {
    await stage.settle();
    expect(await stage.roomCount(), `after call ${call}`).toBe(5);
    await stage.expectQuiet();
  };

  it.each(Object.entries(faults))(
    'ends the same although any one call %s',
    async (_, behaviour) => {
      await sweep(async (call) => {
        await using stage = await RmapiStage.open(version);
        const struck = await settleDespite(stage, behaviour, call);
        await stage.restart();
        await verify(stage, call);
        return struck;
      });
    },
    sweepMsMax,
  );

  it(
    'ends the same although the process dies after any one call',
    async () => {
      await sweep(async (call) => {
        await using stage = await RmapiStage.open(version);
        const died = await dieAt(stage, call);
        await verify(stage, call);
        return died;
      });
    },
    sweepMsMax,
  );
});

const member = { space: 'join', admin: '', general: 'join', helpdesk: 'join', offtopic: 'join' };
const admin = {
  space: 'join 100',
  admin: 'join',
  general: 'join 100',
  helpdesk: 'join 100',
  offtopic: 'join 100',
};
const gone = { space: 'leave', admin: '', general: 'leave', helpdesk: 'leave', offtopic: 'leave' };

/** What happened before, what happens, and where the person is then. */
const lives: readonly [ChangeKind, readonly ChangeKind[], Readonly<Record<string, string>>][] = [
  ['created', [], member],
  ['promoted', ['created'], admin],
  ['demoted', ['created', 'promoted'], { ...member, admin: 'leave' }],
  ['revoked', ['created', 'promoted'], { ...gone, admin: 'leave' }],
];

describe.each(lives)('a person who is %s', (kind, before, places) => {
  const prepare = async (stage: RmapiStage, call: number): Promise<[string, string]> => {
    const name = `norppa${call}`;
    const userId = stage.arrive(name);
    for (const earlier of before) {
      await stage.say(earlier, name);
      await stage.settle();
    }
    await stage.say(kind, name);
    return [name, userId];
  };
  const verify = async (stage: RmapiStage, [name, userId]: [string, string], call: number) => {
    await stage.settle();
    expect(await stage.placesOf(userId), `after call ${call}`).toEqual(places);
    const view = await stage.run.door.show(name);
    expect([view?.state, view?.detail], `after call ${call}`).toEqual(['applied', undefined]);
    await stage.expectQuiet();
  };

  it.each(Object.entries(faults))(
    'ends where they belong although any one call %s',
    async (_, behaviour) => {
      await using stage = await RmapiStage.open();
      await stage.settle();
      await sweep(async (call) => {
        const person = await prepare(stage, call);
        const struck = await settleDespite(stage, behaviour, call);
        await verify(stage, person, call);
        return struck;
      });
    },
    sweepMsMax,
  );

  it(
    'ends where they belong although the process dies after any one call',
    async () => {
      await using stage = await RmapiStage.open();
      await stage.settle();
      await sweep(async (call) => {
        const person = await prepare(stage, call);
        const died = await dieAt(stage, call);
        await verify(stage, person, call);
        return died;
      });
    },
    sweepMsMax,
  );
});
