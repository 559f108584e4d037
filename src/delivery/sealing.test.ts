import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import { localEventId } from '../outbox/local-event-id.ts';
import type { NewEntry } from '../outbox/outbox.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';
import type { ClearEvent, EncryptingFile, Encryptor } from './encryptor.ts';

/** Stands for encryption: what it makes can be read in the test, and is never the same twice. */
class CountingEncryptor implements Encryptor {
  readonly sealed: ClearEvent[] = [];
  /** What is in the way at the moment. */
  trouble: Failure | undefined;

  async encrypt(event: ClearEvent): Promise<string> {
    await this.ready();
    const index = this.sealed.push(event);
    const ciphertext = Buffer.from(event.content).toString('base64');
    const relation: unknown = JSON.parse(event.content)['m.relates_to'];
    const content = { algorithm: 'test', index, room: event.roomId, ciphertext };
    return JSON.stringify({ ...content, 'm.relates_to': relation });
  }

  async ready(): Promise<void> {
    await Promise.resolve();
    if (this.trouble !== undefined) throw this.trouble;
  }

  async encryptFile(chunks: AsyncIterable<Uint8Array>): Promise<EncryptingFile> {
    return await Promise.resolve({ chunks, file: () => ({ v: 'v2' }) });
  }
}

async function openStage(): Promise<{ stage: DeliveryStage; encryptor: CountingEncryptor }> {
  const encryptor = new CountingEncryptor();
  return { stage: await DeliveryStage.started({ encryptor }), encryptor };
}

/** What readers find in the room. */
function read(stage: DeliveryStage, room: RoomId): unknown[] {
  return stage.homeserver.messages(room).map(({ type, content }) => {
    expect(type).toBe('m.room.encrypted');
    const text = Buffer.from(String(content['ciphertext']), 'base64').toString();
    return JSON.parse(text)['body'];
  });
}

const event = (type: string, content: object): Partial<NewEntry> => ({
  type,
  content: JSON.stringify(content),
});

const annotation = (key: string, more: object = {}) =>
  event('m.reaction', {
    'm.relates_to': { rel_type: 'm.annotation', event_id: '$event', key, ...more },
  });

describe('what goes into an encrypted room', () => {
  it('is encrypted, each message once, in order', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    await stage.deliver(room, '1');
    await stage.deliver(room, '2');
    expect(read(stage, room)).toEqual(['1', '2']);
    expect(encryptor.sealed).toHaveLength(2);
  });

  it('is the same ciphertext in every attempt', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    const fault = { kind: 'drop-answer' } as const;
    stage.homeserver.fault('sendMessage', fault, { times: 2 });
    const entryId = await stage.accept(room, 'x');
    await stage.overcome([entryId], 60_000);
    expect(read(stage, room)).toEqual(['x']);
    expect(encryptor.sealed).toHaveLength(1);
  });

  it('is the same ciphertext after a crash, when its first attempt may have arrived', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    const entryId = await stage.accept(room, 'x');
    await stage.waits(1);
    await stage.crash(['settle', 'postpone', 'release']);
    await stage.start();
    await stage.settled(entryId);
    expect(read(stage, room)).toEqual(['x']);
    expect(encryptor.sealed).toHaveLength(1);
  });

  it('is encrypted anew for the room that replaces its own', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    const status = { kind: 'status', status: 429, errcode: 'M_LIMIT_EXCEEDED' } as const;
    stage.homeserver.fault('sendMessage', status, { times: 1 });
    const entryId = await stage.accept(room, 'x');
    await stage.waits(1);
    const next = stage.homeserver.upgradeRoom(room);
    stage.homeserver.setMembership(next, stage.bot.userId, 'invite');
    stage.sender.refresh();
    await stage.overcome([entryId], 60_000);
    expect(read(stage, next)).toEqual(['x']);
    expect(encryptor.sealed.map(({ roomId }) => roomId)).toEqual([room, next]);
  });

  it('waits, in its order, while the account cannot encrypt, and is lost to nobody', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    encryptor.trouble = new Failure('identity_not_set_up');
    const ids = [await stage.accept(room, '1'), await stage.accept(room, '2')];
    expect(await stage.waits(1)).toMatchObject({ for: 'encryption' });
    expect(await stage.view(ids[0] ?? '')).toMatchObject({
      state: 'queued',
      laneWaits: expect.stringContaining('cross-signing identity'),
    });
    encryptor.trouble = undefined;
    await stage.overcome(ids, 60_000);
    expect(read(stage, room)).toEqual(['1', '2']);
  });

  it('does not wait for an operator when encrypting has a bug, but is tried again', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    encryptor.trouble = new Failure('bug', { detail: 'The encryption engine refused a call.' });
    const entryId = await stage.accept(room, 'x');
    expect(await stage.waits(1)).toMatchObject({ for: 'backoff' });
    encryptor.trouble = undefined;
    await stage.overcome([entryId], 60_000);
    expect(read(stage, room)).toEqual(['x']);
  });

  it('is not to blame while the engine may not be started for others that it died of', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    encryptor.trouble = new Failure('encryption_crashed', { retryAfterMs: 60_000 });
    const entryId = await stage.accept(room, 'x');
    expect(await stage.waits(1)).toMatchObject({ for: 'encryption' });
    encryptor.trouble = undefined;
    await stage.overcome([entryId], 60_000);
    expect(read(stage, room)).toEqual(['x']);
  });

  it('is cut when it is too long to be encrypted, and dead when it is no text', async () => {
    const { stage } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    await stage.deliver(room, 'word '.repeat(12_000));
    expect(String(read(stage, room)[0])).toMatch(/… cut: [\d,]+ of 60,000 characters shown$/);
    const large = event('org.example', { data: 'x'.repeat(50_000) });
    const end = await stage.deliver(room, '', large);
    expect(end).toMatchObject({ state: 'dead', reason: 'too-large' });
  });

  it('shows outside only what a relation is in the specification', async () => {
    const { stage } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    const relation = { rel_type: 'm.thread', event_id: '$root', note: 'secret', key: 'secret' };
    const reply = { 'm.in_reply_to': { event_id: '$root', text: 'secret' } };
    const content = { body: 'x', msgtype: 'm.text', 'm.relates_to': { ...relation, ...reply } };
    await stage.deliver(room, '', event('m.room.message', content));
    expect(stage.homeserver.messages(room)[0]?.content['m.relates_to']).toEqual({
      rel_type: 'm.thread',
      event_id: '$root',
      'm.in_reply_to': { event_id: '$root' },
    });
  });

  it.each([
    '$the secret word',
    '$the\u3000secret',
    '$"secret"',
    '$<b>secret</b>',
    '$geheim!secret',
  ])('shows no words outside that stand where an event id should: %s', async (eventId) => {
    const { stage } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    const relation = { event_id: eventId, 'm.in_reply_to': { event_id: eventId } };
    const content = { body: 'x', 'm.relates_to': { rel_type: 'm.thread', ...relation } };
    await stage.deliver(room, '', event('m.room.message', content));
    expect(stage.homeserver.messages(room)[0]?.content['m.relates_to']).toEqual({
      rel_type: 'm.thread',
      'm.in_reply_to': {},
    });
    const redaction = event('m.room.redaction', { redacts: eventId });
    expect(await stage.deliver(room, '', redaction)).toMatchObject({ state: 'dead' });
    const operations = stage.homeserver.requests.map(({ operation }) => operation);
    expect(operations).not.toContain('redactEvent');
  });
});

describe('what Matrix leaves readable in an encrypted room', () => {
  it('is a reaction with a common emoji and nothing else', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    await stage.deliver(room, '', annotation('✅', { note: 'secret' }));
    expect(stage.homeserver.messages(room)).toMatchObject([{ type: 'm.reaction' }]);
    expect(JSON.stringify(stage.homeserver.messages(room))).not.toContain('secret');
    const words = await stage.deliver(room, '', annotation('db1 is down'));
    expect(words).toMatchObject({ state: 'dead', reason: 'encrypted-room' });
    expect(encryptor.sealed).toEqual([]);
  });

  it('is a redaction without its reason', async () => {
    const { stage } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    const { eventId = '' } = await stage.deliver(room, 'oops');
    const redaction = event('m.room.redaction', {
      redacts: eventId,
      reason: 'a secret slipped in',
    });
    expect(await stage.deliver(room, '', redaction)).toMatchObject({ state: 'delivered' });
    expect(JSON.stringify(stage.homeserver.requests)).not.toContain('slipped');
  });
});

describe('a reaction or redaction that names a message by its local event id', () => {
  it('names the real event where it leaves readable', async () => {
    const { stage } = await openStage();
    await using _ = stage;
    const room = stage.room({ encrypted: true });
    const { id, eventId } = await stage.deliver(room, 'oops');
    const local = localEventId(id);
    await stage.deliver(room, '', annotation('✅', { event_id: local }));
    const [, reaction] = stage.homeserver.messages(room);
    expect(reaction?.content['m.relates_to']).toMatchObject({ event_id: eventId });
    const redaction = event('m.room.redaction', { redacts: local });
    expect(await stage.deliver(room, '', redaction)).toMatchObject({ state: 'delivered' });
    expect(stage.homeserver.messages(room)[0]?.content).toEqual({});
  });
});

describe('an alias that is moved away from an encrypted room', () => {
  it('takes the encryption along, wherever it leads', async () => {
    const { stage } = await openStage();
    await using _ = stage;
    const encrypted = stage.room({ encrypted: true, alias });
    await stage.deliver(alias, '1');
    const clear = stage.room();
    await stage.pointAlias(clear);
    stage.refresh();
    await stage.deliver(alias, '2');
    expect(read(stage, encrypted)).toEqual(['1']);
    expect(read(stage, clear)).toEqual(['2']);
    await stage.crash();
    await stage.start();
    await stage.deliver(clear, '3');
    expect(read(stage, clear)).toEqual(['2', '3']);
  });
});

describe('a room that becomes encrypted', () => {
  it('takes what was accepted before only encrypted', async () => {
    const { stage } = await openStage();
    await using _ = stage;
    const room = stage.room();
    await stage.deliver(room, 'in clear');
    await stage.sender.notice('main', [{ roomId: room, encrypted: true, replaced: false }]);
    const entryId = await stage.accept(room, 'encrypted');
    await stage.settled(entryId);
    const types = stage.homeserver.messages(room).map(({ type }) => type);
    expect(types).toEqual(['m.room.message', 'm.room.encrypted']);
  });

  it('is told from what may have arrived in clear before it sends anything again', async () => {
    const { stage, encryptor } = await openStage();
    await using _ = stage;
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    const entryId = await stage.accept(room, 'arrived in clear');
    await stage.waits(1);
    stage.homeserver.encryptRoom(room);
    await stage.sender.notice('main', [{ roomId: room, encrypted: true, replaced: false }]);
    await stage.overcome([entryId], 60_000);
    expect(stage.bodies(room)).toEqual(['arrived in clear']);
    expect(encryptor.sealed).toEqual([]);
  });
});
