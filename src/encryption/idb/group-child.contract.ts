import { argv, stdout } from 'node:process';
import type { IdbDatabase } from './idb-database.ts';
import { IdbFactory } from './idb-factory.ts';
import { openCryptoDatabase } from './open-crypto-database.ts';
import { originOf } from './registered-origins.ts';
import { committed, resultOf } from './temp-database.contract.ts';

/** Writes groups of two records and a row of the owner, and says so of each that has ended, until it is killed. */
const [, , file = ''] = argv;
const crypto = openCryptoDatabase({
  file,
  prefix: file,
  onFatal: (failure) => {
    throw failure;
  },
});
const request = new IdbFactory(originOf).open(`${file}::d`, 1);
request.onupgradeneeded = () => (request.result as IdbDatabase).createObjectStore('store');
const db = (await resultOf(request)) as IdbDatabase;
crypto.database.exec('create table if not exists own (word text not null) strict');
const { count } = crypto.database.prepare('select count(*) as count from own').get() ?? {};

for (let round = Number(count); ; round++) {
  // The words are in the order of the rounds.
  const word = String(round).padStart(9, '0');
  await crypto.group(async () => {
    for (const name of ['a', 'b']) {
      const transaction = db.transaction('store', 'readwrite');
      const ended = committed(transaction);
      transaction.objectStore('store').put('x'.repeat(5_000), `${word} ${name}`);
      transaction.commit();
      await ended;
      // A turn of the event loop between the two, as the library takes some.
      await new Promise((resolve) => setImmediate(resolve));
    }
    crypto.database.prepare('insert into own values (?)').run(word);
  });
  stdout.write('.');
}
