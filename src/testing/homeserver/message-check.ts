import { isObject } from './json-content.ts';
import { type JsonObject, Refusal } from './reply.ts';

/** What Synapse asks of an `m.room.message` before it takes it. @throws Refusal 400 in its words. */
export function checkMessage(content: JsonObject): void {
  for (const name of ['body', 'msgtype']) {
    const value = content[name];
    if (value === undefined) throw new Refusal(400, 'M_UNKNOWN', `'${name}' not in content`);
    if (typeof value !== 'string') {
      throw new Refusal(400, 'M_UNKNOWN', `'${name}' not a string type`);
    }
  }
  const mentions = content['m.mentions'];
  if (mentions === undefined) return;
  if (!isObject(mentions)) {
    throw new Refusal(400, 'M_BAD_JSON', `${JSON.stringify(mentions)} is not of type 'object'`);
  }
  const { room } = mentions;
  if (room !== undefined && typeof room !== 'boolean') {
    throw new Refusal(
      400,
      'M_BAD_JSON',
      `"room": ${JSON.stringify(room)} is not of type 'boolean'`,
    );
  }
}
