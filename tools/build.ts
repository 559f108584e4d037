import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/**
 * Makes `dist/`: the library and the daemon by tsc, one file for one, and the command `bellhop` as small CommonJS files,
 * so that `send` loads neither the library nor the daemon, nor any part of itself that it does not need.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  version: string;
};

/** Parts that the command loads when it needs them, as bundles of their own. */
const parts: Readonly<Record<string, string>> = {
  'src/app/one-shot/run-send.ts': 'send.cjs',
  'src/app/one-shot/deliver-entries.ts': 'send-deliver-entries.cjs',
  'src/app/one-shot/directly.ts': 'send-directly.cjs',
  'src/app/account-encryption.ts': 'send-encrypted.cjs',
  'src/encryption/worker/crypto-worker.ts': 'crypto-worker.cjs',
};

/** Parts that stay inside the bundle that asks for them. */
const inside = new Set([
  'src/app/one-shot/through-socket.ts',
  'src/app/one-shot/through-outbox.ts',
]);

/** Parts that ask where they are, by a name that CommonJS does not have; telling them takes loading `node:url`. */
const located = new Set(['src/app/account-encryption.ts']);

/** Leads every other dynamic import to a bundle beside it, or to the file that tsc made. */
const loadLater: Plugin = {
  name: 'load-later',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const source = relative(root, resolve(resolveDir, path));
      if (inside.has(source)) return undefined;
      const made = parts[source] ?? source.replace(/^src\//, '').replace(/\.ts$/, '.js');
      return { path: `./${made}`, external: true };
    });
  },
};

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  plugins: [loadLater],
  // `require` starts faster than `import()`, and can load modules too.
  // An old target would strip the prefix, and `sqlite` without it is no module.
  supported: { 'dynamic-import': false, 'node-colon-prefix-require': true },
  define: { BELLHOP_VERSION: JSON.stringify(version) },
  // A part that is not in `located` would be told nothing.
  logOverride: { 'empty-import-meta': 'error' },
  // It finds its own WebAssembly file beside it.
  external: ['@matrix-org/matrix-sdk-crypto-wasm'],
  minify: true,
  logLevel: 'warning',
};

rmSync(resolve(root, 'dist'), { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
const command = 'dist/bellhop.cjs';
await build({
  ...options,
  entryPoints: ['src/cli/bellhop.ts'],
  outfile: command,
  // Old syntax, so that an old Node.js gets as far as the sentence that says what Bellhop needs.
  target: 'node12',
  banner: { js: '#!/usr/bin/env node' },
});
for (const [source, made] of Object.entries(parts)) {
  const location: BuildOptions = {
    inject: ['tools/bundle-url.ts'],
    define: { ...options.define, 'import.meta.url': 'bundleUrl' },
  };
  await build({
    ...options,
    ...(located.has(source) ? location : {}),
    entryPoints: [source],
    outfile: `dist/${made}`,
    target: 'node24',
  });
}
chmodSync(resolve(root, command), 0o755);
