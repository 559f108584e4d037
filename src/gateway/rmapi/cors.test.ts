import { describe, expect, it } from 'vitest';
import { isAllowedOrigin } from './cors.ts';

describe('an origin', () => {
  const home = 'https://localmaeher.dev.pvarki.fi:4439/';

  it.each([
    ['https://localmaeher.dev.pvarki.fi:4439', true],
    ['https://mtls.localmaeher.dev.pvarki.fi:4439', true],
    ['https://mtls.localmaeher.dev.pvarki.fi:4439/', false],
    ['https://mtls.localmaeher.dev.pvarki.fi', false],
    ['http://localmaeher.dev.pvarki.fi:4439', false],
    ['https://evillocalmaeher.dev.pvarki.fi:4439', false],
    ['https://localmaehers.dev.pvarki.fi:4439', false],
    ['https://localmaeher.dev.pvarki.fi:4439.evil.example', false],
    ['https://localmaeher-dev.pvarki.fi:4439', false],
    ['null', false],
  ])('%s may read answers: %s', (origin, allowed) => {
    expect(isAllowedOrigin(origin, home)).toBe(allowed);
  });
});
