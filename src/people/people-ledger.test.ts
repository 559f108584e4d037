import { MemoryPeopleLedger } from './ledger/memory-people-ledger.contract.ts';
import { peopleLedgerContract } from './people-ledger.contract.ts';

peopleLedgerContract('the ledger in memory', () => {
  const ledger = new MemoryPeopleLedger();
  return Promise.resolve({
    ledger,
    restart: () => Promise.resolve(ledger),
    close: () => Promise.resolve(),
  });
});
