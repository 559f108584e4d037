import { roomMemoryContract } from '../../delivery/room-memory.contract.ts';
import { outboxContract } from '../../outbox/outbox.contract.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { openTempStore } from './temp-store.contract.ts';

/** Each history starts a thread or more, so fewer are played than for the inline store, which runs the same operations. */
const histories = 3;

outboxContract(
  'the store in its own thread as an outbox',
  async (limits) => {
    const temp = await openTempStore(openSqliteStore, limits === undefined ? {} : { limits });
    return { outbox: temp.store, restart: temp.restart, close: temp.close };
  },
  histories,
);

roomMemoryContract('the store in its own thread as a memory of rooms', async () => {
  const temp = await openTempStore(openSqliteStore);
  return { memory: temp.store, restart: temp.restart, close: temp.close };
});
