import { readChaosOptions } from './options.ts';
import { describeProblems, describeReport } from './report.ts';
import { runChaos } from './run-chaos.ts';

/**
 * `npm run chaos -- --kills 200 [--rooms 20] [--clients 4] [--seed N] [--faults 5] [--sabotage=late-ack|new-txn|reorder]`:
 * exit code 0 when nothing was lost, doubled or misordered.
 */
const options = readChaosOptions(process.argv.slice(2), Date.now() % 1_000_000);
const report = await runChaos(options);
const problems = describeProblems(report);
for (const problem of problems) console.error(problem);
console.log(describeReport(report, options));
process.exitCode = problems.length === 0 ? 0 : 1;
