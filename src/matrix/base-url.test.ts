import { expect, it } from 'vitest';
import { parseBaseUrl } from './base-url.ts';

it.each([
  ['https://matrix.example.org', 'https://matrix.example.org'],
  ['https://matrix.example.org/', 'https://matrix.example.org'],
  ['http://127.0.0.1:8008/behind/a/path/', 'http://127.0.0.1:8008/behind/a/path'],
  ['https://example.org/my_matrix', 'https://example.org/my_matrix'],
])('%s is the base URL %s', (text, url) => {
  expect(parseBaseUrl(text)).toBe(url);
});

it.each([
  'matrix.example.org',
  'ftp://example.org',
  'https://me@example.org',
  'https://example.org?a',
  'https://example.org/_matrix',
  'https://example.org/_matrix/client/v3',
  'https://example.org/proxied/_matrix/',
])('%s is no base URL', (text) => {
  expect(parseBaseUrl(text)).toBeUndefined();
});
