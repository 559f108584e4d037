import { expect, it } from 'vitest';
import { packReply, unpackReply } from './packed-replies.ts';
import type { Reply } from './run-batch.ts';

const failure = {
  code: 'bug',
  detail: undefined,
  retryAfterMs: undefined,
  cause: undefined,
} as const;

it.each<[string, Reply]>([
  ['an accepted submission of one entry', { value: { kind: 'accepted', laneIds: [7] } }],
  ['an accepted submission of two entries', { value: { kind: 'accepted', laneIds: [7, 8] } }],
  ['a duplicate', { value: { kind: 'duplicate', id: 'n1', entries: 1 } }],
  ['a number', { value: 3 }],
  ['nothing', { value: undefined }],
  ['a failure', { failure }],
])('%s comes out of another thread as it went in', (_, reply) => {
  expect(unpackReply(structuredClone(packReply(reply)))).toEqual(reply);
});
