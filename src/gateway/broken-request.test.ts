import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { explainBrokenRequests } from './broken-request.ts';

const limits = { headerBytesMax: 1024, headersTimeoutMs: 50, requestTimeoutMs: 50 };

/** What a server says to these bytes until it closes the connection. */
async function answerTo(bytes: string, listener: RequestListener): Promise<string> {
  const options = {
    maxHeaderSize: limits.headerBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    headersTimeout: limits.headersTimeoutMs,
    connectionsCheckingInterval: 10,
  };
  const server = createServer(options, listener);
  explainBrokenRequests(server, limits);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.write(bytes);
  await once(socket, 'close');
  server.close();
  return answer;
}

const readsAll: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end('done'));
};

it.each([
  ['no HTTP at all', 'HELLO\r\n\r\n', 400, 'request: it breaks the rules of HTTP/1.1'],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(2000)}\r\n\r\n`,
    431,
    'headers: request line and headers may have 1024 bytes.',
  ],
  [
    'a chunk of no length',
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    400,
    'request: it breaks the rules of HTTP/1.1',
  ],
  [
    'a body that stops coming',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf',
    408,
    'request: its headers must arrive within 0.05 s, all of it within 0.05 s.',
  ],
])('%s is told why, in one answer', async (_, bytes, status, detail) => {
  const answer = await answerTo(bytes, readsAll);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(JSON.parse(body)).toMatchObject({
    status,
    code: 'bad_input',
    detail: expect.stringContaining(detail),
    remedy: expect.any(String),
    errcode: 'M_UNKNOWN',
  });
});

it('a request that breaks while its answer is under way gets nothing after that', async () => {
  const answer = await answerTo(
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n',
    (_, response) => {
      response.write('half an answer');
    },
  );
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
});
