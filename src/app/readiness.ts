import { toFailure } from '../errors.ts';
import type { ReadinessCheck } from '../gateway/gateway-deps.ts';
import { encryptionReadiness } from './encryption-readiness.ts';
import type { Engine } from './engine.ts';

/**
 * Whether calls can be accepted: the outbox must be writable. A homeserver that is away does not make the gateway
 * unready, as keeping messages meanwhile is what it is for; it is named all the same.
 */
export async function readiness(
  engine: Engine,
): Promise<{ ready: boolean; checks: readonly ReadinessCheck[] }> {
  const outbox = await checkOutbox(engine);
  const waiting = engine.dispatcher.waitingLanes();
  const delivery: ReadinessCheck = {
    name: 'delivery',
    ok: waiting === 0,
    detail: waiting === 0 ? undefined : `${waiting} lanes wait; see \`bellhop doctor\``,
  };
  const encryption = encryptionReadiness(engine.encryption.reports());
  return { ready: outbox.ok, checks: [outbox, delivery, ...encryption] };
}

async function checkOutbox(engine: Engine): Promise<ReadinessCheck> {
  try {
    // Nothing is older than the beginning of time: this begins and ends a write, and changes nothing.
    await engine.store.purge({ delivered: 0, other: 0 }, 1);
    return { name: 'outbox', ok: true };
  } catch (error) {
    return { name: 'outbox', ok: false, detail: toFailure(error).message };
  }
}
