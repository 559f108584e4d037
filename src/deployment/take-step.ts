import { createHash } from 'node:crypto';
import { sendEvent } from '../matrix/events.ts';
import { parseRoomAlias, parseRoomId, type RoomAlias, type RoomId } from '../matrix/ids.ts';
import { unbanUser } from '../matrix/membership.ts';
import { deleteAlias, putAlias } from '../matrix/room-aliases.ts';
import { createRoom, invite, joinRoom, resolveAlias } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import { putState, roomState } from '../matrix/state.ts';
import { loginAs } from '../matrix/synapse/login-as.ts';
import { makeRoomAdmin } from '../matrix/synapse/rooms.ts';
import { strongestLocal } from './levels/gain-power.ts';
import { sameLevels } from './levels/power.ts';
import { markerContent, markerOf, markerType } from './observed/marker.ts';
import { readRoom } from './observed/read-room.ts';
import type { CreateStep, EnterStep, PinStep, SetStep, Step } from './plan/plan.ts';
import { withRoomId, withRoomIds } from './plan/room-id-of.ts';
import type { RoomLocks } from './rooms/room-locks.ts';

/** What steps are taken with. */
export interface StepTools {
  readonly session: Session;
  readonly serverName: string;
  readonly locks: RoomLocks;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
}

/** A token that speaks for a member is used at once; but the homeserver's clock may be minutes ahead of this one. */
const puppetTokenMs = 10 * 60_000;

/** A step cannot be taken, for a reason that no homeserver gave. */
export class StepError extends Error {
  override readonly name = 'StepError';
}

/**
 * Takes one step. A step of `create` adds the new room to `ids`.
 * @throws StepError when what the step needs is not there (any more); MatrixError, TransportError
 */
export async function takeStep(
  step: Step,
  ids: Map<string, RoomId>,
  tools: StepTools,
  signal: AbortSignal,
): Promise<void> {
  const { session } = tools;
  switch (step.kind) {
    case 'create':
      ids.set(step.key, await create(step, ids, session, signal));
      return;
    case 'free_alias':
      await freeAlias(aliasOf(step.alias), step.roomId, session, signal);
      return;
    case 'put_alias':
      await putAlias(session, aliasOf(step.alias), idOf(step.roomId, ids), signal);
      return;
    case 'enter':
      await enter(step, idOf(step.roomId, ids), tools, signal);
      return;
    case 'regain':
      await makeRoomAdmin(session, idOf(step.roomId, ids), session.userId, signal);
      return;
    case 'set':
      await set(step, ids, tools, signal);
      return;
    case 'pin':
      await pin(step, idOf(step.roomId, ids), session, signal);
      return;
  }
}

function idOf(text: string, ids: ReadonlyMap<string, RoomId>): RoomId {
  const roomId = parseRoomId(withRoomId(text, ids) ?? '');
  if (roomId === undefined) throw new StepError(`The room ${text} is not there yet.`);
  return roomId;
}

function aliasOf(text: string): RoomAlias {
  const alias = parseRoomAlias(text);
  if (alias === undefined) throw new StepError(`${text} is no alias.`);
  return alias;
}

async function create(
  { room }: CreateStep,
  ids: ReadonlyMap<string, RoomId>,
  session: Session,
  signal: AbortSignal,
): Promise<RoomId> {
  const initialState = room.initialState?.map(({ type, stateKey, content }) => {
    const filled = withRoomIds(content, ids);
    const key = withRoomId(stateKey, ids);
    if (filled === undefined || key === undefined) {
      throw new StepError('The space that the room belongs to is not there yet.');
    }
    return { type, stateKey: key, content: filled };
  });
  return await createRoom(session, { ...room, initialState }, signal);
}

/** Somebody else may have moved the alias since it was looked at; then it stays where it leads. */
async function freeAlias(
  alias: RoomAlias,
  roomId: string,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const leadsTo = await resolveAlias(session.homeserver, alias, signal);
  if (leadsTo?.roomId === roomId) await deleteAlias(session, alias, signal);
}

async function enter(
  { how }: EnterStep,
  roomId: RoomId,
  tools: StepTools,
  signal: AbortSignal,
): Promise<void> {
  const { session, serverName } = tools;
  if (how !== 'join') {
    const member = await speakForStrongest(roomId, tools, signal);
    if (how === 'unban') await unbanUser(member, roomId, session.userId, signal);
    await invite(member, roomId, session.userId, signal);
  }
  await joinRoom(session, roomId, [serverName], signal);
}

/** An administrator of the homeserver has no power in a room it is not in; a member has, and can be spoken for. */
async function speakForStrongest(
  roomId: RoomId,
  { session, serverName, now }: StepTools,
  signal: AbortSignal,
): Promise<Session> {
  const view = await readRoom(session, roomId, signal);
  const member = view && strongestLocal(view, session.userId, serverName);
  if (member === undefined) throw new StepError('No member of this homeserver can let the bot in.');
  const accessToken = await loginAs(session, member.userId, now() + puppetTokenMs, signal);
  return { ...session, accessToken, userId: member.userId, deviceId: '' };
}

async function set(
  step: SetStep,
  ids: ReadonlyMap<string, RoomId>,
  { session, locks }: StepTools,
  signal: AbortSignal,
): Promise<void> {
  const roomId = idOf(step.roomId, ids);
  const stateKey = withRoomId(step.stateKey, ids);
  const content = withRoomIds(step.content, ids);
  if (stateKey === undefined || content === undefined) {
    throw new StepError('A room that it names is not there yet.');
  }
  if (step.type !== 'm.room.power_levels') {
    await putState(session, roomId, step.type, stateKey, content, signal);
    return;
  }
  // People's levels are written by others in the meantime: what was planned on other levels is planned anew.
  await locks.run(roomId, async () => {
    const found = await roomState(session, roomId, step.type, stateKey, signal);
    const isAsPlanned =
      found === undefined || step.found === undefined
        ? found === step.found
        : sameLevels(found, step.found);
    if (!isAsPlanned) {
      throw new StepError('The power levels changed in the meantime.');
    }
    await putState(session, roomId, step.type, stateKey, content, signal);
  });
}

async function pin(
  { text, key }: PinStep,
  roomId: RoomId,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const view = await readRoom(session, roomId, signal);
  if (view === undefined) throw new StepError('The room is not there.');
  if (view.content('m.room.encryption') !== undefined) {
    throw new StepError('The room is encrypted; the text would go into it in clear.');
  }
  const marker = markerOf(view, session.userId);
  if (marker?.key !== key) throw new StepError('The room does not say whose it is yet.');
  // The same text in the same room is the same event, however often this is begun.
  const digest = createHash('sha256').update(`${roomId}\0${text}`).digest('base64url');
  const content = JSON.stringify({ msgtype: 'm.notice', body: text });
  const eventId = await sendEvent(
    session,
    roomId,
    'm.room.message',
    `bellhop-pin-${digest}`,
    content,
    signal,
  );
  await putState(
    session,
    roomId,
    markerType,
    '',
    markerContent({ ...marker, pinned: { eventId, text } }),
    signal,
  );
  const listed = view.content('m.room.pinned_events')?.['pinned'];
  const others: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const pinned = [
    ...others.filter((id) => id !== marker.pinned?.eventId && id !== eventId),
    eventId,
  ];
  await putState(session, roomId, 'm.room.pinned_events', '', { pinned }, signal);
}
