import { describe, expect, it } from 'vitest';
import type { DeliveryEvents } from '../delivery/delivery-events.ts';
import type { EncryptionEvents } from '../encryption/encryption.ts';
import type { GatewayEvents } from '../gateway/gateway-events.ts';
import { TelemetryEvents } from './events.ts';
import { type LogLevel, openLogger } from './logger.ts';
import { Metrics } from './metrics.ts';

function open(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const { logger } = openLogger({ level, stream: { write: (line) => void lines.push(line) } });
  const metrics = new Metrics({
    version: '1.2.3',
    startedAt: 1_700_000_000_000,
    residentBytes: () => 42,
  });
  const events: TelemetryEvents & GatewayEvents & DeliveryEvents & EncryptionEvents =
    new TelemetryEvents(logger, metrics);
  const log = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));
  const text = () =>
    metrics.text({ states: [{ state: 'queued', count: 3 }], oldestSeconds: 7 }, []);
  return { events, log, text, lines, logger, metrics };
}

const lane = { account: 'main', room: '!secret-room:example.org' };

describe('telemetry', () => {
  it('writes an event as one line of JSON with its name as the message', () => {
    const { events, log } = open();
    events.listening({ address: '127.0.0.1:8480' });
    expect(log()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        msg: 'listening',
        address: '127.0.0.1:8480',
      },
    ]);
  });

  it('counts what is received also when the level hides the line', async () => {
    const { events, log, text } = open('info');
    const arrival = { source: 'cluster', format: 'generic', result: 'accepted' } as const;
    events.received(arrival);
    events.received(arrival);
    events.received({
      source: undefined,
      format: 'native',
      result: 'refused',
      code: 'unauthorized',
    });
    expect(log().map((line) => line['msg'])).toEqual(['notification_refused']);
    expect(await text()).toContain(
      'bellhop_notifications_received_total{source="cluster",format="generic",result="accepted"} 2',
    );
    expect(await text()).toContain(
      'bellhop_notifications_received_total{source="unknown",format="native",result="refused"} 1',
    );
  });

  it('counts ends and attempts and the time to deliver', async () => {
    const { events, text } = open();
    const entry = { entryId: 'x-1', lane };
    events.attempted({
      ...entry,
      outcome: { kind: 'limited', retryAfterMs: 1500, error: '429' },
      durationMs: 3,
    });
    events.attempted({ ...entry, outcome: { kind: 'delivered', eventId: '$e' }, durationMs: 3 });
    events.settled({
      ...entry,
      source: 'cluster',
      settlement: { seq: 1, state: 'delivered', eventId: '$e', at: 5 },
      ageMs: 200,
    });
    const page = await text();
    expect(page).toContain('bellhop_delivery_attempts_total{outcome="limited"} 1');
    expect(page).toContain('bellhop_delivery_attempts_total{outcome="delivered"} 1');
    expect(page).toContain('bellhop_deliveries_total{result="delivered"} 1');
    expect(page).toContain('bellhop_deliveries_total{result="dead"} 0');
    expect(page).toContain('bellhop_matrix_rate_limited_seconds_total 1.5');
    expect(page).toContain('bellhop_delivery_duration_seconds_count 1');
    expect(page).toContain('bellhop_build_info{version="1.2.3"} 1');
    expect(page).toContain('bellhop_outbox_messages{state="queued"} 3');
    expect(page).toContain('bellhop_outbox_oldest_seconds 7');
    expect(page).toContain('process_resident_memory_bytes 42');
  });

  it('keeps rooms out of every label', async () => {
    const { events, text } = open();
    events.laneWaits({ lane, for: 'room', error: '403' });
    events.roomUpgraded({ lane, from: '!secret-room:example.org', to: '!new', refused: 'why' });
    events.storeFailed({ lane, cause: new Error('disk') });
    expect(await text()).not.toContain('secret-room');
    expect(await text()).toContain('bellhop_lane_waits_total{for="room"} 1');
  });

  it('counts what encryption withholds and how often it dies, without a room in a label', async () => {
    const { events, log, text } = open('info');
    expect(await text()).toContain('bellhop_encryption_crashes_total 0');
    events.crashed(new Error('unreachable'));
    events.withheld('main', lane.room, 3);
    events.roomNews('main', [{ roomId: lane.room, encrypted: true, replaced: false, left: false }]);
    const page = await text();
    expect(page).toContain('bellhop_encryption_crashes_total 1');
    expect(page).toContain('bellhop_encryption_withheld_devices_total 3');
    expect(page).not.toContain('secret-room');
    expect(log()).toMatchObject([
      { level: 'error', msg: 'encryption_crashed', err: { message: 'unreachable' } },
      { level: 'warn', msg: 'encryption_withheld', account: 'main', room: lane.room, devices: 3 },
    ]);
  });

  it('calls for somebody when an identity is not in order, and says when it is', () => {
    const { events, log } = open('info');
    events.identity('main', 'needs-recovery-key');
    events.identity('main', 'ok');
    expect(log()).toMatchObject([
      { level: 'error', msg: 'identity', account: 'main', state: 'needs-recovery-key' },
      { level: 'info', msg: 'identity', account: 'main', state: 'ok' },
    ]);
  });

  it('shows the state of each identity as it is at the scrape', async () => {
    const { metrics } = open();
    const outbox = { states: [], oldestSeconds: 0 };
    const identity = 'not-set-up';
    const unused = { account: 'other', identity: undefined };
    const before = await metrics.text(outbox, [{ account: 'main', identity }, unused]);
    expect(before).toContain('bellhop_encryption_identity{account="main",state="not-set-up"} 1');
    expect(before).not.toContain('other');
    const after = await metrics.text(outbox, [{ account: 'main', identity: 'ok' }]);
    expect(after).toContain('bellhop_encryption_identity{account="main",state="ok"} 1');
    expect(after).not.toContain('not-set-up');
  });

  it('writes an error with its causes and without its fields', () => {
    const { events, log, lines } = open();
    const cause = Object.assign(new Error('outer', { cause: new Error('inner') }), {
      request: 'the body of a message',
    });
    events.incident({ incidentId: 'i1', route: 'POST /v1/notifications', cause });
    expect(log()[0]).toMatchObject({
      level: 'error',
      incidentId: 'i1',
      err: { message: 'outer', cause: { message: 'inner' } },
    });
    expect(lines.join('')).not.toContain('the body of a message');
  });

  it('never writes a field that is named like a secret', () => {
    const { logger, lines } = open();
    logger.info({ token: 'syt_abc', request: { authorization: 'Bearer syt_abc' } }, 'x');
    expect(lines.join('')).not.toContain('syt_abc');
  });

  it('says whether the last configuration was taken', async () => {
    const { events, text } = open();
    events.configurationLoaded(1_000_000);
    events.configurationRefused(2_000_000, new Error('three mistakes'));
    const page = await text();
    expect(page).toContain('bellhop_config_last_reload_successful 0');
    expect(page).toContain('bellhop_config_last_reload_success_timestamp_seconds 1000');
  });
});
