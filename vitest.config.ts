import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    // By default one core is left idle, which is half of a small machine.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/tidy/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          // Half of the time went into loading the same modules anew for each file; none keeps what a test leaves behind.
          isolate: false,
          // A sweep through a whole first start takes two seconds; a machine that does something else takes five times as long.
          testTimeout: 20_000,
          // For the threads and processes that tests start.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.cache/node-compile') },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

export default config;
