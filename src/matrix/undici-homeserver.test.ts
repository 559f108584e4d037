import { describe } from 'vitest';
import { homeserverContract } from './homeserver.contract.ts';
import { streamedBodyContract } from './streamed-body.contract.ts';
import { openHomeserver } from './undici-homeserver.ts';

describe('a homeserver reached through undici', () => {
  homeserverContract(openHomeserver);
});

describe('a streamed body through undici', () => {
  streamedBodyContract(openHomeserver);
});
