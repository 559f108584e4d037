import { describe, expect, it } from 'vitest';
import { openPeople, type PeopleFixture, passTime } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';
import { defaultOffboardingPolicy, type OffboardingPolicy } from './offboarding.ts';

const alice = userOf('alice');

async function openMember(change: Partial<OffboardingPolicy> = {}): Promise<PeopleFixture> {
  const people = openPeople({ offboarding: { ...defaultOffboardingPolicy, ...change } });
  people.world.addUser('alice', { uploads: 250 });
  await people.say('created', 'alice');
  await people.say('promoted', 'alice');
  await people.settle();
  people.world.calls = [];
  return people;
}

const evidenceOf = async ({ door }: PeopleFixture): Promise<string[]> =>
  ((await door.show('alice'))?.offboarding?.evidence ?? []).map(({ what }) => what);

describe('letting somebody go', () => {
  it('goes by stages, and leaves evidence of each', async () => {
    const people = await openMember();
    await people.say('revoked', 'alice');
    await people.settle();
    expect(people.world.writes).toEqual([
      'change @alice:x',
      'devices @alice:x',
      'levels space',
      'levels general',
      'levels helpdesk',
      'kick space @alice:x',
      'kick general @alice:x',
      'kick helpdesk @alice:x',
      'kick admin @alice:x',
      'deactivate @alice:x true',
    ]);
    expect(await evidenceOf(people)).toEqual([
      'is in 4 rooms',
      'locked',
      '2 devices ended',
      'out of the rooms',
      'deactivated and erased',
    ]);
    const view = await people.door.show('alice');
    expect(view?.offboarding?.rooms).toEqual(['!space', '!general', '!helpdesk', '!admin']);
    const history = await people.door.history('alice', 100);
    expect(history.map(({ who, what }) => `${who} ${what}`).slice(0, 3)).toEqual([
      'bellhop applied',
      'bellhop deactivated and erased',
      'bellhop out of the rooms',
    ]);
  });

  it('is told in the audit log with the time of each deed', async () => {
    const { world, clock, say, settle, door } = await openMember();
    const began = clock.now();
    let calls = 0;
    const times: number[] = [];
    world.fault = (call) => {
      clock.advance(1_000);
      calls++;
      if (call.startsWith('kick')) times.push(clock.now());
      return undefined;
    };
    await say('revoked', 'alice');
    await settle(1);
    expect(calls).toBeGreaterThan(0);
    const lines = await door.history('alice', 100);
    const kicks = lines.filter(({ what }) => what.startsWith('kick')).toReversed();
    expect(kicks.map(({ at }) => at)).toEqual(times);
    const locked = lines.find(({ what }) => what === 'locked');
    expect(locked?.at).toBeGreaterThan(began);
    expect(locked?.at).toBeLessThan(times[0] ?? 0);
  });

  it('empties messages in the rooms that were recorded, and deletes uploads, before the end', async () => {
    const people = await openMember({ redact: true, deleteMedia: true });
    await people.say('revoked', 'alice');
    await people.settle();
    expect(people.world.writes.slice(9)).toEqual([
      'redact @alice:x !space,!general,!helpdesk,!admin',
      'media @alice:x',
      'media @alice:x',
      'media @alice:x',
      'media @alice:x',
      'deactivate @alice:x true',
    ]);
    expect((await evidenceOf(people)).slice(4, 6)).toEqual([
      'redaction complete, 0 events left',
      '250 uploads deleted',
    ]);
  });

  it('begins a redaction again that the homeserver forgot', async () => {
    const people = await openMember({ redact: true });
    let isForgotten = false;
    people.world.fault = (call) => {
      if (call.startsWith('read redaction') && !isForgotten) {
        isForgotten = true;
        people.world.forgetRedactions();
      }
      return undefined;
    };
    await people.say('revoked', 'alice');
    await people.settle();
    expect(people.world.calls.filter((call) => call.startsWith('redact'))).toHaveLength(2);
    expect(people.world.users.get(alice)?.erased).toBe(true);
  });

  it('ends with a lock where that is the policy', async () => {
    const people = await openMember({ end: 'lock' });
    await people.say('revoked', 'alice');
    await people.settle();
    expect(people.world.users.get(alice)).toMatchObject({
      locked: true,
      deactivated: false,
      devices: 0,
    });
    expect(await people.stateOf('alice')).toBe('applied');
    await people.say('created', 'alice');
    await people.settle();
    expect(people.world.users.get(alice)?.locked).toBe(false);
  });

  it('erases after the grace, and not before', async () => {
    const graceMs = 86_400_000;
    const people = await openMember({ graceMs });
    await people.say('revoked', 'alice');
    await people.settle();
    expect(people.world.users.get(alice)).toMatchObject({ deactivated: true, erased: false });
    expect(await people.stateOf('alice')).toBe('applied');
    people.clock.advance(graceMs - 60_000);
    await people.settle();
    expect(people.world.users.get(alice)?.erased).toBe(false);
    people.clock.advance(60_000);
    await people.settle();
    expect(people.world.users.get(alice)?.erased).toBe(true);
    expect((await evidenceOf(people)).slice(-2)).toEqual(['deactivated', 'erased']);
  });

  it('never asks for a second deactivation while one may run', async () => {
    for (const fault of ['lost', 'proxied', undefined] as const) {
      const people = await openMember();
      people.world.deactivationMs = 100_000;
      people.world.fault = (call) => (call.startsWith('deactivate') ? fault : undefined);
      await people.say('revoked', 'alice');
      const { signal } = people.stop;
      for (let round = 0; round < 8; round++) {
        await people.reconciler.round(signal);
        await new Promise((resolve) => setImmediate(resolve));
        people.clock.advance(30_000);
      }
      await passTime(people.clock, people.reconciler.idle());
      await people.settle();
      expect(people.world.violations).toEqual([]);
      expect(people.world.calls.filter((call) => call.startsWith('deactivate'))).toHaveLength(1);
      expect(await people.stateOf('alice')).toBe('applied');
    }
  });

  it('asks again at once where the homeserver itself said that it failed', async () => {
    const people = await openMember();
    let isFirst = true;
    people.world.fault = (call) => {
      if (!call.startsWith('deactivate') || !isFirst) return undefined;
      isFirst = false;
      return 'refused';
    };
    const before = people.clock.now();
    await people.say('revoked', 'alice');
    await people.settle();
    expect(people.world.users.get(alice)?.erased).toBe(true);
    expect(people.clock.now() - before).toBeLessThan(60_000);
  });

  it('stops before what cannot be undone when the person is created again', async () => {
    const people = await openMember({ redact: true });
    await people.say('revoked', 'alice');
    await people.reconciler.round(people.stop.signal);
    await people.say('created', 'alice');
    await people.settle();
    expect(people.world.calls.some((call) => call.startsWith('deactivate'))).toBe(false);
    expect(people.world.users.get(alice)).toMatchObject({ locked: false, deactivated: false });
    expect(people.world.placesOf('alice')).toContain('general:join:');
  });

  it('waits for a running deactivation before the account is given back', async () => {
    const people = await openMember();
    people.world.deactivationMs = 60_000;
    people.world.fault = (call) => (call.startsWith('deactivate') ? 'lost' : undefined);
    await people.say('revoked', 'alice');
    await people.reconciler.round(people.stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    await people.say('created', 'alice');
    const next = people.restart();
    for (let round = 0; round < 10; round++) {
      await next.round(people.stop.signal);
      await new Promise((resolve) => setImmediate(resolve));
      people.clock.advance(30_000);
    }
    expect(people.world.users.get(alice)?.deactivated).toBe(false);
    expect(people.world.placesOf('alice')).toContain('general:join:');
    expect(people.world.violations).toEqual([]);
  });

  it('goes on after the process died at any of its calls, and then writes nothing more', async () => {
    const whole = await openMember({ redact: true, deleteMedia: true });
    await whole.say('revoked', 'alice');
    await whole.settle();
    const count = whole.world.calls.length;
    for (let dies = 0; dies < count; dies++) {
      for (const fault of ['lost', 'away'] as const) {
        const people = await openMember({ redact: true, deleteMedia: true });
        await people.say('revoked', 'alice');
        let calls = 0;
        people.world.fault = () => (calls++ >= dies ? fault : undefined);
        const dying = people.reconciler.round(people.stop.signal);
        await dying.catch(() => undefined);
        await passTime(people.clock, people.reconciler.idle());
        people.world.fault = () => undefined;
        people.clock.advance(300_000);
        const next = people.restart();
        for (let round = 0; round < 4; round++) {
          await next.round(people.stop.signal);
          await passTime(people.clock, next.idle());
        }
        const user = people.world.users.get(alice);
        expect(user, `${fault} ${dies}`).toMatchObject({ deactivated: true, erased: true });
        expect(people.world.placesOf('alice').join()).not.toMatch(/join|100/);
        expect(people.world.violations).toEqual([]);
        people.world.calls = [];
        await next.round(people.stop.signal);
        expect(people.world.writes).toEqual([]);
      }
    }
  });
});
