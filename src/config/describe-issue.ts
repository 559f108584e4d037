import type { z } from 'zod';
import { describeMismatch, typeNames, valueAt } from '../describe-mismatch.ts';
import { configSchema, schemaAt } from './config-schema.ts';
import { nearest } from './nearest.ts';
import type { Path } from './place.ts';

/** One mistake, where it stands, and whether the key rather than the value is meant. */
export interface IssueProblem {
  readonly path: Path;
  readonly atKey: boolean;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

const asPath = (path: readonly PropertyKey[]): Path =>
  path.map((part) => (typeof part === 'number' ? part : String(part)));

/** Texts that people take for numbers. */
const examplesWithUnit: Partial<Record<string, string>> = {
  duration: '5m',
  size: '1MiB',
  rate: '10/s',
};

function describeNumber(path: Path): string {
  for (const { title } of schemaAt(configSchema(), path)) {
    const example = title === undefined ? undefined : examplesWithUnit[title];
    if (example !== undefined) return `must be a ${title} with its unit, as in ${example}`;
  }
  return 'must be text; quote it';
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean';

function describeType(expected: string, value: unknown, path: Path): string {
  const wanted = typeNames[expected] ?? expected;
  if (value === undefined) return 'is missing';
  if (value === null) {
    return expected === 'string'
      ? 'is empty; a text that begins with # must be quoted, as in "#ops:example.org"'
      : `is empty; it must be ${wanted}`;
  }
  return expected === 'string' && isPlain(value) ? describeNumber(path) : `must be ${wanted}`;
}

function describeUnknownKey(path: Path, key: string): string {
  const keys = schemaAt(configSchema(), path).flatMap((form) => Object.keys(form.properties ?? {}));
  const near = nearest(key, keys);
  if (near !== undefined) return `is not a key of the configuration; did you mean ${near}?`;
  return `is not a key of the configuration; here are possible: ${keys.join(', ')}`;
}

/** Of several forms, the issues of the one that was meant: the one that has the value's type. */
function chooseForm(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return forms.find(
    (issues) => !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0),
  );
}

function describeForms(issue: Issue & { code: 'invalid_union' }, data: unknown): IssueProblem[] {
  const path = asPath(issue.path);
  const forms: readonly (readonly Issue[])[] = issue.errors;
  const chosen = chooseForm(forms);
  if (chosen !== undefined) {
    return chosen.flatMap((inner) =>
      describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, data),
    );
  }
  const value = valueAt(data, path);
  if (value === null || isPlain(value)) {
    return [{ path, atKey: false, message: describeType('string', value, path) }];
  }
  const wanted = forms
    .flatMap((form) => form.slice(0, 1))
    .map((inner) => (inner.code === 'invalid_type' ? typeNames[inner.expected] : undefined))
    .filter((text) => text !== undefined);
  return [{ path, atKey: false, message: `must be ${wanted.join(' or ')}` }];
}

/** What a schema has found wrong, as people read it; `data` is what was checked. */
export function describeIssue(issue: Issue, data: unknown): IssueProblem[] {
  const path = asPath(issue.path);
  const at = (message: string, atKey = false): IssueProblem[] => [{ path, atKey, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        atKey: true,
        message: describeUnknownKey(path, key),
      }));
    case 'invalid_type':
      return at(describeType(issue.expected, valueAt(data, path), path));
    case 'invalid_value':
      return at(valueAt(data, path) === undefined ? 'is missing' : describeMismatch(issue));
    case 'invalid_union':
      return describeForms(issue, data);
    case 'invalid_key':
      return at(describeMismatch(issue), true);
    case 'too_small':
    case 'too_big':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return at(describeMismatch(issue));
  }
}
