import { describe } from 'vitest';
import { homeserverContract } from './homeserver.contract.ts';
import { openHomeserver } from './undici-homeserver.ts';

describe('a homeserver reached through undici', () => {
  homeserverContract(openHomeserver);
});
