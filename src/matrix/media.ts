import { call } from './call.ts';
import { encodePath } from './encode-path.ts';
import { type MxcUri, parseMxcUri } from './ids.ts';
import { fromText } from './json.ts';
import type { Session } from './session.ts';
import { sessionCall } from './session-call.ts';
import type { StreamedBody } from './streamed-body.ts';

/** 50 MiB, Synapse's default limit, at 4 Mbit/s take a bit less than this. */
const uploadDeadlineMs = 120_000;

export interface MediaConfig {
  /** How large an upload may be; undefined: the homeserver does not say. */
  readonly uploadBytesMax: number | undefined;
}

/** What the homeserver says of its media repository (GET /v1/media/config). */
export async function mediaConfig(session: Session, signal: AbortSignal): Promise<MediaConfig> {
  const answer = await sessionCall(session, 'GET', '/_matrix/client/v1/media/config', signal);
  const size = answer.object['m.upload.size'];
  return { uploadBytesMax: typeof size === 'number' && size >= 0 ? size : undefined };
}

export interface Upload {
  readonly fileName?: string | undefined;
  readonly contentType: string;
  readonly bytes: Uint8Array | StreamedBody;
}

/**
 * Uploads a file (POST /_matrix/media/v3/upload) within two minutes. Ask `mediaConfig` first: Synapse resets the
 * connection instead of refusing what is far too large.
 */
export async function uploadMedia(
  session: Session,
  upload: Upload,
  signal: AbortSignal,
): Promise<MxcUri> {
  const path = '/_matrix/media/v3/upload';
  const answer = await call(session.homeserver, {
    method: 'POST',
    path: upload.fileName === undefined ? path : path + encodePath`?filename=${upload.fileName}`,
    accessToken: session.accessToken,
    body: upload.bytes,
    contentType: upload.contentType,
    deadlineMs: uploadDeadlineMs,
    signal,
  });
  return answer.need('content_uri', fromText(parseMxcUri));
}
