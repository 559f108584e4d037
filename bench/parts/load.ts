import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTool, toolEnvironment } from './debian-tools.ts';

/** How a load went. */
export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  readonly perSecond: number;
}

export interface Load {
  readonly port: number;
  readonly connections: number;
  /** Whole seconds. */
  readonly seconds: number;
  /** Whole requests, headers included, sent in turn: ASCII. */
  readonly requests: readonly Buffer[];
}

/** Prints what wrk knows at its end as one line of JSON. */
const report = `
done = function(summary, latency, requests)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('RESULT {"answered":%d,"refused":%d,"broken":%d,"us":%d}\\n',
    summary.requests, errors.status, broken, summary.duration))
end
`;

/** JSON's escapes are Lua's own, as long as there is nothing but ASCII. */
function scriptFor(requests: readonly Buffer[]): string {
  const list = requests.map((request) => JSON.stringify(request.toString('ascii'))).join(',\n');
  return `
local requests = {${list}}
local at = 0
request = function()
  at = at % #requests + 1
  return requests[at]
end
${report}`;
}

/**
 * Sends prepared requests over kept connections, one under way on each, by wrk on one thread: it takes a fifth of what
 * the bare server does, so that on two cores the server under measurement has more than one of them.
 */
export async function load({ port, connections, seconds, requests }: Load): Promise<LoadResult> {
  requireTool('wrk', 'wrk');
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-load-'));
  const script = join(dir, 'load.lua');
  writeFileSync(script, scriptFor(requests));
  // Another program that takes the machine for some seconds is no failure of the server.
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', script];
  const url = `http://127.0.0.1:${port}`;
  const { stdout } = await promisify(execFile)('wrk', [...args, url], { env: toolEnvironment });
  rmSync(dir, { recursive: true });
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk said: ${stdout}`);
  const { answered, refused, broken, us } = JSON.parse(line) as Record<string, number>;
  const taken = (answered ?? 0) - (refused ?? 0);
  return {
    answered: taken,
    failed: (refused ?? 0) + (broken ?? 0),
    perSecond: (taken / (us ?? 0)) * 1e6,
  };
}
