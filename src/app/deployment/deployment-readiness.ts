import type { ReadinessCheck } from '../../gateway/gateway-deps.ts';
import type { DeploymentReport } from './deployment-run.ts';

/**
 * How a deployment's rooms and people stand. Neither makes the gateway unready: what is asked for people is kept until
 * the homeserver is back. Answers go to anybody, so no room, user or word of the homeserver is in them.
 */
export function deploymentReadiness(report: DeploymentReport | undefined): ReadinessCheck[] {
  if (report === undefined) return [];
  return [
    checkOf('deployment', troubleOfRooms(report)),
    checkOf('people', troubleOfPeople(report)),
  ];
}

const checkOf = (name: string, detail: string | undefined): ReadinessCheck => ({
  name,
  ok: detail === undefined,
  detail,
});

function troubleOfRooms({ bot, rooms, hasFailed }: DeploymentReport): string | undefined {
  if ('trouble' in bot) return `the bot cannot work (${bot.trouble}); the log says more`;
  if (rooms === undefined) return 'the homeserver was not looked at yet';
  if (hasFailed) return 'the last round failed and is tried again; the log says why';
  const { remaining, unfixable } = rooms;
  if (remaining === 0 && unfixable === 0) return undefined;
  return `${remaining} steps remain, ${unfixable} things cannot be mended; see \`bellhop deployment plan\``;
}

function troubleOfPeople({ people, hasFailed }: DeploymentReport): string | undefined {
  if (people === undefined) return 'no round has reached everybody yet';
  const { held, failed } = people.people;
  if (held > 0) {
    return `${held} revocations are held; see \`bellhop people list --state held\` and \`bellhop people approve\``;
  }
  if (failed > 0)
    return `${failed} people wait for help; see \`bellhop people list --state failed\``;
  return hasFailed ? 'the last round failed and is tried again; the log says why' : undefined;
}
