import { parseUserId } from '../../../matrix/ids.ts';
import { isObject, parseJsonObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal } from '../reply.ts';
import { authenticated, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

/** Messages to devices, client-server API §10.10; like Synapse it knows a transaction id again from memory alone. */
export const toDeviceRoute: Route = authenticated(
  'sendToDevice',
  'PUT',
  '/_matrix/client/v3/sendToDevice/{eventType}/{txnId}',
  (world, request, caller) => {
    if (world.toDeviceAnswers.get(caller, request.path) !== undefined) return ok({});
    const { messages } = parseJsonObject(request.body);
    if (!isObject(messages)) {
      throw new Refusal(400, 'M_MISSING_PARAM', "Missing params: ['messages']");
    }
    deliver(world, caller, request.param('eventType'), messages);
    world.toDeviceAnswers.set(caller, request.path, true);
    return ok({});
  },
);

/** To the devices that exist; `*` is all of a user's. */
function deliver(world: World, caller: Caller, type: string, messages: JsonObject): void {
  for (const [text, contents] of Object.entries(messages)) {
    const userId = parseUserId(text);
    const devices = userId === undefined ? undefined : world.users.get(userId)?.devices;
    if (userId === undefined || devices === undefined || !isObject(contents)) continue;
    for (const deviceId of devices.keys()) {
      const content = contents[deviceId] ?? contents['*'];
      const event = { type, sender: caller.userId, content };
      if (content !== undefined) world.inboxes.put(userId, deviceId, event);
    }
  }
}
