import { describe, expect, it, vi } from 'vitest';
import type { AccountConfig, Config, RoomConfig } from '../config/config.ts';
import { RoomNotFound } from '../delivery/room-guide.ts';
import type { UserId } from '../matrix/ids.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { HomeserverSurvey, type SurveyPorts } from './homeserver-survey.ts';

const bot = '@bot:example.org' as UserId;

function configOf(userId: UserId | undefined, rooms: readonly string[]) {
  const account = { name: 'main', userId } as AccountConfig;
  return {
    accounts: new Map([['main', account]]),
    rooms: new Map(rooms.map((room) => [room, { account: 'main', room } as RoomConfig])),
  } satisfies Pick<Config<unknown>, 'accounts' | 'rooms'>;
}

/** A survey whose questions are answered by `answer`, and a promise of its first news. */
function open(answer: (question: string) => void) {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    answer(question);
    await Promise.resolve();
  };
  const clock = new ManualClock();
  const news = Promise.withResolvers<void>();
  const ports: SurveyPorts = {
    clock,
    userId: async (account) => {
      await ask(account);
      return bot;
    },
    findRoom: async ({ room }) => await ask(room),
    onNews: () => news.resolve(),
  };
  return { asked, clock, news: news.promise, survey: new HomeserverSurvey(ports) };
}

describe('a survey', () => {
  it('asks who accounts are and where aliases lead, and nothing that is known', async () => {
    const { asked, news, survey } = open(() => undefined);
    const known = [{ account: 'main', room: '#known:example.org' }];
    survey.begin(configOf(undefined, ['#ops:example.org', '#known:example.org', '!id']), known);
    expect(survey.found.isComplete).toBe(false);
    await news;
    expect(asked).toEqual(['main', '#ops:example.org']);
    expect(survey.found).toEqual({ userIds: new Map([['main', bot]]), isComplete: true });
  });

  it('is complete at once where there is nothing to ask', () => {
    const { asked, survey } = open(() => undefined);
    survey.begin(configOf(bot, ['!id']), []);
    expect([survey.found.isComplete, asked]).toEqual([true, []]);
  });

  it('asks again while the homeserver is away, and not for what nobody knows', async () => {
    let isAway = true;
    const { asked, clock, news, survey } = open((room) => {
      if (isAway) throw new Error('away');
      if (room === '#none:example.org') throw new RoomNotFound(room);
    });
    survey.begin(configOf(bot, ['#none:example.org', '#ops:example.org']), []);
    await vi.waitFor(() => expect(clock.nextDueMs).toBeDefined());
    isAway = false;
    clock.advance(1_000);
    await news;
    expect(asked).toEqual(['#none:example.org', '#none:example.org', '#ops:example.org']);
    expect(survey.found.isComplete).toBe(true);
  });

  it('ends with the configuration it began with', async () => {
    const { asked, clock, survey } = open(() => {
      throw new Error('away');
    });
    survey.begin(configOf(bot, ['#ops:example.org']), []);
    await vi.waitFor(() => expect(clock.nextDueMs).toBeDefined());
    survey.begin(configOf(bot, []), []);
    clock.advance(120_000);
    await Promise.resolve();
    expect(asked).toEqual(['#ops:example.org']);
    expect(survey.found.isComplete).toBe(true);
  });

  it('asks nobody once it is closed, whatever it is to begin', async () => {
    const { asked, survey } = open(() => undefined);
    survey.close();
    survey.begin(configOf(undefined, ['#ops:example.org']), []);
    await Promise.resolve();
    expect(asked).toEqual([]);
  });
});
