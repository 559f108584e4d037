import { randomUUID } from 'node:crypto';
import type { Overrides } from '../../src/app/engine.ts';
import { pause, systemClock } from '../../src/clock.ts';
import type { Sender } from '../../src/delivery/sender.ts';
import type { ClaimedEntry, Outbox, Submission } from '../../src/outbox/outbox.ts';
import type { Sabotage } from './options.ts';

/** How long after its acknowledgement a submission is written: many requests fit in, and so does a kill. */
const lateMs = 50;

/** `whole` with some of its methods replaced. */
function replacing<T extends object>(whole: T, methods: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name): unknown {
      if (name in methods) return Reflect.get(methods, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Acknowledges first and writes later: what is acknowledged can be lost. */
function lateAck(outbox: Outbox): Outbox {
  const write = async (submission: Submission): Promise<void> => {
    await pause(systemClock, lateMs);
    await outbox.accept(submission);
  };
  return replacing(outbox, {
    accept(submission) {
      void write(submission);
      const { id, entries } = submission;
      const entryIds = entries.map((_, index) => `${id}-${index + 1}`);
      return Promise.resolve({ kind: 'accepted', id, entryIds });
    },
  });
}

/** Each attempt has a transaction id of its own: the homeserver takes a repeat for another message. */
function newTxn(sender: Sender): Sender {
  return replacing(sender, {
    send: (entry: ClaimedEntry, ...rest) =>
      sender.send({ ...entry, txnId: `${entry.txnId}-${randomUUID()}` }, ...rest),
  });
}

/** Lets the second entry of a lane go before the first. */
function reorder(outbox: Outbox): Outbox {
  return replacing(outbox, {
    async claim(...args) {
      const [first, second, ...others] = await outbox.claim(...args);
      if (first === undefined) return [];
      return second === undefined ? [first] : [second, first, ...others];
    },
  });
}

/** Each attempt encrypts anew and has a transaction id of its own: the homeserver takes a repeat for another message. */
function reencrypt(sender: Sender): Sender {
  return replacing(sender, {
    async send(entry, target, ...rest) {
      const completion = await sender.complete({ ...entry, ...entry.accepted }, target, ...rest);
      if (!completion.ok) return completion.setback;
      const content = Buffer.from(completion.content);
      const txnId = `${entry.txnId}-${randomUUID()}`;
      return await sender.send({ ...entry, content, txnId }, target, ...rest);
    },
  });
}

/** What breaks a guarantee on purpose; nothing without a name. */
export function sabotageBy(name: Sabotage | undefined): Overrides {
  switch (name) {
    case 'late-ack':
      return { outbox: lateAck };
    case 'new-txn':
      return { sender: newTxn };
    case 'reorder':
      return { outbox: reorder };
    case 'late-ratchet':
      return { cryptoThread: new URL('late-ratchet-thread.ts', import.meta.url) };
    case 'reencrypt':
      return { sender: reencrypt };
    case 'no-group':
      throw new Error('The daemon itself reads nothing that it could lose.');
    case undefined:
      return {};
  }
}
