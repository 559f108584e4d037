import { spawn } from 'node:child_process';
import { startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { type EncryptedHouse, makeEncryptedHouse, sendAndWait } from '../parts/encrypted-house.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { type Part, startPart } from '../parts/processes.ts';

const port = 18_509;
/** Small: three people with two devices each. */
const small = { users: 3, devices: 2 };
/** Large: a hundred people with ten devices each. */
const large = { users: 100, devices: 10 };
const sends = 150;
const warmUps = 20;
const rounds = 15;
const accounts = 20;
const startRounds = 3;

async function serve(house: EncryptedHouse, ...nodeOptions: string[]): Promise<Part> {
  const part = startPart([...nodeOptions, 'dist/bellhop.cjs', 'serve', '-c', house.config]);
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const answer = await fetch(`${house.url}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return part;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the daemon did not become ready within 30 s');
}

/** How much slower one message after the other is where it is encrypted. */
export async function encryptedSendFigure(): Promise<Figure> {
  await using homeserver = await startFakeHomeserver({ record: false });
  const house = await makeEncryptedHouse(homeserver, {
    port,
    accounts: 1,
    rooms: { clear: small, sealed: small },
  });
  const daemon = await serve(house);
  const times: Record<'clear' | 'sealed', number[]> = { clear: [], sealed: [] };
  for (let n = 0; n < warmUps + sends; n++) {
    for (const room of ['clear', 'sealed'] as const) {
      const ms = await sendAndWait(house, room);
      if (n >= warmUps) times[room].push(ms);
    }
  }
  await daemon.stop();
  house.remove();
  const [clear, sealed] = [median(times.clear), median(times.sealed)];
  return {
    name: 'one message after the other into an encrypted room / into one that is not',
    value: round(sealed / clear),
    unit: '×',
    bound: { kind: 'at most', value: 6 },
    detail: `${round(sealed, 1)} ms against ${round(clear, 1)} ms`,
  };
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - startedAt);
      else reject(new Error(`node ${args.join(' ')} ended with ${code}`));
    });
  });
}

/** One message from the command line into an encrypted room, without a daemon, from a store that has been used before. */
export async function encryptedOneShotFigure(): Promise<Figure> {
  await using homeserver = await startFakeHomeserver({ record: false });
  const house = await makeEncryptedHouse(homeserver, {
    port,
    accounts: 1,
    rooms: { clear: small, sealed: small },
  });
  const send = (room: string) =>
    run(['dist/bellhop.cjs', 'send', '-c', house.config, '--room', room, 'Done.'], house.env);
  const times: Record<'bare' | 'clear' | 'sealed', number[]> = { bare: [], clear: [], sealed: [] };
  await send('clear');
  await send('sealed');
  for (let n = 0; n < rounds; n++) {
    times.bare.push(await run(['-e', '0'], house.env));
    times.clear.push(await send('clear'));
    times.sealed.push(await send('sealed'));
  }
  house.remove();
  const [bare, clear, sealed] = [median(times.bare), median(times.clear), median(times.sealed)];
  return {
    name: 'send into an encrypted room without a daemon / bare node',
    value: round(sealed / bare),
    unit: '×',
    bound: { kind: 'at most', value: 8 },
    detail: `${round(sealed, 0)} ms against ${round(bare, 0)} ms; ${round(clear, 0)} ms into a room that is not encrypted`,
  };
}

interface Opened {
  readonly readyMs: number;
  readonly residentMb: number;
}

async function openAccounts(house: EncryptedHouse, count: number): Promise<Opened> {
  const which = JSON.stringify(house.accounts.slice(0, count));
  const program = 'bench/parts/encryption-accounts.ts';
  const part = startPart(['--expose-gc', program, house.config, which]);
  const opened = JSON.parse(await part.line()) as Opened;
  await part.stop();
  return opened;
}

/** What twenty accounts that have encrypted before cost at a start, and while nothing happens. */
export async function encryptedAccountsFigures(): Promise<Figure[]> {
  await using homeserver = await startFakeHomeserver({ record: false });
  const house = await makeEncryptedHouse(homeserver, { port, accounts: accounts + 1, rooms: {} });
  const measured: Record<'none' | 'one' | 'twenty' | 'more', Opened[]> = {
    none: [],
    one: [],
    twenty: [],
    more: [],
  };
  // The first time a device's keys are uploaded.
  await openAccounts(house, accounts + 1);
  for (let n = 0; n < startRounds; n++) {
    measured.none.push(await openAccounts(house, 0));
    measured.one.push(await openAccounts(house, 1));
    measured.twenty.push(await openAccounts(house, accounts));
    measured.more.push(await openAccounts(house, accounts + 1));
  }
  house.remove();
  // A time that other programs can only lengthen: the shortest tells most of ours.
  const ready = (key: keyof typeof measured) =>
    Math.min(...measured[key].map((one) => one.readyMs));
  // The engine's compiler keeps some 15 MB in some runs and not in others, however many accounts there are.
  const resident = (key: keyof typeof measured) =>
    Math.min(...measured[key].map((one) => one.residentMb));
  return [
    {
      name: 'start with 20 existing accounts, all opened, judged and synced, beyond one with none',
      value: round((ready('twenty') - ready('none')) / 1_000),
      unit: 's',
      bound: { kind: 'at most', value: 0.5 },
      detail: `${round(ready('twenty'), 0)} ms against ${round(ready('none'), 0)} ms; one account ${round(ready('one'), 0)} ms`,
    },
    {
      name: 'memory of an idle account after the first',
      value: round((resident('more') - resident('one')) / accounts),
      unit: 'MB',
      bound: { kind: 'at most', value: 1 },
      detail: `${round(resident('more'), 0)} MB with ${accounts + 1}, ${round(resident('one'), 0)} MB with one, ${round(resident('none'), 0)} MB with none`,
    },
  ];
}

/** How long the gateway is held up at most while a key is given to a thousand devices nobody has spoken to. */
export async function encryptedStallFigure(): Promise<Figure> {
  await using homeserver = await startFakeHomeserver({ record: false });
  const house = await makeEncryptedHouse(homeserver, {
    port,
    accounts: 1,
    rooms: { sealed: small, large },
  });
  const daemon = await serve(house, '--import', './bench/parts/stall-probe.ts');
  const probe = async () => {
    daemon.child.kill('SIGUSR2');
    return JSON.parse(await daemon.line()) as { readonly cpuMs: number; readonly wallMs: number };
  };
  for (let n = 0; n < warmUps; n++) await sendAndWait(house, 'sealed');
  await probe();
  const shareMs = await sendAndWait(house, 'large');
  const { cpuMs, wallMs } = await probe();
  await daemon.stop();
  house.remove();
  return {
    name: 'longest stall of the gateway while a key is given to 1,000 devices',
    value: round(cpuMs, 1),
    unit: 'ms',
    bound: { kind: 'at most', value: 20 },
    detail: `of the thread's own time; ${round(wallMs, 1)} ms by the clock; the first message took ${round(shareMs, 0)} ms`,
  };
}
