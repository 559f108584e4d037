import type { RoomId } from '../../../src/matrix/ids.ts';
import { createRoom, type NewRoom } from '../../../src/matrix/rooms.ts';
import type { Session } from '../../../src/matrix/session.ts';
import { type Synapse, startSynapse } from '../../synapse/start-synapse.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';
import { type Member, SynapsePeople, soon } from './synapse-people.ts';

/** A Synapse with open limits, and somebody who owns rooms and reads them. */
export class SynapseStage implements AsyncDisposable {
  readonly synapse: Synapse;
  readonly people: SynapsePeople;
  #reader: Session | undefined;

  constructor(synapse: Synapse) {
    this.synapse = synapse;
    this.people = new SynapsePeople(synapse);
  }

  /** Lets somebody new read. Before each test, as a session of Synapse's lives for five minutes. */
  async changeReader(): Promise<void> {
    this.#reader = await this.people.arrive('reader');
  }

  get reader(): Session {
    if (this.#reader === undefined) throw new Error('Nobody reads yet.');
    return this.#reader;
  }

  /** A room of the reader's; anybody may join unless it says otherwise. */
  async room(more: NewRoom = {}): Promise<RoomId> {
    return await createRoom(this.reader, { preset: 'public_chat', ...more }, soon());
  }

  /** A gateway whose only account logs in by password and whose only room, `ops`, is this. */
  async gatewayTo(room: string, bot: Member): Promise<RunningGateway> {
    const accounts = { main: this.people.accountOf(bot) };
    return await startGateway({ accounts, rooms: { ops: room } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.people[Symbol.asyncDispose]();
    await this.synapse.stop();
  }
}

/** Starts one. Dispose of it. */
export async function openSynapseStage(): Promise<SynapseStage> {
  return new SynapseStage(await startSynapse({ limits: 'open' }));
}
