import {
  type OlmMachine,
  RequestType,
  type SignatureUploadRequest,
  type ToDeviceRequest,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import { encodePath } from '../../matrix/encode-path.ts';
import type { DeviceRequest } from '../crypto-device.ts';

type EngineRequest = Awaited<ReturnType<OlmMachine['outgoingRequests']>>[number];

const types = {
  'keys-upload': RequestType.KeysUpload,
  'keys-query': RequestType.KeysQuery,
  'keys-claim': RequestType.KeysClaim,
  'to-device': RequestType.ToDevice,
  'signatures-upload': RequestType.SignatureUpload,
  'room-message': RequestType.RoomMessage,
} as const;

/** The engine's name of a kind of request, in which it wants the answer. */
export function requestTypeOf(kind: DeviceRequest['kind']): RequestType {
  return types[kind];
}

/** A request of the engine as one that can be made; undefined: one for key backups, which are not in use. */
export function deviceRequestOf(request: EngineRequest): DeviceRequest | undefined {
  switch (request.type) {
    case RequestType.KeysUpload:
      return keysRequest('keys-upload', '/_matrix/client/v3/keys/upload', request);
    case RequestType.KeysQuery:
      return keysRequest('keys-query', '/_matrix/client/v3/keys/query', request);
    case RequestType.KeysClaim:
      return keysRequest('keys-claim', '/_matrix/client/v3/keys/claim', request);
    case RequestType.SignatureUpload:
      return signaturesRequest(request as SignatureUploadRequest);
    case RequestType.ToDevice:
      return toDeviceRequest(request as ToDeviceRequest);
    case RequestType.RoomMessage:
      return roomMessageRequest(request as RoomMessage);
    case RequestType.KeysBackup:
      return undefined;
  }
}

/** One-time keys asked for by a claim, by user: how many devices of theirs. */
export function claimedDevices(body: string): ReadonlyMap<string, number> {
  const { one_time_keys: keys } = JSON.parse(body) as {
    one_time_keys?: Record<string, Record<string, string>>;
  };
  return new Map(
    Object.entries(keys ?? {}).map(([user, devices]) => [user, Object.keys(devices).length]),
  );
}

/** Signatures to be published with POST /v3/keys/signatures/upload. */
export function signaturesRequest({ id, body }: SignatureUploadRequest): DeviceRequest {
  const path = '/_matrix/client/v3/keys/signatures/upload';
  return { id: id ?? '', kind: 'signatures-upload', method: 'POST', path, body };
}

/** Messages to devices, with PUT /v3/sendToDevice/{eventType}/{txnId}. */
export function toDeviceRequest(request: ToDeviceRequest): DeviceRequest {
  const { id, event_type: type, txn_id: txnId, body } = request;
  const path = encodePath`/_matrix/client/v3/sendToDevice/${type}/${txnId}`;
  return { id, kind: 'to-device', method: 'PUT', path, body };
}

/** How many devices a to-device request refuses a key, as their owner has not signed them. */
export function withheldDevices({ event_type: type, body }: ToDeviceRequest): number {
  if (!type.endsWith('room_key.withheld')) return 0;
  const { messages } = JSON.parse(body) as {
    messages: Record<string, Record<string, { readonly code?: unknown }>>;
  };
  const notices = Object.values(messages).flatMap((devices) => Object.values(devices));
  return notices.filter(({ code }) => code === 'm.unverified').length;
}

interface RoomMessage {
  readonly id: string;
  readonly room_id: string;
  readonly event_type: string;
  readonly txn_id: string;
  readonly body: string;
}

function roomMessageRequest(request: RoomMessage): DeviceRequest {
  const { id, room_id: roomId, event_type: type, txn_id: txnId, body } = request;
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/send/${type}/${txnId}`;
  return { id, kind: 'room-message', method: 'PUT', path, body };
}

function keysRequest(
  kind: DeviceRequest['kind'],
  path: string,
  { id, body }: { readonly id?: string | undefined; readonly body: string },
): DeviceRequest {
  return { id: id ?? '', kind, method: 'POST', path, body };
}
