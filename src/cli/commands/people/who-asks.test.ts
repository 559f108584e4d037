import { expect, it } from 'vitest';
import { whoAsks } from './who-asks.ts';

it('names a user by number where the system has no name for it', () => {
  expect(whoAsks(() => ({ username: 'anna' }))).toBe('anna');
  const nameless = (): never => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  expect(whoAsks(nameless)).toMatch(/^uid \d+$/);
});
