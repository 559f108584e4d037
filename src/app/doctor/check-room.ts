import { catalogue } from '../../errors.ts';
import type { RoomReference } from '../../matrix/ids.ts';
import type { Session } from '../../matrix/session.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { probeRoom, type RoomProbe } from './probe-room.ts';

/** A room as somebody asks for it. */
export interface WantedRoom {
  /** How it is called in findings: the configured name, else the id or alias. */
  readonly name: string;
  readonly room: RoomReference;
  readonly encryption: 'auto' | 'required';
  /** It is known to be encrypted, whatever the homeserver says now. */
  readonly wasEncrypted: boolean;
}

export interface RoomCheck {
  readonly roomId: string | undefined;
  readonly findings: readonly Finding[];
}

const exit = catalogue.matrix_refused.exit;
const closed = catalogue.undeliverable.exit;
/** As many as delivery follows; more are a loop. */
const upgradesMax = 20;

/** Why messages would end as dead there; undefined: encryption is as it must be. */
function encryptionProblem(wanted: WantedRoom, encrypted: boolean): Finding | undefined {
  const check = `room ${wanted.name}`;
  if (encrypted || wanted.wasEncrypted) {
    return fail(
      check,
      'it is encrypted; messages for it end as dead(encrypted-room), as Bellhop cannot encrypt yet',
      'Use a room without encryption, such as one of `bellhop room create`.',
      closed,
    );
  }
  if (wanted.encryption === 'auto') return undefined;
  return fail(
    check,
    'it is not encrypted although the configuration requires it; messages for it end as dead(unencrypted)',
    'Set `encryption: auto` for it, or use an encrypted room once encryption is there.',
    closed,
  );
}

function inside(
  wanted: WantedRoom,
  probe: Extract<RoomProbe, { kind: 'inside' }>,
  session: Session,
): Finding[] {
  const check = `room ${wanted.name}`;
  const { roomId, version, power, needed } = probe;
  const findings: Finding[] = [];
  const problem = encryptionProblem(wanted, probe.encrypted);
  if (problem !== undefined) findings.push(problem);
  if (power < needed) {
    const words = `${session.userId} has power ${power} there and needs ${needed} to send`;
    findings.push(fail(check, words, `Give it power ${needed} in the room's settings.`, exit));
  }
  if (findings.length > 0) return findings;
  return [ok(check, `${roomId}, version ${version}: joined, may send, not encrypted`)];
}

function findingsOf(wanted: WantedRoom, probe: RoomProbe, session: Session): Finding[] {
  const check = `room ${wanted.name}`;
  switch (probe.kind) {
    case 'unknown':
      return [
        fail(
          check,
          `the alias ${wanted.room} leads nowhere`,
          'Make it with `bellhop room create --alias`, or correct it in the configuration.',
          exit,
        ),
      ];
    case 'outside': {
      const words = `${session.userId} is not in ${probe.roomId} (membership: ${probe.membership})`;
      const remedy = `Invite ${session.userId} there; \`bellhop room join\`, or the first message, accepts it.`;
      return [fail(check, words, remedy, exit)];
    }
    case 'inside':
      return inside(wanted, probe, session);
  }
}

/**
 * Whether an account could send to a room, or to the one that replaced it. Nothing is sent or changed.
 *
 * @throws MatrixError, TransportError when the homeserver does not say
 */
export async function checkRoom(
  session: Session,
  wanted: WantedRoom,
  signal: AbortSignal,
): Promise<RoomCheck> {
  const passed: Finding[] = [];
  let { room } = wanted;
  for (let upgrades = 0; ; upgrades++) {
    const probe = await probeRoom(session, room, signal);
    if (probe.kind === 'unknown') {
      return { roomId: undefined, findings: findingsOf(wanted, probe, session) };
    }
    const next = probe.kind === 'inside' && !probe.encrypted ? probe.replacedBy : undefined;
    if (next === undefined || upgrades === upgradesMax) {
      const findings = [...passed, ...findingsOf(wanted, probe, session)];
      return { roomId: probe.roomId, findings };
    }
    const remedy = `Delivery follows by itself; in the configuration write ${next}, or an alias.`;
    passed.push(warn(`room ${wanted.name}`, `it was replaced by ${next}`, remedy));
    room = next;
  }
}
