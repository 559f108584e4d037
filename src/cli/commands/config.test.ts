import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../run.ts';
import { testContext } from '../test-context.contract.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bellhop-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function run(args: string[], given: Parameters<typeof testContext>[0] = {}) {
  const context = testContext({ cwd, ...given });
  await runProgram(['config', ...args], context);
  return { out: context.out(), err: context.err(), exit: context.exitCode() };
}

const text =
  'accounts: { main: { user_id: "@a:b", password_file: ./none } }\nrooms: { ops: "#a:b" }\n';

describe('config check', () => {
  it('finds the file of the working directory and counts what is in it', async () => {
    writeFileSync(join(cwd, 'bellhop.yaml'), text);
    expect(await run(['check'])).toEqual({
      out: 'bellhop.yaml is valid: 1 account, 1 room, 0 sources, 0 operators.\n',
      err: '',
      exit: 0,
    });
    expect(JSON.parse((await run(['check', '--json'])).out)).toEqual({
      ok: true,
      file: 'bellhop.yaml',
      accounts: 1,
      rooms: 1,
      sources: 0,
      operators: 0,
    });
  });

  it('reads standard input for -', async () => {
    const { out } = await run(['check', '-c', '-'], { input: text });
    expect(out).toMatch(/^- is valid/);
    const wrong = await run(['check', '-c', '-'], { input: 'bogus: 1' });
    expect(wrong.err).toContain('standard input:1:1: bogus');
  });

  it('tells every mistake in a line of its own and ends with 78', async () => {
    writeFileSync(join(cwd, 'x.yaml'), 'bogus: 1\nlisten: 5\nrooms: 5\n');
    const { out, err, exit } = await run(['check', '-c', 'x.yaml']);
    expect([out, exit]).toEqual(['', 78]);
    expect(err.match(/^ {2}x\.yaml:\d:\d+: /gm)).toHaveLength(3);
  });

  it('without file and environment says that there is nothing', async () => {
    const home = join(cwd, 'home');
    expect(await run(['check'], { home })).toMatchObject({ exit: 78 });
    const env = { BELLHOP_HOMESERVER: 'https://x.org', BELLHOP_ACCESS_TOKEN: 't' };
    expect((await run(['check'], { home, env })).out).toMatch(/^The environment is valid/);
  });

  it('reads the secrets only if it is asked to', async () => {
    writeFileSync(join(cwd, 'bellhop.yaml'), text);
    const { err, exit } = await run(['check', '--secrets']);
    expect(exit).toBe(78);
    expect(err).toContain('accounts.main.password_file');
  });
});

describe('config print', () => {
  it('shows what is in force as YAML or JSON, without secrets', async () => {
    const file = join(cwd, 'x.yaml');
    writeFileSync(file, 'accounts: { main: { user_id: "@a:b", access_token: s3cret } }');
    const yaml = await run(['print', '-c', 'x.yaml']);
    expect(yaml.out).toContain('access_token: "[redacted]"');
    const json = await run(['print', '-c', 'x.yaml', '--json', '-v']);
    expect(JSON.parse(json.out)).toMatchObject({ log_level: 'debug', retention: { dead: '30d' } });
    expect(yaml.out + json.out).not.toContain('s3cret');
  });
});

describe('config init', () => {
  it('writes a file that config check takes, and never overwrites one', async () => {
    const first = await run(['init']);
    expect(first).toMatchObject({ out: 'bellhop.yaml\n', exit: 0 });
    expect(first.err).toContain('config check');
    expect(await run(['check'])).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, 'bellhop.yaml'), 'mine');
    const second = await run(['init']);
    expect(second).toMatchObject({ out: '', exit: 73 });
    expect(second.err).toContain('is there already');
    expect(readFileSync(join(cwd, 'bellhop.yaml'), 'utf8')).toBe('mine');
  });

  it('writes to standard output for -', async () => {
    const { out } = await run(['init', '-']);
    expect(await run(['check', '-c', '-'], { input: out })).toMatchObject({ exit: 0 });
  });

  it('says where it cannot write', async () => {
    expect(await run(['init', 'none/x.yaml'])).toMatchObject({
      exit: 73,
      err: expect.stringContaining('none/x.yaml cannot be written (ENOENT)'),
    });
  });
});

it('config schema is a JSON Schema', async () => {
  const { out } = await run(['schema']);
  expect(JSON.parse(out)).toMatchObject({ $schema: expect.stringContaining('draft-07') });
});
