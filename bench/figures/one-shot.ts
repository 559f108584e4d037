import { spawn } from 'node:child_process';
import { startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { makeOneShotHouse, type OneShotHouse } from '../parts/one-shot-house.ts';
import { peerCommands } from '../parts/peers.ts';
import { startPart } from '../parts/processes.ts';

const rounds = 21;
const peerRounds = 7;

/** Wall-clock milliseconds of one run. */
async function run(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = command;
  const startedAt = performance.now();
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - startedAt);
      else reject(new Error(`${program} ${args[0]} ended with ${code}`));
    });
  });
}

/** Medians of commands run in turn, so that the machine's mood strikes all of them alike. */
async function compare(
  commands: Readonly<Record<string, readonly string[]>>,
  env: NodeJS.ProcessEnv,
  count: number,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (const command of Object.values(commands)) await run(command, env);
  for (let n = 0; n < count; n++) {
    for (const [name, command] of Object.entries(commands)) {
      const list = times[name] ?? [];
      times[name] = list;
      list.push(await run(command, env));
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

const bellhop = (house: OneShotHouse, ...options: string[]): string[] => [
  process.execPath,
  'dist/bellhop.cjs',
  'send',
  '-c',
  house.config,
  '--room',
  'ops',
  ...options,
  'The backup is done.',
];
const bareNode = [process.execPath, '-e', '0'];

async function overheads(house: OneShotHouse): Promise<Figure[]> {
  const daemon = startPart(['dist/bellhop.cjs', 'serve', '-c', house.config]);
  await house.whenServing();
  const socket = await compare({ bare: bareNode, send: bellhop(house) }, house.env, rounds);
  await daemon.stop();
  const queue = await compare(
    { bare: bareNode, send: bellhop(house, '--queue') },
    house.env,
    rounds,
  );
  const figure = (name: string, times: Record<string, number>, bound: number): Figure => ({
    name,
    value: round((times['send'] ?? Number.NaN) / (times['bare'] ?? Number.NaN)),
    unit: '×',
    bound: { kind: 'at most', value: bound },
    detail: `${round(times['send'] ?? 0, 1)} ms against ${round(times['bare'] ?? 0, 1)} ms`,
  });
  return [
    figure('send through the socket / bare node', socket, 1.6),
    figure('send --queue / bare node', queue, 1.3),
  ];
}

async function againstPeers(house: OneShotHouse): Promise<Figure[]> {
  const peers = peerCommands(house);
  const commands = { direct: bellhop(house, '--no-store'), ...peers };
  const times = await compare(commands, house.env, peerRounds);
  const direct = times['direct'] ?? Number.NaN;
  const bounds: Readonly<Record<string, number>> = { 'Apprise 2.2': 5, 'matrix-commander 8': 8 };
  return Object.entries(bounds).map(([name, bound]) => ({
    name: `${name} / send directly over http`,
    value: round((times[name] ?? Number.NaN) / direct, 1),
    unit: '×',
    bound: { kind: 'at least', value: bound },
    detail: `${round(times[name] ?? 0, 0)} ms against ${round(direct, 0)} ms`,
  }));
}

/** How quick one message from the command line is. */
export async function oneShotFigures(): Promise<Figure[]> {
  await using homeserver = await startFakeHomeserver();
  const house = makeOneShotHouse(homeserver);
  try {
    return [...(await overheads(house)), ...(await againstPeers(house))];
  } finally {
    house.remove();
  }
}
