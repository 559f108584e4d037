import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { TelemetryEvents } from './events.ts';
import { openLogger } from './logger.ts';
import { Metrics } from './metrics.ts';

function open() {
  const lines: string[] = [];
  const { logger } = openLogger({
    level: 'debug',
    stream: { write: (line) => void lines.push(line) },
  });
  const metrics = new Metrics({ version: '1', startedAt: 0, residentBytes: () => 0 });
  const log = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));
  return { deployment: new TelemetryEvents(logger, metrics).deployment, log };
}

it('a round that failed for a reason with a name is told without a stack', () => {
  const { deployment, log } = open();
  const detail = 'The homeserver is a and not b.';
  const cause = new Failure('deployment_invalid', { detail, cause: new Error('below') });
  deployment.failed({ cause, retryMs: 1_000 });
  deployment.failed({ cause: new Error('no name'), retryMs: 1_000 });
  const [named, other] = log();
  const msg = 'deployment_failed';
  const time = expect.any(String);
  const code = 'deployment_invalid';
  expect(named).toEqual({ level: 'warn', time, msg, code, detail, retryMs: 1_000 });
  expect(other).toMatchObject({ msg, err: { message: 'no name' } });
});

it('counts of people who wait name the command that says who they are', () => {
  const { deployment, log } = open();
  const round = { worked: 1, durationMs: 5 };
  deployment.peopleRound({ ...round, people: { applied: 2, waiting: 0, failed: 0 } }, 1);
  deployment.peopleRound({ ...round, people: { applied: 2, waiting: 1, failed: 0 } }, 1);
  expect(log().map(({ see }) => see)).toEqual([undefined, 'bellhop people list']);
});
