import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Adds to package-lock.json the optional packages of other platforms that it lacks. A registry that serves only the
 * packages of one platform makes npm leave the others out of the lock file, and `npm ci` then refuses it. Run it after
 * `npm install`.
 */
interface LockedPackage {
  version: string;
  optionalDependencies?: Record<string, string>;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  dev?: boolean;
  optional?: boolean;
}

const lockFile = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const { packages } = lock;

const systems = [
  'android',
  'darwin',
  'win32',
  'freebsd',
  'openharmony',
  'sunos',
  'aix',
  'netbsd',
  'openbsd',
  'linux',
];
const processors = /arm64|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el|wasm32|arm/;

function isLocked(dependent: string, name: string): boolean {
  for (let dir = dependent; ; dir = dir.slice(0, Math.max(0, dir.lastIndexOf('/node_modules/')))) {
    const place = dir === '' ? `node_modules/${name}` : `${dir}/node_modules/${name}`;
    if (packages[place] !== undefined) return true;
    if (dir === '') return false;
  }
}

/** What a package of one platform says of itself, as its name tells it. */
function platformPackage(name: string, range: string, isDev: boolean): LockedPackage {
  const system = systems.find((candidate) => name.includes(candidate));
  const processor = processors.exec(name)?.[0];
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(isDev ? { dev: true } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
    ...(name.includes('musl') ? { libc: ['musl'] } : {}),
  };
}

let added = 0;
for (const [place, { optionalDependencies = {}, dev = false }] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (isLocked(place, name)) continue;
    packages[`node_modules/${name}`] = platformPackage(name, range, dev);
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(lockFile, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added} packages added`);
