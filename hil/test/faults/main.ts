// The whole matrix of faults, and all pairs: npx tsx hil/test/faults/main.ts [--seed N]. Exit code 1 when a case breaks what must hold.

import { second } from '../../rig/time.ts';
import { findingsOf, pairsOfFaults, singleFaults } from './matrix.ts';
import { type Load, loads, Patient } from './patient.ts';

const seedAt = process.argv.indexOf('--seed');
const seed = seedAt < 0 ? 1 : Number(process.argv[seedAt + 1]);
if (!Number.isSafeInteger(seed)) {
  console.error(`--seed ${process.argv[seedAt + 1]}: expected a whole number`);
  process.exit(2);
}

const patients = new Map<Load, Patient>();
for (const load of loads) patients.set(load, await Patient.admitted(load, 'uts', seed));
const cases = [...singleFaults(), ...pairsOfFaults()];
let broken = 0;
for (const each of cases) {
  const patient = patients.get(each.load) as Patient;
  const course = patient.play(each.faults, each.playSeconds * second, each.load);
  for (const finding of findingsOf(course, each, patient)) {
    broken++;
    console.log(`${each.name}: ${finding}`);
  }
}
console.log(
  `${cases.length} cases, seed ${seed}: ${broken === 0 ? 'nothing harmed, nothing forgotten' : `${broken} findings`}`,
);
process.exitCode = broken === 0 ? 0 : 1;
