import type { Environment } from '../../config/build-context.ts';
import { rmapiSettings } from '../../config/rmapi-environment.ts';
import { manifestFallback } from '../../config/rmapi-manifest.ts';
import type { DeploymentFile } from '../deployment/read-deployment-file.ts';
import { rmapiDeployment } from './rmapi-deployment.ts';

/** Where a drop-in keeps its people, and what they may be. */
export interface RmapiLedger {
  /** As the environment says it: it may be relative. */
  readonly dataDir: string;
  readonly file: DeploymentFile;
}

/** What of the drop-in's environment tells how its people are read; an empty variable counts as unset. */
const readings = ['BELLHOP_DATA_DIR', 'SYNAPSE_TOKEN_FILE', 'BELLHOP_RMAPI_NAMES'] as const;

/**
 * The people of a drop-in with this environment, for whoever only looks: nothing else of it need be there.
 * @throws Failure rmapi_invalid
 */
export function rmapiLedger(env: Environment): RmapiLedger {
  const known = Object.fromEntries(readings.map((name) => [name, env[name]]));
  const unused = { SYNAPSE_REGISTRATION_SECRET: 'unused' };
  const config = rmapiSettings({ ...known, ...unused }, manifestFallback);
  return { dataDir: config.dataDir, file: rmapiDeployment(config) };
}
