import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

/**
 * Runs every check and suite in turn and ends with the line `N passed, N failed[, N skipped]`. It goes on after a failure,
 * so that one run tells everything; a skipped test fails the run.
 */
interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const reports = '.cache/ci';
const checks: readonly (readonly [name: string, command: string])[] = [
  ['types, lint, arrows and dead code', 'npm run check'],
  ['package', 'npm run check:package'],
  ['demo', 'npm run demo'],
  ['chaos', 'npm run chaos -- --kills 25'],
];
/** Vitest suites; each is run with `npm run`, and its report is counted test by test. */
const suites = ['test', 'test:integration', 'test:chaos'] as const;

function run(command: string): boolean {
  process.stdout.write(`\n== ${command}\n`);
  return spawnSync(command, { shell: true, stdio: 'inherit' }).status === 0;
}

function readReport(file: string): Tally {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTodoTests: number;
  };
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function runSuite(script: string): Tally {
  const file = `${reports}/${script.replace(':', '-')}.json`;
  const reporters = `--reporter=default --reporter=json --outputFile.json=${file}`;
  const passed = run(`npm run ${script} -- ${reporters}`);
  const tally = readReport(file);
  if (!passed && tally.failed === 0) tally.failed = 1;
  return tally;
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
for (const [name, command] of checks) {
  if (run(command)) total.passed++;
  else {
    total.failed++;
    failures.push(name);
  }
}
for (const suite of suites) {
  const tally = runSuite(suite);
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  if (tally.failed > 0) failures.push(suite);
}
if (failures.length > 0) process.stdout.write(`\nfailed: ${failures.join(', ')}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 || total.skipped > 0 ? 1 : 0;
