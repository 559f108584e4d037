import { X509Certificate } from 'node:crypto';
import type { ListenConfig } from '../../config/config.ts';
import { catalogue } from '../../errors.ts';
import { requireUsableCertificate } from '../../gateway/listener.ts';
import { readListeners } from '../read-listeners.ts';
import { type Finding, fail, failed, ok, warn } from './finding.ts';

const dayMs = 86_400_000;
/** What renews certificates does so a month before their end; by then it has failed for a while. */
const soonMs = 14 * dayMs;

function lifeOf(address: string, cert: string, now: number): Finding {
  const check = `listen ${address}`;
  const end = new X509Certificate(cert).validToDate;
  const day = end.toISOString().slice(0, 10);
  const remedy = 'Put a new certificate in its place and reload the daemon.';
  if (end.getTime() <= now) {
    const { exit } = catalogue.config_invalid;
    return fail(check, `its certificate ended on ${day}`, remedy, exit);
  }
  if (end.getTime() - now < soonMs) return warn(check, `its certificate ends on ${day}`, remedy);
  return ok(check, `its certificate is good until ${day}`);
}

/** Whether certificates and keys of the listeners can be used, and for how long. @param now - milliseconds since 1970 */
export function checkListeners(listen: readonly ListenConfig[], now: number): Finding[] {
  return listen.flatMap((one) => {
    try {
      return readListeners([one]).flatMap((options) => {
        requireUsableCertificate(options);
        return options.tls === undefined ? [] : [lifeOf(one.address, options.tls.cert, now)];
      });
    } catch (thrown) {
      return [failed(`listen ${one.address}`, thrown)];
    }
  });
}
