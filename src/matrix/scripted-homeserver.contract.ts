import type { Homeserver, MatrixRequest, MatrixResponse } from './homeserver.ts';
import { isStreamed } from './streamed-body.ts';

/** A request as it arrived, with its body whole. */
export interface ScriptedRequest extends MatrixRequest {
  readonly body?: string | Uint8Array | undefined;
}

/** What a scripted homeserver answers: a JSON value for 200, or a whole answer, or a failure to throw. */
export type ScriptedAnswer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: Record<string, string> }
  | { readonly text: string; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly failure: Error };

/** A homeserver that answers from `answer` and keeps the requests it got; it never touches a network. */
export function scriptedHomeserver(
  answer: (request: MatrixRequest) => ScriptedAnswer,
  baseUrl = 'https://hs.example.org',
): Homeserver & { readonly requests: ScriptedRequest[]; readonly closed: () => boolean } {
  const requests: ScriptedRequest[] = [];
  let closed = false;
  return {
    baseUrl,
    requests,
    closed: () => closed,
    async request(request): Promise<MatrixResponse> {
      const { body: sent, ...head } = request;
      const whole = isStreamed(sent) ? Buffer.concat(await Array.fromAsync(sent.bytes)) : sent;
      await Promise.resolve();
      requests.push({ ...head, body: whole });
      const scripted = answer(request);
      if ('failure' in scripted) throw scripted.failure;
      const { status = 200, headers = {} } = scripted;
      const body = 'text' in scripted ? scripted.text : JSON.stringify(scripted.json);
      return { status, headers, body };
    },
    async close() {
      await Promise.resolve();
      closed = true;
    },
  };
}
