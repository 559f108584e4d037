import { roomMemoryContract } from '../../delivery/room-memory.contract.ts';
import { outboxContract } from '../../outbox/outbox.contract.ts';
import { openInlineStore } from './open-inline-store.ts';
import { openTempStore } from './temp-store.contract.ts';

outboxContract('the inline store as an outbox', async (limits) => {
  const temp = await openTempStore(openInlineStore, limits === undefined ? {} : { limits });
  return { outbox: temp.store, restart: temp.restart, close: temp.close };
});

roomMemoryContract('the inline store as a memory of rooms', async () => {
  const temp = await openTempStore(openInlineStore);
  return { memory: temp.store, restart: temp.restart, close: temp.close };
});
