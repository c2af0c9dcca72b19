// Draws docs/multiplexer-acceptance.svg and prints its numbers, and tries 10,000 small sets. Run: npx tsx hil/test/multiplexer/acceptance.generate.ts
//
// Some minutes on one core. What must stay true: the numbers in docs/multiplexer.md are what this prints.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineChart, type Series } from '../../../host/tools/chart.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { acceptance, type Compared, edges, methods, unitSetsRefused } from './acceptance.ts';

const SETS = Number(process.argv[2] ?? 20);
const UNIT_SETS = 10_000;
const CELLS = 96;
const names: Record<Compared, string> = {
  planner: 'coldrig mux plan',
  urgency: 'urgency',
  harmonic: 'harmonic',
  eligible: 'gated EDF',
  deadline: 'greedy EDF',
};

const refused = unitSetsRefused(UNIT_SETS, 1);
console.log(
  `${UNIT_SETS - refused.length} of ${UNIT_SETS} unit-slot sets of 3 to 8 cells, density 0.5 to 5/6, accepted and verified`,
);
for (const set of refused) console.log(`  refused: ${set}`);

console.log(`| density | ${methods.map((method) => names[method]).join(' | ')} |`);
console.log(`|---|${methods.map(() => '---').join('|')}|`);
const points: Record<Compared, [number, number][]> = {
  planner: [],
  urgency: [],
  harmonic: [],
  eligible: [],
  deadline: [],
};
for (let bin = 0; bin + 1 < edges.length; bin++) {
  const [from, to] = [edges[bin], edges[bin + 1]];
  const count = acceptance(CELLS, from, to, SETS, 100 + bin);
  const percent = (method: Compared) => (100 * count[method]) / SETS;
  for (const method of methods) points[method].push([(from + to) / 2, percent(method)]);
  const figures = methods.map((method) => percent(method).toFixed(0));
  console.log(`| ${from.toFixed(3)} to ${to.toFixed(3)} | ${figures.join(' | ')} |`);
}
const series: Series[] = methods.map((method) => ({ name: names[method], points: points[method] }));
const chart = lineChart({
  title: `Sets of ${CELLS} cells that get a table, by density`,
  xLabel: 'density: sum of service / deadline, one line, unit slots',
  panels: [{ label: 'accepted (%)', scale: 'linear', series }],
  marks: [{ x: 5 / 6, text: '5/6' }],
});
writeFileSync(join(repositoryRoot, 'docs/multiplexer-acceptance.svg'), chart);
console.log('wrote docs/multiplexer-acceptance.svg');
