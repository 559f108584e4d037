import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema, formsOf, type JsonSchema } from './config-schema.ts';
import { exampleConfig } from './example.ts';

const validate = new Ajv({ strict: false }).compile(configSchema());

it('an editor finds the example right', () => {
  expect(validate(parse(exampleConfig())), JSON.stringify(validate.errors)).toBe(true);
});

it.each([
  { listen: 'x' },
  { retention: { dead: '5' } },
  { rooms: { ops: 'ops' } },
  { sources: { a: { format: 'slack' } } },
  { unknown: 1 },
])('an editor finds the mistake in %j', (file) => {
  expect(validate(file)).toBe(false);
});

function undescribed(schema: JsonSchema, place: string): string[] {
  return formsOf(schema).flatMap((form) => [
    ...Object.entries(form.properties ?? {}).flatMap(([key, value]) => [
      ...(value.description === undefined ? [`${place}.${key}`] : []),
      ...undescribed(value, `${place}.${key}`),
    ]),
    ...(typeof form.additionalProperties === 'object'
      ? undescribed(form.additionalProperties, `${place}.*`)
      : []),
    ...(form.items === undefined ? [] : undescribed(form.items, `${place}[]`)),
  ]);
}

it('every key is described', () => {
  expect(undescribed(configSchema(), '')).toEqual([]);
});
