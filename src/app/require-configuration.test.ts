import { expect, it } from 'vitest';
import { requireConfiguration } from './require-configuration.ts';

const nobody = { accounts: new Map() };
const somebody = { accounts: new Map([['main', {} as never]]) };

it('a file is a configuration, also without an account, and so is an account without a file', () => {
  expect(() => requireConfiguration('bellhop.yaml', nobody)).not.toThrow();
  expect(() => requireConfiguration(undefined, somebody)).not.toThrow();
  expect(() => requireConfiguration(undefined, nobody)).toThrow(
    expect.objectContaining({ code: 'config_missing' }),
  );
});
