// Sweeps power cuts from a shell, and replays one. Run: npx tsx hil/power/main.ts --help

import { Command } from 'commander';
import { canaryByName } from './canaries.ts';
import { invariants } from './invariants.ts';
import { scenarioByName, scenarios } from './scenarios.ts';
import { exhaustive, type ScenarioResult, slice, sweepPower, type Violation } from './sweep.ts';

interface Options {
  seed: string;
  scenario?: string;
  point?: string;
  canary?: string;
  exhaustive?: boolean;
  json?: boolean;
}

const program = new Command('npx tsx hil/power/main.ts')
  .description('Cuts power in whole update stories and holds what comes back against the invariants.')
  .option('--seed <number>', 'decides what cuts leave behind, and what is sampled', '1')
  .option('--scenario <name>', `one of: ${scenarios.map(({ name }) => name).join(', ')}`)
  .option('--point <name>', 'only the point a violation names')
  .option('--canary <name>', 'with a bootloader broken on purpose')
  .option('--exhaustive', 'every operation, unit and access; hundreds of thousands of points')
  .option('--json', 'the result as JSON')
  .parse();
const options = program.opts<Options>();
const began = performance.now();
const result = await sweepPower({
  seed: Number(options.seed),
  sampling: options.exhaustive ? exhaustive : slice,
  ...(options.scenario !== undefined && { scenarios: [scenarioByName(options.scenario)] }),
  ...(options.point !== undefined && { point: options.point }),
  ...(options.canary !== undefined && { canary: canaryByName(options.canary) }),
  onScenario: (scenario) => options.json || print(scenario),
});
const seconds = (performance.now() - began) / 1000;
const pointsPerSecond = Math.round(result.points / seconds);
if (options.json) {
  console.log(JSON.stringify({ proof: 'power', ...result, seconds, pointsPerSecond }, null, 2));
} else {
  for (const violation of result.violations) console.log(`\n${describe(violation)}`);
  const tail = `${seconds.toFixed(1)} s, ${pointsPerSecond} points/s`;
  console.log(`\n${result.points} points, ${result.violations.length} violations, seed ${result.seed}, ${tail}`);
}
process.exitCode = result.violations.length === 0 ? 0 : 1;

function print(scenario: ScenarioResult): void {
  const { name, points, operationPoints, accessPoints, secondCuts, repeats, longestRecoveryNs, violations } = scenario;
  const parts = `${operationPoints} at operations, ${accessPoints} at accesses, ${secondCuts} second cuts`;
  const longest = `longest recovery ${(longestRecoveryNs / 1e6).toFixed(1)} ms`;
  console.log(`${name}: ${points} points (${parts}), ${repeats} repeats, ${longest}, ${violations.length} violations`);
}

function describe({ scenario, step, point, invariant, text, replay }: Violation): string {
  return `${scenario}, at '${step}', ${point}\n  broken: ${invariants[invariant]}\n  ${text}\n  ${replay}`;
}
