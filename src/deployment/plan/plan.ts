import type { UserId } from '../../matrix/ids.ts';
import type { JsonObject } from '../../matrix/json.ts';
import type { NewRoom } from '../../matrix/rooms.ts';
import type { AccountDamage } from '../bot/prove-token.ts';

interface StepOf<Kind extends string> {
  readonly kind: Kind;
  /** The room's key in the file. */
  readonly key: string;
  /** Goes on from "because". */
  readonly why: string;
}

/** Lets an alias lead nowhere, as long as it leads to `roomId`. */
export interface FreeAliasStep extends StepOf<'free_alias'> {
  readonly alias: string;
  readonly roomId: string;
}

/** Makes a room, complete. */
export interface CreateStep extends StepOf<'create'> {
  readonly room: NewRoom;
}

/** Brings the bot into a room: by joining, or in the name of a local member who invites it, or lifts its ban first. */
export interface EnterStep extends StepOf<'enter'> {
  readonly roomId: string;
  readonly how: 'join' | 'invite' | 'unban';
}

/** Gives the bot the power of the strongest local user. */
export interface RegainStep extends StepOf<'regain'> {
  readonly roomId: string;
}

/** Lets an alias lead to the room. */
export interface PutAliasStep extends StepOf<'put_alias'> {
  readonly alias: string;
  /** The room id, or what stands in for it. */
  readonly roomId: string;
}

/** Sets a state event. */
export interface SetStep extends StepOf<'set'> {
  readonly field: string;
  readonly roomId: string;
  readonly type: string;
  readonly stateKey: string;
  /** Undefined: there is none. */
  readonly found: JsonObject | undefined;
  readonly content: JsonObject;
}

/** Posts a text and pins it. */
export interface PinStep extends StepOf<'pin'> {
  readonly roomId: string;
  readonly text: string;
}

/** One change that brings the homeserver nearer to the file. */
export type Step =
  | FreeAliasStep
  | CreateStep
  | EnterStep
  | RegainStep
  | PutAliasStep
  | SetStep
  | PinStep;

/**
 * What is not changed: `unfixable` is wrong and cannot be mended from here; `drift` differs and the file says to leave
 * it; `note` is worth knowing.
 */
export interface Finding {
  readonly kind: 'unfixable' | 'drift' | 'note';
  readonly key: string;
  /** Its name in the file, where it is about one. */
  readonly field: string | undefined;
  readonly reason: string;
  /** What a person can do. */
  readonly wayOut: string | undefined;
}

/** What becomes of the account that does everything, before anything else. */
export type BotStep =
  | { readonly kind: 'register'; readonly userId: UserId; readonly why: string }
  | {
      readonly kind: 'mend';
      readonly userId: UserId;
      readonly damage: AccountDamage;
      readonly why: string;
    };

/** What there is to do, in the order in which it is done. */
export interface Plan {
  /** Undefined: the bot can do its work. Else the rest is what can be seen without it. */
  readonly bot?: BotStep | undefined;
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}
