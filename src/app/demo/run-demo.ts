import { calmRequests, type DemoRequest, stormRequests } from './demo-requests.ts';
import { type Played, play, settled, waitingEntries } from './play.ts';
import { demoTokens, openStage, type Stage } from './stage.ts';
import { endText, exchangeText, messageText, owedText } from './transcript.ts';
import { type DemoVerdict, judge } from './verdict.ts';

export interface DemoOptions {
  /** Tells the next part of the tour. */
  say(text: string): void;
  /** Is given the verdict, once. */
  report(verdict: DemoVerdict): void;
  /** Tells how to go on by oneself; undefined: the demo ends after the tour. */
  readonly invite?: ((text: string) => void) | undefined;
  /** Ends it, wherever it is. */
  readonly signal: AbortSignal;
}

class Tour {
  readonly #stage: Stage;
  readonly #options: DemoOptions;
  readonly #played: Played[] = [];

  constructor(stage: Stage, options: DemoOptions) {
    this.#stage = stage;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { say } = this.#options;
    const { homeserver, url, rooms, dataDir } = this.#stage;
    say(`A homeserver for the demo is at ${homeserver.baseUrl}, Bellhop's gateway at ${url};`);
    say(`what they keep is in ${dataDir} until the demo ends.\n`);
    say('While all is well\n');
    for (const request of calmRequests(rooms)) await this.#deliver(request);
    await homeserver.goAway();
    say('The homeserver goes away\n');
    const storm: Played[] = [];
    for (const request of stormRequests(rooms)) storm.push(await this.#send(request));
    await this.#showOwed(storm);
    await this.#comeBack(storm);
    await this.#end();
  }

  async #send(request: DemoRequest): Promise<Played> {
    const { say, signal } = this.#options;
    const played = await play(this.#stage, request, this.#played.at(-1)?.entryId, signal);
    this.#played.push(played);
    say(`${exchangeText(played, this.#played.length)}\n`);
    return played;
  }

  async #deliver(request: DemoRequest): Promise<void> {
    const { entryId } = await this.#send(request);
    await settled(this.#stage, [entryId], this.#options.signal);
    this.#showLast(request);
  }

  #showLast({ room, mark }: DemoRequest): void {
    const event = this.#found(room, mark).at(-1);
    if (event !== undefined) this.#options.say(`${messageText(`#${room}`, event)}\n`);
  }

  #found(room: DemoRequest['room'], mark: string) {
    const { homeserver, rooms } = this.#stage;
    return homeserver
      .messages(rooms[room])
      .filter(({ content: { body } }) => typeof body === 'string' && body.includes(mark));
  }

  async #showOwed(storm: readonly Played[]): Promise<void> {
    const { say, signal } = this.#options;
    const ids = storm.map(({ entryId }) => entryId);
    say('All of it is on disk and owed:\n');
    say(`${owedText(storm, await waitingEntries(this.#stage, ids, signal))}\n`);
  }

  /** The homeserver returns and takes the first message, but its answer gets lost on the way. */
  async #comeBack(storm: readonly Played[]): Promise<void> {
    const { say, signal } = this.#options;
    const { homeserver } = this.#stage;
    const lost = homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    await homeserver.comeBack();
    say('The homeserver returns, and loses its first answer on the way\n');
    const ids = storm.map(({ entryId }) => entryId);
    await settled(this.#stage, ids, signal);
    const sends = homeserver.requests.filter(({ operation }) => operation === 'sendMessage');
    say(
      `  Answers lost: ${lost.hits}. That message went out again under its transaction id, so that`,
    );
    say(`  ${sends.length} sends made ${this.#played.length} messages.\n`);
    for (const { request } of storm) this.#showLast(request);
  }

  async #end(): Promise<void> {
    const { say, report, signal } = this.#options;
    const ids = this.#played.map(({ entryId }) => entryId);
    const views = await settled(this.#stage, ids, signal);
    say('What became of each\n');
    say(`${endText(this.#played, views, (room, mark) => this.#found(room, mark).length)}\n`);
    report(judge(this.#stage, this.#played));
  }
}

function invitation(url: string): string {
  return [
    'It keeps running until Ctrl-C. Try it from another terminal:',
    '',
    `  curl -H "Authorization: Bearer ${demoTokens.scripts}" -d "hello from me" ${url}/hooks/scripts`,
    '',
  ].join('\n');
}

/** Shows what arrives until the signal comes. */
async function stay(stage: Stage, { say, signal }: DemoOptions): Promise<void> {
  const names = new Map(Object.entries(stage.rooms).map(([name, roomId]) => [roomId, name]));
  const end = stage.homeserver.onEvent((event) => {
    const name = names.get(event.room_id);
    if (event.type === 'm.room.message' && name !== undefined) say(messageText(`#${name}`, event));
  });
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  end();
}

/**
 * Real senders' requests through a real daemon to a homeserver in this process, which goes away in the middle. Nothing
 * is left behind, however it ends.
 *
 * @returns whether it came to its end; false: the signal ended the tour
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  await using stage = await openStage();
  try {
    await new Tour(stage, options).run();
  } catch (thrown) {
    if (options.signal.aborted) return false;
    throw thrown;
  }
  if (options.invite !== undefined) {
    options.invite(invitation(stage.url));
    await stay(stage, options);
  }
  return true;
}
