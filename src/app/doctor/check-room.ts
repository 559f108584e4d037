import { catalogue } from '../../errors.ts';
import type { RoomId, RoomReference } from '../../matrix/ids.ts';
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
  /** Where messages go; undefined: the alias leads nowhere. */
  readonly roomId: RoomId | undefined;
  /** What goes there is encrypted. */
  readonly encrypted: boolean;
  readonly findings: readonly Finding[];
}

const exit = catalogue.matrix_refused.exit;
const closed = catalogue.undeliverable.exit;
/** As many as delivery follows; more are a loop. */
const upgradesMax = 20;

/** The only encryption that the specification has (Client-Server API §10.12.2). */
const megolm = 'm.megolm.v1.aes-sha2';

/** Why no message would arrive there, or undefined: encryption is as it must be. */
function encryptionProblem(
  wanted: WantedRoom,
  encryption: string | undefined,
): Finding | undefined {
  const check = `room ${wanted.name}`;
  if (encryption !== undefined && encryption !== megolm) {
    const words = `it asks for the encryption "${encryption}", which is not known here`;
    return fail(check, words, 'Use another room; a newer Bellhop may know it.', closed);
  }
  const encrypted = encryption !== undefined || wanted.wasEncrypted;
  if (encrypted || wanted.encryption === 'auto') return undefined;
  return fail(
    check,
    'it is not encrypted although the configuration requires it; messages for it end as dead(unencrypted)',
    'Turn encryption on in the room, or set `encryption: auto` for it.',
    closed,
  );
}

function encryptionWords(wanted: WantedRoom, encryption: string | undefined): string {
  if (encryption !== undefined) return 'encrypted';
  return wanted.wasEncrypted
    ? 'encrypted as it was before, although its homeserver no longer says so'
    : 'not encrypted';
}

function inside(
  wanted: WantedRoom,
  probe: Extract<RoomProbe, { kind: 'inside' }>,
  session: Session,
): Finding[] {
  const check = `room ${wanted.name}`;
  const { roomId, version, power, needed, encryption } = probe;
  const findings: Finding[] = [];
  const problem = encryptionProblem(wanted, encryption);
  if (problem !== undefined) findings.push(problem);
  if (power < needed) {
    const words = `${session.userId} has power ${power} there and needs ${needed} to send`;
    findings.push(fail(check, words, `Give it power ${needed} in the room's settings.`, exit));
  }
  if (findings.length > 0) return findings;
  const how = encryptionWords(wanted, encryption);
  return [ok(check, `${roomId}, version ${version}: joined, may send, ${how}`)];
}

function silent({ failure }: Extract<RoomProbe, { kind: 'silent' }>, check: string): Finding {
  const { entry, detail = entry.sentence } = failure;
  const words = `its homeserver does not say whether it is encrypted, so nothing is sent there and messages wait: ${detail}`;
  return fail(check, words, entry.remedy, entry.exit);
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
    case 'silent':
      return [silent(probe, check)];
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
  let leftEncrypted = false;
  for (let upgrades = 0; ; upgrades++) {
    const probe = await probeRoom(session, room, signal);
    const roomId = probe.kind === 'unknown' ? undefined : probe.roomId;
    const encrypted = isEncrypted(wanted, probe);
    const next = probe.kind === 'inside' ? probe.replacedBy : undefined;
    if (next === undefined || upgrades === upgradesMax) {
      const dropped = leftEncrypted && probe.kind === 'inside' && probe.encryption === undefined;
      const last = dropped
        ? [droppedEncryption(wanted, probe.roomId)]
        : findingsOf(wanted, probe, session);
      return { roomId, encrypted, findings: [...passed, ...last] };
    }
    leftEncrypted ||= encrypted;
    const remedy = `Delivery follows by itself; in the configuration write ${next}, or an alias.`;
    passed.push(warn(`room ${wanted.name}`, `it was replaced by ${next}`, remedy));
    room = next;
  }
}

function isEncrypted(wanted: WantedRoom, probe: RoomProbe): boolean {
  return wanted.wasEncrypted || (probe.kind === 'inside' && probe.encryption !== undefined);
}

/** Delivery follows no upgrade that gives up what members of the old room could rely on. */
function droppedEncryption({ name }: WantedRoom, roomId: RoomId): Finding {
  return fail(
    `room ${name}`,
    `it was encrypted, and ${roomId}, which replaced it, is not; messages wait, as they do not go there`,
    'Turn encryption on in the new room.',
    closed,
  );
}
