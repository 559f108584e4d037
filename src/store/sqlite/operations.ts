import { accept } from './operations/accept.ts';
import { readAttachment, readFileChunk } from './operations/attachment.ts';
import { claim, lanesWithWork, noteWait, recover, release } from './operations/claim.ts';
import { cancel, redrive } from './operations/operate.ts';
import {
  approvePerson,
  people,
  person,
  personHistory,
  purgePersonHistory,
  recordChange,
  recordChanges,
  recordPeopleResults,
} from './operations/people.ts';
import { purge } from './operations/purge.ts';
import {
  content,
  counts,
  dataVersion,
  entries,
  eventIdOf,
  pendingAmong,
  pendingSeqs,
  views,
} from './operations/read.ts';
import { markEncrypted, remember, rooms } from './operations/rooms.ts';
import { complete, isKnownEvent, noteAbsent, postpone, settle } from './operations/settle.ts';

/** Everything that can be asked of the database, each as a plain function of a connection. */
export interface Operations {
  readonly accept: typeof accept;
  readonly settle: typeof settle;
  readonly claim: typeof claim;
  readonly complete: typeof complete;
  readonly noteAbsent: typeof noteAbsent;
  readonly postpone: typeof postpone;
  readonly release: typeof release;
  readonly noteWait: typeof noteWait;
  readonly recover: typeof recover;
  readonly cancel: typeof cancel;
  readonly redrive: typeof redrive;
  readonly purge: typeof purge;
  readonly remember: typeof remember;
  readonly markEncrypted: typeof markEncrypted;
  readonly rooms: typeof rooms;
  readonly entries: typeof entries;
  readonly views: typeof views;
  readonly pendingSeqs: typeof pendingSeqs;
  readonly pendingAmong: typeof pendingAmong;
  readonly content: typeof content;
  readonly counts: typeof counts;
  readonly lanesWithWork: typeof lanesWithWork;
  readonly readAttachment: typeof readAttachment;
  readonly readFileChunk: typeof readFileChunk;
  readonly isKnownEvent: typeof isKnownEvent;
  readonly eventIdOf: typeof eventIdOf;
  readonly dataVersion: typeof dataVersion;
  readonly recordChange: typeof recordChange;
  readonly recordChanges: typeof recordChanges;
  readonly person: typeof person;
  readonly people: typeof people;
  readonly recordPeopleResults: typeof recordPeopleResults;
  readonly approvePerson: typeof approvePerson;
  readonly personHistory: typeof personHistory;
  readonly purgePersonHistory: typeof purgePersonHistory;
}

export type OperationName = keyof Operations;

/** What an operation is given besides the connection. */
export type Arguments<Name extends OperationName> = Operations[Name] extends (
  connection: never,
  ...rest: infer Rest
) => unknown
  ? Rest
  : never;

export type Result<Name extends OperationName> = ReturnType<Operations[Name]>;

export const operations: Operations = {
  accept,
  settle,
  claim,
  complete,
  noteAbsent,
  postpone,
  release,
  noteWait,
  recover,
  cancel,
  redrive,
  purge,
  remember,
  markEncrypted,
  rooms,
  entries,
  views,
  pendingSeqs,
  pendingAmong,
  content,
  counts,
  lanesWithWork,
  readAttachment,
  readFileChunk,
  isKnownEvent,
  eventIdOf,
  dataVersion,
  recordChange,
  recordChanges,
  person,
  people,
  recordPeopleResults,
  approvePerson,
  personHistory,
  purgePersonHistory,
};

/** The operations that change nothing, and so need no transaction. */
export const reads: ReadonlySet<OperationName> = new Set<OperationName>([
  'rooms',
  'entries',
  'views',
  'pendingSeqs',
  'pendingAmong',
  'content',
  'counts',
  'lanesWithWork',
  'readAttachment',
  'readFileChunk',
  'isKnownEvent',
  'eventIdOf',
  'dataVersion',
  'person',
  'people',
  'personHistory',
]);
