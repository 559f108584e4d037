import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { DeviceOptions } from '../../src/encryption/crypto-device.ts';
import { OlmDevice } from '../../src/encryption/worker/olm-device.ts';
import { serveDevices } from '../../src/encryption/worker/serve-devices.ts';

/**
 * The keys' thread with stores that are on disk late: a life begins with what was there up to so many milliseconds before
 * the end of the last one, so that ratchets are used beyond where the disk says they are.
 */
const lateMs = 400;

const opened = new Set<string>();
let copies = 0;

/** A file and its log; between two statements they belong together, also while a transaction is open. */
const endings = ['', '-wal'];

function copy(from: string, to: string): void {
  for (const ending of endings) {
    if (existsSync(from + ending)) copyFileSync(from + ending, to + ending);
    else rmSync(to + ending, { force: true });
  }
}

function keep(file: string): void {
  const name = `${file}.kept${copies++ % 2}`;
  copy(file, name);
  writeFileSync(`${file}.next`, name);
  // What is kept is known at once or not at all.
  renameSync(`${file}.next`, `${file}.kept`);
}

function restore(file: string): void {
  if (!existsSync(`${file}.kept`)) return;
  const name = readFileSync(`${file}.kept`, 'utf8');
  copy(name, file);
  copies = name.endsWith('0') ? 1 : 0;
}

async function openLate(options: DeviceOptions): Promise<OlmDevice> {
  const { file } = options;
  if (opened.has(file)) return await OlmDevice.open(options);
  opened.add(file);
  restore(file);
  const device = await OlmDevice.open(options);
  // The count of openings would give an old copy away.
  keep(file);
  setInterval(() => keep(file), lateMs).unref();
  return device;
}

if (parentPort !== null) serveDevices(parentPort, openLate);
