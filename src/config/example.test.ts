import { expect, it } from 'vitest';
import { configSchema, formsOf, type JsonSchema } from './config-schema.ts';
import { exampleConfig } from './example.ts';
import { loadConfig } from './load-config.ts';

const surroundings = { env: {}, cwd: '/', home: '/root' };

function keysOf(schema: JsonSchema): string[] {
  return formsOf(schema).flatMap((form) => [
    ...Object.entries(form.properties ?? {}).flatMap(([key, value]) => [key, ...keysOf(value)]),
    ...(typeof form.additionalProperties === 'object' ? keysOf(form.additionalProperties) : []),
  ]);
}

it('the example loads as it is', () => {
  const config = loadConfig({ path: 'bellhop.yaml', text: exampleConfig() }, surroundings);
  expect(config.sources.get('cluster')).toMatchObject({
    rooms: ['ops'],
    allow: ['ops', 'deploys'],
  });
});

it('the keys that it does not set load too', () => {
  const exclusive = /^\s*# (auth|password_file): .*\n/gm;
  const text = exampleConfig()
    .replace(exclusive, '')
    .replace(/^(\s*)# ([a-z_]+: \S.*)$/gm, (line: string, margin: string, entry: string) =>
      / [a-z]+ [a-z]+ /.test(entry) ? line : `${margin}${entry}`,
    );
  const config = loadConfig({ path: 'bellhop.yaml', text }, surroundings);
  expect(config.publicUrl).toBe('https://bellhop.example.org');
  expect(config.sources.get('cluster')?.rate).toEqual({ count: 10, intervalMs: 1000 });
});

it('shows every key, secrets as files', () => {
  const text = exampleConfig();
  const inline = ['access_token', 'password', 'token'];
  const missing = keysOf(configSchema())
    .filter((key) => !inline.includes(key))
    .filter((key) => !new RegExp(`\\b${key}:`).test(text));
  expect(missing).toEqual([]);
});
