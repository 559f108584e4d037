import { readChaosOptions } from './options.ts';
import { describeProblems, describeReport } from './report.ts';
import { runChaos } from './run-chaos.ts';
import { describeReceiver, runReceiver } from './run-receiver.ts';

/**
 * `npm run chaos -- --kills 200 [--encrypted | --receiver] [--rooms 20] [--clients 4] [--messages N] [--seed N] [--faults 5]
 * [--sabotage=NAME]`: exit code 0 when nothing was lost, doubled or misordered, and all that is encrypted can be read.
 */
const options = readChaosOptions(process.argv.slice(2), Date.now() % 1_000_000);
let problems: readonly string[];
if (options.mode === 'receiver') {
  const verdict = await runReceiver(options);
  problems = verdict.problems;
  console.log(describeReceiver(verdict, options));
} else {
  const report = await runChaos(options);
  problems = describeProblems(report);
  console.log(describeReport(report, options));
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
