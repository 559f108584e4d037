import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeMismatch, valueAt } from './describe-mismatch.ts';

function mismatches(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(describeMismatch);
}

describe('what a schema finds', () => {
  it.each([
    ['a type', z.string(), 1, 'must be text'],
    ['a map', z.strictObject({}), [], 'must be a map of keys and values'],
    ['a whole number', z.int(), 1.5, 'must be a whole number'],
    ['a type without a word of its own', z.date(), 1, 'must be date'],
    ['one value', z.literal(1), 2, 'must be 1'],
    ['a choice', z.enum(['a', 'b', 'c']), 'd', 'must be one of: a, b, c'],
    ['a least number', z.number().min(3), 2, 'must be at least 3'],
    ['a greatest number', z.number().max(3), 4, 'must be at most 3'],
    ['a shortest text', z.string().min(2), 'a', 'must have at least 2 characters'],
    ['a longest list', z.array(z.int()).max(2), [1, 2, 3], 'must have at most 2 entries'],
    ['a key', z.record(z.string().regex(/^a$/, 'must be a'), z.int()), { b: 1 }, 'must be a'],
    ['a rule', z.string().refine(() => false, 'is there twice'), 'a', 'is there twice'],
  ])('reads as people say it: %s', (_, schema, value, text) => {
    expect(mismatches(schema, value)).toEqual([text]);
  });
});

describe('a path', () => {
  it('leads to what is there itself, and to nothing that all objects inherit', () => {
    expect(valueAt({ a: [{ b: null }] }, ['a', 0, 'b'])).toBeNull();
    expect(valueAt({ a: [] }, ['a', 0, 'b'])).toBeUndefined();
    expect(valueAt({}, ['constructor'])).toBeUndefined();
    expect(valueAt('text', [])).toBe('text');
  });
});
