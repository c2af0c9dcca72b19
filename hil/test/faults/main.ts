// The whole matrix of faults, and all pairs: npx tsx hil/test/faults/main.ts [--seed N]. Exit code 1 when a case breaks what must hold.

import { second } from '../../rig/time.ts';
import { FaultBench, type Load, loads } from './fault-bench.ts';
import { findingsOf, pairsOfFaults, singleFaults } from './matrix.ts';

const seedAt = process.argv.indexOf('--seed');
const seed = seedAt < 0 ? 1 : Number(process.argv[seedAt + 1]);
if (!Number.isSafeInteger(seed)) {
  console.error(`--seed ${process.argv[seedAt + 1]}: expected a whole number`);
  process.exit(2);
}

const benches = new Map<Load, FaultBench>();
for (const load of loads) benches.set(load, await FaultBench.settled(load, 'uts', seed));
const cases = [...singleFaults(), ...pairsOfFaults()];
let broken = 0;
for (const each of cases) {
  const bench = benches.get(each.load) as FaultBench;
  const course = bench.run(each.faults, each.lengthSeconds * second, each.load);
  for (const finding of findingsOf(course, each, bench)) {
    broken++;
    console.log(`${each.name}: ${finding}`);
  }
}
console.log(
  `${cases.length} cases, seed ${seed}: ${broken === 0 ? 'nothing harmed, nothing forgotten' : `${broken} findings`}`,
);
process.exitCode = broken === 0 ? 0 : 1;
