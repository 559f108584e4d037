import { join } from 'node:path';
import { ensurePythonEnvironment } from './ensure-python-environment.ts';

/** The versions whose requests the façade is held to; a change of one makes a new environment. */
const appriseVersion = '2.2.0';
const matrixCommanderVersion = '8.0.6';

/** Programs as their users install them. */
export interface PythonSenders {
  /** The path of the command. */
  readonly apprise: string;
  readonly matrixCommander: string;
  /** A Python that can import both. */
  readonly python: string;
}

/**
 * Apprise and matrix-commander, from a virtual environment below the project's `.cache` that is made once.
 * @throws SenderMissing when there is no Python, no venv module, or no package index.
 */
export async function ensurePythonSenders(): Promise<PythonSenders> {
  const bin = await ensurePythonEnvironment(
    `apprise-${appriseVersion}-matrix-commander-${matrixCommanderVersion}`,
    [`apprise==${appriseVersion}`, `matrix-commander==${matrixCommanderVersion}`],
  );
  return {
    apprise: join(bin, 'apprise'),
    matrixCommander: join(bin, 'matrix-commander'),
    python: join(bin, 'python'),
  };
}
