import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { catalogue } from '../../errors.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { type Finding, fail, failed, ok, warn } from './finding.ts';

const check = 'data directory';
const bytesPerGib = 1024 ** 3;
/** Below this an outage of a busy homeserver fills the disk: a million short messages. */
const spaceBytesLow = bytesPerGib;
/** Below this the next migration or burst may not fit. */
const spaceBytesMin = 64 * 1024 ** 2;
const onlyOwner = 0o077;

/** The nearest directory above that exists. */
function existing(path: string): string {
  let dir = path;
  while (statSync(dir, { throwIfNoEntry: false }) === undefined && dir !== dirname(dir)) {
    dir = dirname(dir);
  }
  return dir;
}

function spaceIn(dir: string): Finding[] {
  const { bavail, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  const words = `${(free / bytesPerGib).toFixed(1)} GiB free`;
  if (free < spaceBytesMin) {
    const remedy = 'Free some space; until then nothing can be accepted.';
    return [fail('disk space', words, remedy, catalogue.storage_full.exit)];
  }
  if (free >= spaceBytesLow) return [ok('disk space', words)];
  return [warn('disk space', words, 'Free some space; a long outage could fill the disk.')];
}

/** Whether the data directory can be used: local, writable, private, with space left. It is not made. */
export function checkDataDir(dataDir: string): Finding[] {
  const stats = statSync(dataDir, { throwIfNoEntry: false });
  if (stats === undefined) {
    const found = ok(
      check,
      `${dataDir} is not there yet; the first command that needs it makes it`,
    );
    return [found, ...spaceIn(existing(dataDir))];
  }
  try {
    openDataDir(dataDir);
  } catch (thrown) {
    return [failed(check, thrown)];
  }
  const isPrivate = (stats.mode & onlyOwner) === 0;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  const place = isPrivate
    ? ok(check, `${dataDir} is local and writable`)
    : warn(check, `${dataDir} is open to others (${mode})`, `Run \`chmod 0700 ${dataDir}\`.`);
  return [place, ...spaceIn(dataDir)];
}
