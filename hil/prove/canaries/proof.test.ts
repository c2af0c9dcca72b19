// Which other proofs catch a canary is asked once for each combination of guests and harness.

import { expect, test } from 'vitest';
import type { OtherProofs, ProofOptions } from '../proof.ts';
import { canaries } from './canaries.ts';
import { type Caught, canariesProof } from './proof.ts';

test('canaries of which a proof runs the same guests share its result', async () => {
  const asked: string[] = [];
  const others: OtherProofs = {
    names: ['power', 'explore', 'tamper', 'canaries'],
    ofFirmware: ['power'],
    run: async () => ({ points: 1, found: [] }),
    catches: async (name, { canary }) => {
      asked.push(`${name}: ${canary ?? 'sound'}`);
      return name === 'tamper';
    },
  };
  const options: ProofOptions = { seed: 1, effort: 'full' };
  const bench = await canariesProof.open(options, others);
  const alsoBy = async (scenario: string) => {
    const { facts } = await bench.run({ scenario, part: 0, parts: 1, weight: 1 }, () => {});
    return (facts as Caught[])[0].alsoBy;
  };
  const [ofFirmware, another] = canaries.filter(({ breaks }) => breaks === 'firmware');
  const ofBoots = canaries.filter(({ blindTo }) => blindTo !== undefined);
  // A canary of the firmware is caught by prove power, and the others do not run its firmware.
  expect(await alsoBy(ofFirmware.name)).toEqual(['tamper']);
  expect(await alsoBy(another.name)).toEqual(['tamper']);
  expect(asked).toEqual(['explore: sound', 'tamper: sound']);
  // Two canaries with the same bootloader are caught by two proofs.
  expect(ofBoots.map(({ caughtBy }) => caughtBy.proof)).toEqual(['power', 'explore']);
  for (const { name } of ofBoots) expect(await alsoBy(name)).toEqual(['tamper']);
  const [{ name: first }, { name: second }] = ofBoots;
  expect(asked.slice(2)).toEqual([`explore: ${first}`, `tamper: ${first}`, `power: ${second}`]);
});
