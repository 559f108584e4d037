import { rmapiHealthAddress } from '../../../config/rmapi-health-address.ts';
import type { CliContext } from '../../context.ts';

/** What the original exits with when nobody answers, or the answer is not "healthy". */
const unhealthyExit = 1;
const ok = 200;

/** Whom to ask, where the environment is not to say it. */
export interface HealthQuestion {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly timeoutSeconds: number;
}

/** Prints the answer of a running drop-in; exit code 0: healthy, 1: not, or no answer, else the HTTP status. */
export async function askHealth(context: CliContext, question: HealthQuestion): Promise<void> {
  const own = rmapiHealthAddress(context.env);
  const { host = own.host, port = own.port, timeoutSeconds } = question;
  try {
    const response = await fetch(`http://${host}:${port}/api/v1/healthcheck`, {
      redirect: 'manual',
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    const text = await response.text();
    context.stdout.write(`${text}\n`);
    if (response.status !== ok) context.setExitCode(response.status);
    else if (!isHealthy(text)) context.setExitCode(unhealthyExit);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    context.stderr.write(`bellhop: ${host}:${port} does not answer (${why}).\n`);
    context.setExitCode(unhealthyExit);
  }
}

function isHealthy(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return (
      typeof answer === 'object' &&
      answer !== null &&
      'healthy' in answer &&
      answer.healthy === true
    );
  } catch {
    return false;
  }
}
