import {
  parseRoomId,
  parseUserId,
  type RoomAlias,
  type RoomId,
  type UserId,
} from '../matrix/ids.ts';
import type { JsonObject } from '../matrix/json.ts';
import type { StateEvent } from '../matrix/state-event.ts';
import type { DesiredDeployment, DesiredRoom } from './desired.ts';
import { parseDeployment } from './file/parse-deployment.ts';
import { markerOf } from './observed/marker.ts';
import type { ObservedDeployment, ObservedRoom, SeenRoom } from './observed/observed.ts';
import { RoomView } from './observed/room-view.ts';
import type { CreateStep, Step } from './plan/plan.ts';
import { withRoomId, withRoomIds } from './plan/room-id-of.ts';

/** The bot of every simulated deployment. */
export const simulatedBot = parseUserId('@bot:example.org') as UserId;

/** A deployment from the value of its file, with what every one needs. */
export function deploymentOf(more: object): DesiredDeployment {
  const parsed = parseDeployment({
    homeserver: 'https://matrix.example.org',
    server_name: 'example.org',
    bot: { username: 'bot', token_file: 't' },
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.deployment;
}

/** Rooms and aliases in memory, on which the steps of a plan can be taken: what planning is tested against. */
export class SimulatedHomeserver {
  readonly rooms: Map<RoomId, StateEvent[]> = new Map();
  readonly aliases: Map<string, RoomId> = new Map();
  readonly defaultVersion: string;
  #count = 0;

  constructor(defaultVersion: string) {
    this.defaultVersion = defaultVersion;
  }

  /** A room that somebody made, with these states. */
  add(creator: string, states: readonly (readonly [string, string, JsonObject])[]): RoomId {
    const roomId = parseRoomId(`!room${this.#count++}`) as RoomId;
    this.rooms.set(roomId, []);
    const version = { room_version: this.defaultVersion };
    this.set(roomId, 'm.room.create', '', version, creator);
    this.set(roomId, 'm.room.member', creator, { membership: 'join' }, creator);
    for (const [type, key, content] of states) this.set(roomId, type, key, content, creator);
    return roomId;
  }

  set(roomId: RoomId, type: string, stateKey: string, content: JsonObject, by: string): void {
    const others = (this.rooms.get(roomId) ?? []).filter(
      (event) => event.type !== type || event.stateKey !== stateKey,
    );
    this.rooms.set(roomId, [...others, { type, stateKey, content, sender: by as UserId }]);
  }

  view(roomId: RoomId): RoomView {
    return new RoomView(roomId, this.rooms.get(roomId) ?? []);
  }

  observe(deployment: DesiredDeployment): ObservedDeployment {
    const rooms = new Map<string, ObservedRoom>();
    for (const room of deployment.rooms) rooms.set(room.key, this.#observe(room, deployment.name));
    const available = new Map([[this.defaultVersion, 'stable']]);
    const roomVersions = { default: this.defaultVersion, available };
    return { botUserId: simulatedBot, roomVersions, rooms };
  }

  #observe({ key, alias, aliases: more }: DesiredRoom, name: string): ObservedRoom {
    const aliases = new Map<RoomAlias, SeenRoom | undefined>();
    for (const wanted of alias === undefined ? more : [alias, ...more]) {
      aliases.set(wanted, this.#target(wanted));
    }
    const marked = [...this.rooms.keys()].find((roomId) => {
      const marker = markerOf(this.view(roomId), simulatedBot);
      return marker?.key === key && marker.deployment === name;
    });
    const found = marked ?? (alias === undefined ? undefined : this.aliases.get(alias));
    return {
      aliases,
      foundBy: found === undefined ? undefined : marked === undefined ? 'alias' : 'marker',
      chain: found === undefined ? [] : [{ roomId: found, view: this.view(found) }],
      end: 'open',
    };
  }

  #target(alias: RoomAlias): SeenRoom | undefined {
    const roomId = this.aliases.get(alias);
    return roomId === undefined ? undefined : { roomId, view: this.view(roomId) };
  }

  /** Takes the steps in their order, as a homeserver that refuses nothing. */
  take(steps: readonly Step[]): void {
    const ids = new Map<string, RoomId>();
    for (const step of steps) this.#take(step, ids);
  }

  #take(step: Step, ids: Map<string, RoomId>): void {
    switch (step.kind) {
      case 'create':
        ids.set(step.key, this.#create(step, ids));
        return;
      case 'free_alias':
        this.aliases.delete(step.alias);
        return;
      case 'put_alias':
        this.aliases.set(step.alias, withRoomId(step.roomId, ids) as RoomId);
        return;
      case 'set': {
        const roomId = withRoomId(step.roomId, ids) as RoomId;
        const content = withRoomIds(step.content, ids) ?? {};
        this.set(roomId, step.type, withRoomId(step.stateKey, ids) ?? '', content, simulatedBot);
        return;
      }
      case 'enter':
      case 'regain':
      case 'pin':
        return;
    }
  }

  #create({ room }: CreateStep, ids: ReadonlyMap<string, RoomId>): RoomId {
    const roomId = this.add(simulatedBot, []);
    const create = { ...room.creationContent, room_version: room.roomVersion };
    this.set(roomId, 'm.room.create', '', create, simulatedBot);
    const levels = room.powerLevelContentOverride ?? {};
    this.set(roomId, 'm.room.power_levels', '', levels, simulatedBot);
    for (const { type, stateKey, content } of room.initialState ?? []) {
      const filled = withRoomIds(content, ids) ?? {};
      this.set(roomId, type, withRoomId(stateKey, ids) ?? '', filled, simulatedBot);
    }
    if (room.aliasLocalpart !== undefined) {
      const alias = `#${room.aliasLocalpart}:example.org`;
      this.aliases.set(alias, roomId);
      this.set(roomId, 'm.room.canonical_alias', '', { alias }, simulatedBot);
    }
    return roomId;
  }
}
