import { join } from 'node:path';
import { ensurePythonEnvironment } from './ensure-python-environment.ts';

/** A client that cannot cross-sign; a change makes a new environment. */
const matrixNioVersion = '0.26.0';

/**
 * A Python that can import matrix-nio with encryption.
 * @throws SenderMissing when there is no Python, no venv module, or no package index.
 */
export async function ensureMatrixNio(): Promise<string> {
  const bin = await ensurePythonEnvironment(`matrix-nio-${matrixNioVersion}`, [
    `matrix-nio[e2e]==${matrixNioVersion}`,
  ]);
  return join(bin, 'python');
}
