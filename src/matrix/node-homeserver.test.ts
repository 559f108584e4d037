import { describe } from 'vitest';
import { homeserverContract } from './homeserver.contract.ts';
import { openNodeHomeserver } from './node-homeserver.ts';
import { streamedBodyContract } from './streamed-body.contract.ts';

describe('a homeserver reached through node:http', () => {
  homeserverContract(openNodeHomeserver);
});

describe('a streamed body through node:http', () => {
  streamedBodyContract(openNodeHomeserver);
});
