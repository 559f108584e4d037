import type { MissingManifest } from '../../config/rmapi-environment.ts';
import { toFailure } from '../../errors.ts';
import type { ReadinessCheck } from '../../gateway/gateway-deps.ts';
import type { OutboxOperator } from '../../outbox/outbox.ts';
import { deploymentReadiness } from '../deployment/deployment-readiness.ts';
import type { DeploymentReport } from '../deployment/deployment-run.ts';

/**
 * Whether changes can be written down, whether what is written down reaches the homeserver, and that rooms have their
 * deployment's names.
 */
export async function rmapiReadiness(
  store: Pick<OutboxOperator, 'purge'>,
  report: DeploymentReport | undefined,
  missingManifest: MissingManifest | undefined,
): Promise<{ readonly ready: boolean; readonly checks: readonly ReadinessCheck[] }> {
  const checks = [
    ...checkManifest(missingManifest),
    await checkStore(store),
    ...deploymentReadiness(report).map((check) => toleratePeople(check, report)),
  ];
  return { ready: checks.every(({ ok }) => ok), checks };
}

/** One person who waits for help does not make the whole integration unready; it is told all the same. */
function toleratePeople(check: ReadinessCheck, report: DeploymentReport | undefined) {
  const isOne = check.name === 'people' && report?.people !== undefined && !report.hasFailed;
  return isOne ? { ...check, ok: true } : check;
}

function checkManifest(missing: MissingManifest | undefined): ReadinessCheck[] {
  if (missing === undefined) return [];
  const { path, instead } = missing;
  const ok = instead === 'kept';
  const names = ok ? 'the names of an earlier start count' : 'all names are made up';
  return [{ name: 'manifest', ok, detail: `there is no ${path}, so ${names}` }];
}

async function checkStore(store: Pick<OutboxOperator, 'purge'>): Promise<ReadinessCheck> {
  try {
    // Nothing is older than the beginning of time: this begins and ends a write, and changes nothing.
    await store.purge({ delivered: 0, other: 0 }, 1);
    return { name: 'store', ok: true };
  } catch (error) {
    return { name: 'store', ok: false, detail: toFailure(error).message };
  }
}
