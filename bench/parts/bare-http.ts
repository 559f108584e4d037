import { createServer } from 'node:http';

/** The cheapest server that still understands its callers: parses the JSON, stores nothing, answers 202. */
const answer = '{"id":"0123456789012345678901234","state":"queued"}';
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString());
    const headers = { 'content-type': 'application/json', 'content-length': answer.length };
    response.writeHead(202, headers).end(answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : 0);
});
