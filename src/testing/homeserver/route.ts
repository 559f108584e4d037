import type { IncomingHttpHeaders } from 'node:http';
import { Refusal, type Reply } from './reply.ts';
import type { Caller } from './users.ts';
import type { World } from './world.ts';

/** What only Synapse has. */
export const synapseOperations = [
  'getHealth',
  'getServerVersion',
  'sendMessageWithoutTxn',
  'registerBySharedSecret',
  'adminGetUser',
  'adminPutUser',
  'adminListUsers',
  'adminDeactivate',
  'adminSuspend',
  'adminLogIn',
  'adminGetAdmin',
  'adminSetAdmin',
  'adminGetRateLimit',
  'adminSetRateLimit',
  'adminDeleteRateLimit',
  'adminUsernameAvailable',
  'adminFindByExternalId',
  'adminGetDevices',
  'adminDeleteDevice',
  'adminDeleteDevices',
  'adminJoinedRooms',
  'adminMemberships',
  'adminListMedia',
  'adminDeleteMedia',
  'adminRedactUser',
  'adminRedactStatus',
  'adminListRooms',
  'adminGetRoom',
  'adminGetRoomState',
  'adminGetRoomMembers',
  'adminJoin',
  'adminMakeRoomAdmin',
] as const;

/** What can be asked of the fake: operation ids of the specification's OpenAPI document, and what only Synapse has. */
export type Operation =
  | (typeof synapseOperations)[number]
  | 'getVersions'
  | 'getCapabilities'
  | 'getLoginFlows'
  | 'login'
  | 'refresh'
  | 'logout'
  | 'logout_all'
  | 'getTokenOwner'
  | 'getDevices'
  | 'getDevice'
  | 'updateDevice'
  | 'deleteDevice'
  | 'uploadKeys'
  | 'queryKeys'
  | 'claimKeys'
  | 'getKeysChanges'
  | 'uploadCrossSigningKeys'
  | 'uploadCrossSigningSignatures'
  | 'sendToDevice'
  | 'defineFilter'
  | 'getFilter'
  | 'setAccountData'
  | 'getAccountData'
  | 'getMembersByRoom'
  | 'unban'
  | 'forgetRoom'
  | 'getSpaceHierarchy'
  | 'createRoom'
  | 'joinRoom'
  | 'joinRoomById'
  | 'inviteUser'
  | 'leaveRoom'
  | 'kick'
  | 'ban'
  | 'getJoinedRooms'
  | 'getJoinedMembersByRoom'
  | 'getRoomIdByAlias'
  | 'setRoomAlias'
  | 'deleteRoomAlias'
  | 'getRoomState'
  | 'getRoomStateWithKey'
  | 'setRoomStateWithKey'
  | 'sendMessage'
  | 'redactEvent'
  | 'getOneRoomEvent'
  | 'getRoomEvents'
  | 'upgradeRoom'
  | 'sync'
  | 'getConfigAuthed'
  | 'uploadContent'
  | 'getContentAuthed'
  | 'getContentOverrideNameAuthed'
  | 'getUserProfile'
  | 'getProfileField'
  | 'setProfileField';

/** One request, matched to its route and read whole. */
export interface FakeRequest {
  readonly method: string;
  readonly operation: Operation;
  /** The route's path with its parameters in braces. */
  readonly template: string;
  /** As it was asked for, percent-encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Percent-decoded path parameters; one that is not in the path is the empty string. */
  readonly param: (name: string) => string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** From the Authorization header, else from the query, as Synapse takes it. */
  readonly accessToken: string | undefined;
}

/** Gives a signal that aborts when nobody waits for the answer any more; made only when it is asked for. */
type Gone = () => AbortSignal;

export type Answer = (world: World, request: FakeRequest, gone: Gone) => Reply | Promise<Reply>;

type AnswerCaller = (
  world: World,
  request: FakeRequest,
  caller: Caller,
  gone: Gone,
) => Reply | Promise<Reply>;

export interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly template: string;
  readonly answer: Answer;
}

/** A route for anyone. */
export function open(
  operation: Operation,
  method: string,
  template: string,
  answer: Answer,
): Route {
  return { operation, method, template, answer };
}

/** A route that needs an access token. */
export function authenticated(
  operation: Operation,
  method: string,
  template: string,
  answer: AnswerCaller,
): Route {
  return {
    operation,
    method,
    template,
    answer: (world, request, gone) =>
      answer(world, request, world.users.authenticate(request.accessToken, operation), gone),
  };
}

/** A route for administrators of the server. */
export function administrative(
  operation: Operation,
  method: string,
  template: string,
  answer: AnswerCaller,
): Route {
  return authenticated(operation, method, template, (world, request, caller, gone) => {
    if (world.users.get(caller.userId)?.admin !== true) {
      throw new Refusal(403, 'M_FORBIDDEN', 'You are not a server admin');
    }
    return answer(world, request, caller, gone);
  });
}
