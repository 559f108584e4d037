import { describe, expect, it } from 'vitest';
import { client, gist, type Stage, text } from './stage.contract.ts';

/** What a transaction id is worth. */
export function describeTransactions(stage: Stage): void {
  describe('the same transaction id', () => {
    it('is the same event, whatever the body and the event type', async () => {
      const roomId = await stage.room();
      const { token } = stage.alice;
      const first = await stage.say(roomId, 'same', token);
      expect(first).toMatch(/^\$/);
      expect(await stage.say(roomId, 'same', token, 'other')).toBe(first);
      const other = await stage.send(roomId, 'same', { token, body: {} }, 'org.example.other');
      expect(other.json['event_id']).toBe(first);
    });

    it('is another event in another room and from another device', async () => {
      const [one, other] = [await stage.room(), await stage.room()];
      const first = await stage.say(one, 'apart', stage.alice.token);
      const device = await stage.token(stage.alice, 'OTHER');
      const ids = [
        await stage.say(other, 'apart', stage.alice.token),
        await stage.say(one, 'apart', device),
      ];
      expect(new Set([first, ...ids]).size).toBe(3);
    });

    it('is one event when sent eight times at once', async () => {
      const roomId = await stage.room();
      const sends = Array.from({ length: 8 }, () => stage.say(roomId, 'burst', stage.alice.token));
      expect(new Set(await Promise.all(sends)).size).toBe(1);
    });

    it('is the same event for a redaction and for a message', async () => {
      const roomId = await stage.room();
      const { token } = stage.alice;
      const event = encodeURIComponent(String(await stage.say(roomId, 'said', token)));
      const path = `${client}/rooms/${roomId}/redact/${event}/shared`;
      const redaction = (await stage.call('PUT', path, { token, body: {} })).json['event_id'];
      expect((await stage.call('PUT', path, { token, body: {} })).json['event_id']).toBe(redaction);
      expect(await stage.say(roomId, 'shared', token)).toBe(redaction);
    });

    it('is the same event after a new login with the same device, and after a restart', async () => {
      const roomId = await stage.room();
      const before = await stage.token(stage.alice, 'STAYING');
      const first = await stage.say(roomId, 'durable', before);
      const after = await stage.token(stage.alice, 'STAYING');
      expect(await stage.say(roomId, 'durable', after)).toBe(first);
      await stage.restart();
      expect(await stage.say(roomId, 'durable', after)).toBe(first);
      expect(await stage.say(roomId, 'durable', before)).toBe(first);
    });

    it('is the same event after it was redacted, and after a restart', async () => {
      const roomId = await stage.room();
      const { token } = stage.alice;
      const first = await stage.say(roomId, 'gone', token);
      const path = `${client}/rooms/${roomId}/redact/${encodeURIComponent(String(first))}/redacting`;
      await stage.call('PUT', path, { token, body: { reason: 'test' } });
      expect(await stage.say(roomId, 'gone', token)).toBe(first);
      await stage.restart();
      expect(await stage.say(roomId, 'gone', token)).toBe(first);
    });

    it('is the same event after a logout from memory, another one after a restart', async () => {
      const roomId = await stage.room();
      const logInAgain = async (token: string) => {
        await stage.call('POST', `${client}/logout`, { token, body: {} });
        return await stage.token(stage.alice, 'RETURNING');
      };
      const first = await stage.token(stage.alice, 'RETURNING');
      const event = await stage.say(roomId, 'memory', first);
      const second = await logInAgain(first);
      expect(await stage.say(roomId, 'memory', second)).toBe(event);
      await stage.restart();
      expect(await stage.say(roomId, 'memory', second)).not.toBe(event);
    });

    it('comes back as unsigned.transaction_id to the device that sent it, and to no other', async () => {
      const roomId = await stage.room([stage.bob]);
      const event = await stage.say(roomId, 'mine', stage.alice.token);
      const seenBy = async (token: string) => {
        const path = `${client}/rooms/${roomId}/messages?dir=b&limit=1`;
        const { json } = await stage.call('GET', path, { token });
        return (json['chunk'] as readonly unknown[])[0];
      };
      const unsigned = { transaction_id: 'mine' };
      expect(await seenBy(stage.alice.token)).toMatchObject({ event_id: event, unsigned });
      const device = await stage.token(stage.alice, 'ELSEWHERE');
      for (const token of [stage.bob.token, device]) {
        expect(await seenBy(token)).toMatchObject({ event_id: event });
        expect(await seenBy(token)).not.toMatchObject({ unsigned });
      }
    });

    it('may be long and may hold a slash and Unicode', async () => {
      const roomId = await stage.room();
      for (const txnId of ['x'.repeat(3000), encodeURIComponent('a/b'), encodeURIComponent('ü☃')]) {
        const first = await stage.say(roomId, txnId, stage.alice.token);
        expect(first).toMatch(/^\$/);
        expect(await stage.say(roomId, txnId, stage.alice.token, 'again')).toBe(first);
      }
    });
  });
}

/** What a message may be. */
export function describeContents(stage: Stage): void {
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
  const message = (more: string) => `{"msgtype":"m.text","body":"x"${more}}`;

  describe('a message', () => {
    it.each([
      ['a float', message(',"n":1.5'), 400, 'M_BAD_JSON'],
      ['a float that is whole', message(',"n":1.0'), 400, 'M_BAD_JSON'],
      ['a float within', message(',"n":[{"m":1e2}]'), 400, 'M_BAD_JSON'],
      ['an integer of 2^53', message(',"n":9007199254740992'), 400, 'M_BAD_JSON'],
      ['a lone surrogate', '{"msgtype":"m.text","body":"\\ud800"}', 500, 'M_UNKNOWN'],
      ['broken JSON', '{', 400, 'M_NOT_JSON'],
      ['nothing at all', '', 400, 'M_NOT_JSON'],
      ['an array', '[]', 400, 'M_BAD_JSON'],
      ['null', 'null', 400, 'M_BAD_JSON'],
      ['invalid UTF-8', bytes('7b2261223a22ff227d'), 400, 'M_NOT_JSON'],
      ['no body', '{"msgtype":"m.text"}', 400, 'M_UNKNOWN'],
      ['mentions that are a list', message(',"m.mentions":[]'), 400, 'M_BAD_JSON'],
      ['a room mention that is text', message(',"m.mentions":{"room":"x"}'), 400, 'M_BAD_JSON'],
      ['65,400 bytes', JSON.stringify(text('a'.repeat(65_400))), 413, 'M_TOO_LARGE'],
      ['200,000 bytes', JSON.stringify(text('a'.repeat(200_000))), 413, 'M_TOO_LARGE'],
      ['65,400 bytes of quotes', JSON.stringify(text('"'.repeat(32_700))), 413, 'M_TOO_LARGE'],
    ])('with %s is refused, twice the same way', async (_case, raw, status, errcode) => {
      const roomId = await stage.room();
      const { token } = stage.alice;
      expect(gist(await stage.send(roomId, 'bad', { token, raw }))).toEqual({ status, errcode });
      expect(gist(await stage.send(roomId, 'bad', { token, raw }))).toEqual({ status, errcode });
    });

    it.each([
      ['the largest integer', message(',"n":9007199254740991')],
      ['digits in a text', message(',"n":"1.5e9"')],
      ['a NUL', '{"msgtype":"m.text","body":"a\\u0000b"}'],
      ['64,800 bytes', JSON.stringify(text('a'.repeat(64_800)))],
      ['32,400 two-byte characters', JSON.stringify(text('ü'.repeat(32_400)))],
      ['mentions of users', message(',"m.mentions":{"user_ids":["@a:b"]}')],
    ])('with %s is taken', async (_case, raw) => {
      const roomId = await stage.room();
      const { status } = await stage.send(roomId, 'good', { token: stage.alice.token, raw });
      expect(status).toBe(200);
    });

    it('is taken whatever its Content-Type says', async () => {
      const roomId = await stage.room();
      const contentType = 'application/x-www-form-urlencoded';
      const options = { token: stage.alice.token, raw: message(''), contentType };
      expect((await stage.send(roomId, 'form', options)).status).toBe(200);
    });

    it('of a type longer than 255 bytes is refused', async () => {
      const options = { token: stage.alice.token, body: {} };
      const answer = await stage.send(await stage.room(), 'long', options, 'x'.repeat(256));
      expect(gist(answer)).toEqual({ status: 413, errcode: 'M_TOO_LARGE' });
    });

    it('is taken in clear even where the room is encrypted', async () => {
      const event = { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
      const roomId = await stage.room([], { initial_state: [event] });
      expect(await stage.say(roomId, 'clear', stage.alice.token)).toMatch(/^\$/);
    });
  });
}
