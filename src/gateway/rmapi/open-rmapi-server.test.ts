import { describe, expect, it } from 'vitest';
import { openTestRmapi } from './test-rmapi.contract.ts';

describe('a door that cannot be opened', () => {
  it('says what is in the way, and leaves nothing open', async () => {
    await using taken = await openTestRmapi();
    const invalid = { code: 'rmapi_invalid' };
    const inUse = { code: 'cannot_listen' };
    await expect(openTestRmapi({ listen: taken.address })).rejects.toMatchObject(inUse);
    await expect(openTestRmapi({ healthListen: taken.address })).rejects.toMatchObject(inUse);
    await expect(openTestRmapi({ uiDirectory: '/nowhere' })).rejects.toMatchObject(invalid);
    const tls = { certificate: '/no', key: '/no', clientCa: '/no', revocations: undefined };
    await expect(openTestRmapi({ tls })).rejects.toMatchObject(invalid);
  });
});
