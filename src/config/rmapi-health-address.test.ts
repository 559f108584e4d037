import { expect, it } from 'vitest';
import { rmapiHealthAddress } from './rmapi-health-address.ts';

it.each([
  [{}, '127.0.0.1', 8012],
  [{ BELLHOP_RMAPI_LISTEN: '', BELLHOP_RMAPI_TLS_CERT: '' }, '127.0.0.1', 8012],
  [{ BELLHOP_RMAPI_LISTEN: '10.0.0.7:9000' }, '10.0.0.7', 9000],
  [{ BELLHOP_RMAPI_LISTEN: '[::]:9000' }, '[::1]', 9000],
  [{ BELLHOP_RMAPI_TLS_CERT: '/cert.pem' }, '127.0.0.1', 8013],
  [
    { BELLHOP_RMAPI_TLS_CERT: '/cert.pem', BELLHOP_RMAPI_HEALTH_LISTEN: '127.0.0.1:9' },
    '127.0.0.1',
    9,
  ],
  [{ BELLHOP_RMAPI_HEALTH_LISTEN: '0.0.0.0:8014' }, '127.0.0.1', 8014],
])('with %j health is told at %s:%i', (env, host, port) => {
  expect(rmapiHealthAddress(env)).toEqual({ host, port });
});
