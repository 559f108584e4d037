import { expect, it } from 'vitest';
import { fileContent, withMxc } from './file-content.ts';

const file = { fileName: 'build.log', contentType: 'text/plain; charset=utf-8', sizeBytes: 12 };

it('describes a file before it is uploaded, and points at it afterwards', () => {
  const content = fileContent(file);
  expect(content).toEqual({
    msgtype: 'm.file',
    body: 'build.log',
    filename: 'build.log',
    info: { mimetype: 'text/plain', size: 12 },
    'm.mentions': {},
  });
  expect(withMxc(content, 'mxc://example.org/abc')).toEqual({
    ...content,
    url: 'mxc://example.org/abc',
  });
});

it.each([
  ['image/png', 'm.image'],
  ['image/svg+xml', 'm.file'],
  ['audio/ogg', 'm.audio'],
  ['video/mp4', 'm.video'],
  ['nonsense', 'm.file'],
])('shows %s as %s', (contentType, msgtype) => {
  expect(fileContent({ ...file, contentType }).msgtype).toBe(msgtype);
});

it.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\logs\\a.txt', 'a.txt'],
  ['a\u0000b\n.txt', 'ab .txt'],
  ['..', 'file'],
  ['', 'file'],
])('makes %j a plain file name', (fileName, name) => {
  expect(fileContent({ ...file, fileName }).filename).toBe(name);
});

it('stays in the thread of its message', () => {
  const relatesTo = { rel_type: 'm.thread', event_id: '$a', is_falling_back: false } as const;
  expect(fileContent({ ...file, relatesTo })['m.relates_to']).toEqual(relatesTo);
});
