import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDeploymentHouse } from '../deployment-house.contract.ts';

/** Standard output that does something when the second step is told. */
function afterTwoSteps(act: () => void): { write(text: string): void; lines(): string[] } {
  const lines: string[] = [];
  return {
    write: (text) => {
      lines.push(...text.trimEnd().split('\n'));
      if (lines.length === 2) act();
    },
    lines: () => lines,
  };
}

describe('a bellhop deployment apply that breaks off', () => {
  it('has told what was done, each step as it happened', async () => {
    const house = await openDeploymentHouse();
    const stdout = afterTwoSteps(() => {
      house.homeserver.fault('*', { kind: 'status', status: 502, errcode: 'M_UNKNOWN' });
    });
    const { err, exit } = await house.run(['deployment', 'apply'], { stdout });
    expect(exit).toBe(69);
    expect(stdout.lines().slice(0, 3)).toEqual([
      expect.stringMatching(/^done {2}space: make the room/),
      expect.stringMatching(/^done {2}general: make the room/),
      expect.stringMatching(/^failed \(.*502.*\) {2}admin: make the room/),
    ]);
    expect(err).toContain('It broke off. 2 steps were taken, 3 failed. Another apply goes on');
    house.homeserver.clearFaults();
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0 });
  });

  it('prints with --json what was done, and nothing of what is left', async () => {
    const house = await openDeploymentHouse();
    house.homeserver.fault('*', { kind: 'status', status: 502 }, { after: 12 });
    const { out, exit } = await house.run(['deployment', 'apply', '--json']);
    expect(exit).toBe(69);
    const { taken, ...rest } = JSON.parse(out) as { taken: object[] };
    expect(taken[0]).toMatchObject({ kind: 'create', room: 'space' });
    expect(taken.at(-1)).toMatchObject({ problem: expect.stringContaining('502') });
    expect(rest).toEqual({});
  });

  it('says when it was interrupted, takes no further step, and exits with 130', async () => {
    const house = await openDeploymentHouse();
    const interrupt = new AbortController();
    const stdout = afterTwoSteps(() => interrupt.abort());
    const { signal } = interrupt;
    const { err, exit } = await house.run(['deployment', 'apply'], { stdout, signal });
    expect(exit).toBe(130);
    expect(stdout.lines()).toHaveLength(2);
    expect(err).toBe(
      'The bot was registered.\nIt was interrupted. 2 steps were taken. Another apply goes on from here.\n',
    );
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0 });
  });

  it.each(['plan', 'drift', 'apply'])(
    '%s exits with 130 too when it is interrupted within a request',
    async (command) => {
      const house = await openDeploymentHouse();
      const interrupt = new AbortController();
      const stall = (): boolean => {
        interrupt.abort();
        return true;
      };
      house.homeserver.fault(stall, { kind: 'stall' });
      const { out, exit } = await house.run(['deployment', command], { signal: interrupt.signal });
      expect({ out, exit }).toEqual({ out: '', exit: 130 });
    },
  );
});

describe('the token file of a bellhop deployment apply', () => {
  it("keeps another program's token beside the bot's, which takes its place", async () => {
    const house = await openDeploymentHouse();
    const token = join(house.dir, 'token');
    writeFileSync(token, 'another-program\n');
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0 });
    expect(readFileSync(`${token}.old`, 'utf8')).toBe('another-program\n');
    expect(readFileSync(token, 'utf8')).not.toContain('another-program');
  });

  it('is refused where it holds a copy of the registration secret, which stays', async () => {
    const house = await openDeploymentHouse();
    const token = join(house.dir, 'token');
    copyFileSync(join(house.dir, 'secret'), token);
    const before = readFileSync(token, 'utf8');
    const { err, exit } = await house.run(['deployment', 'apply']);
    expect(exit).not.toBe(0);
    expect(err).toContain('The token file holds the registration secret.');
    expect(readFileSync(token, 'utf8')).toBe(before);
    expect(house.homeserver.requests).toEqual([]);
  });
});
