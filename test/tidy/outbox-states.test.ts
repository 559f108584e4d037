import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entryStates, isPending } from '../../src/outbox/entry.ts';

const page = readFileSync(new URL('../../docs/outbox-states.md', import.meta.url), 'utf8');
const drawing = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
/** The start and the end of the drawing. */
const outside = '[*]';

const transitions = drawing
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const match = /^ {2}(\S+) --> (\S+): (\S.*)$/.exec(line);
    return { line, from: match?.[1], to: match?.[2], by: match?.[3] };
  });

const reachableFrom = (state: string): Set<string> => {
  const reached = new Set([state]);
  for (const from of reached) {
    for (const transition of transitions) {
      if (transition.from === from && transition.to !== undefined) reached.add(transition.to);
    }
  }
  return reached;
};

describe('the drawing of entry states', () => {
  it('has only lines that say from, to and by whom', () => {
    expect(transitions.filter(({ from }) => from === undefined)).toEqual([]);
    expect(transitions.length).toBeGreaterThan(0);
  });

  it('has exactly the states of the code', () => {
    const drawn = new Set(transitions.flatMap(({ from, to }) => [from, to]));
    drawn.delete(outside);
    expect([...drawn].sort()).toEqual([...entryStates].sort());
  });

  it('begins with the one state that accept writes', () => {
    expect(transitions.filter(({ from }) => from === outside)).toEqual([
      expect.objectContaining({ to: 'queued' }),
    ]);
  });

  it.each(entryStates)('leads to %s from the start, and from there to the end', (state) => {
    expect(reachableFrom(outside)).toContain(state);
    expect(reachableFrom(state)).toContain(outside);
  });

  it('forgets settled entries only, and never goes back from them to pending ones', () => {
    for (const { from, to } of transitions) {
      const state = entryStates.find((name) => name === from);
      if (state === undefined) continue;
      if (isPending(state)) expect(to).not.toBe(outside);
      else expect(['superseded', outside]).toContain(to);
    }
  });

  it('explains every transition in the table below it', () => {
    for (const { from, to } of transitions) {
      if (from === outside || to === outside) continue;
      const row = page
        .split('\n')
        .find(
          (line) => line.startsWith('|') && line.split('|')[1]?.match(`\`${from}\`.*→.*\`${to}\``),
        );
      expect(row, `${from} → ${to}`).toBeDefined();
    }
  });
});
