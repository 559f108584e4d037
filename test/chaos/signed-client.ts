import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { OlmClient } from '../../src/testing/olm-client.contract.ts';

/** A new user's device that its identity has signed, so that it is given keys by default. */
export async function signedClient(homeserver: FakeHomeserver, name: string): Promise<OlmClient> {
  const client = await OlmClient.start(homeserver.baseUrl, homeserver.createUser(name));
  const { keys, signatures } = await client.makeIdentity();
  await client.call('POST', '/keys/device_signing/upload', keys);
  await client.call('POST', '/keys/signatures/upload', signatures);
  return client;
}
