import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { readListeners } from './read-listeners.ts';

it('all files of certificates that cannot be read are told at once', () => {
  const tls = { certPath: '/nowhere/c.pem', keyPath: '$CREDENTIALS_DIRECTORY/key.pem' };
  const listen = () => readListeners([{ address: 'h:1', only: undefined, tls }]);
  expect(listen).toThrow(Failure);
  expect(listen).toThrow(
    expect.objectContaining({
      problems: [
        'listen: h:1: tls.cert: /nowhere/c.pem cannot be read (ENOENT)',
        'listen: h:1: tls.key: $CREDENTIALS_DIRECTORY/key.pem begins with $CREDENTIALS_DIRECTORY, which is not set; systemd sets it for LoadCredential=',
      ],
    }),
  );
});
