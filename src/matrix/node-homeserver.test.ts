import { describe } from 'vitest';
import { homeserverContract } from './homeserver.contract.ts';
import { openNodeHomeserver } from './node-homeserver.ts';

describe('a homeserver reached through node:http', () => {
  homeserverContract(openNodeHomeserver);
});
