import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import { TelemetryEvents } from '../../src/telemetry/events.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { type SmallDisk, smallDiskKinds } from './small-disk.ts';

/** Two pages of the database each, so that some dozens fill it. */
const filler = 'x'.repeat(6_000);
/** Far more than fit. */
const messagesMax = 2_000;
const roomNames = ['one', 'two', 'three', 'four'];

interface Answer {
  readonly status: number;
  readonly retryAfter: number;
  readonly body: { readonly id?: string; readonly code?: string };
}

/** Sends to one room, a message at a time, and remembers what was acknowledged. */
class Sender {
  readonly accepted: string[] = [];
  readonly #url: string;
  readonly #room: string;
  #sent = 0;

  constructor(url: string, room: string) {
    this.#url = url;
    this.#room = room;
  }

  async send(): Promise<Answer> {
    const mark = `${this.#room}-${++this.#sent}`;
    const response = await fetch(`${this.#url}/v1/notifications`, {
      method: 'POST',
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
      body: JSON.stringify({ room: this.#room, body: `${mark}\n${filler}` }),
    });
    if (response.ok) this.accepted.push(mark);
    const body = (await response.json()) as Answer['body'];
    const retryAfter = Number(response.headers.get('retry-after'));
    return { status: response.status, retryAfter, body };
  }

  /** The first answer that is no 202. */
  async sendUntilRefused(): Promise<Answer | undefined> {
    for (let sent = 0; sent < messagesMax; sent++) {
      const answer = await this.send();
      if (answer.status !== 202) return answer;
    }
    return undefined;
  }
}

interface Stage {
  readonly daemon: Daemon;
  readonly senders: readonly Sender[];
  readonly rooms: readonly RoomId[];
}

async function openStage(homeserver: FakeHomeserver, disk: SmallDisk): Promise<Stage> {
  const { userId, accessToken } = homeserver.createUser('bot');
  const rooms = roomNames.map(() => homeserver.createRoom({ creator: userId }));
  const text = JSON.stringify({
    data_dir: disk.dir,
    listen: ['127.0.0.1:0'],
    accounts: {
      main: { user_id: userId, homeserver: homeserver.baseUrl, access_token: accessToken },
    },
    rooms: Object.fromEntries(roomNames.map((name, index) => [name, rooms[index]])),
    sources: { cluster: { token: 'token', allow: roomNames } },
  });
  const metrics = new Metrics({ version: 'test', startedAt: 0, residentBytes: () => 0 });
  const events = new TelemetryEvents(pino({ level: 'silent' }), metrics);
  const path = join(disk.dir, 'bellhop.yaml');
  const daemon = await startDaemon({
    load: () => Promise.resolve(loadConfig({ path, text }, { env: {}, cwd: '/', home: '/' })),
    clock: systemClock,
    telemetry: { events, metrics },
    version: 'test',
    command: 'test',
    runtimeDir: undefined,
    overrides: disk.overrides,
  });
  const senders = roomNames.map((name) => new Sender(`http://${daemon.addresses[0]}`, name));
  return { daemon, senders, rooms };
}

/** Resolves when every message that was acknowledged is in its room, and the outbox knows. */
async function allArrived(homeserver: FakeHomeserver, { daemon, senders, rooms }: Stage) {
  for (const [index, roomId] of rooms.entries()) {
    await homeserver.whenMessages(roomId, senders[index]?.accepted.length ?? 0, 60_000);
  }
  const { outbox } = daemon.engine;
  const owed = await outbox.entries({ states: ['queued', 'unknown'], limit: messagesMax });
  const ids = owed.map(({ id }) => id);
  const signal = AbortSignal.timeout(60_000);
  const settled = await outbox.whenSettled(ids, signal);
  signal.throwIfAborted();
  return settled;
}

describe.each(await smallDiskKinds())('on $name', (kind) => {
  it('nothing is acknowledged that cannot be kept, and all goes on once there is space', async () => {
    await using homeserver = await startFakeHomeserver();
    await using disk = await kind.open();
    const stage = await openStage(homeserver, disk);
    const { daemon, senders, rooms } = stage;
    try {
      for (let round = 0; round < 5; round++) {
        for (const sender of senders) expect(await sender.send()).toMatchObject({ status: 202 });
      }
      await allArrived(homeserver, stage);
      // Delivery goes on meanwhile: what cannot be written down must not be lost, nor leave twice.
      disk.fill();
      const refusals = await Promise.all(senders.map((sender) => sender.sendUntilRefused()));
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ status: 503, body: { code: 'storage_full' } });
        expect(refusal?.retryAfter).toBeGreaterThan(0);
      }
      const ready = async () => (await fetch(`http://${daemon.addresses[0]}/readyz`)).status;
      expect(await ready()).toBe(503);
      await disk.makeSpace(daemon.engine.outbox);
      for (const sender of senders) expect(await sender.send()).toMatchObject({ status: 202 });
      expect(await ready()).toBe(200);
      const settled = await allArrived(homeserver, stage);
      expect(settled.filter(({ state }) => state !== 'delivered')).toEqual([]);
      const expected = new Map(rooms.map((roomId, index) => [roomId, accepted(senders[index])]));
      const verdict = homeserver.verifyDelivery(expected, markOf);
      expect(verdict).toMatchObject({ lost: 0, doubled: 0, misordered: 0, unexpected: 0 });
      expect(verdict.delivered).toBeGreaterThan(senders.length * 6);
    } finally {
      await daemon.stop();
    }
  });
});

const accepted = (sender: Sender | undefined): readonly string[] => sender?.accepted ?? [];
const markOf = (content: Readonly<Record<string, unknown>>): string | undefined =>
  String(content['body']).split('\n', 1)[0];
