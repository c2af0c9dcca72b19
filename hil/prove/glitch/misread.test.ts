// Every copy by DMA goes wrong during one boot, so no record of the journal reads right. What was recorded must count again in the next boot.

import { expect, test } from 'vitest';
import { checkImage, makeGlitchable, prepareImage } from '../../../host/board/cpu/cpu.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { AttackBench } from '../attack/attack-bench.ts';
import { payload } from '../attack/specimens.ts';
import { bootloaderFor } from '../canaries/canaries.ts';
import { type Attack, setRegisters } from './attack.ts';
import { attacks } from './attacks.ts';
import { copies } from './glitch.ts';
import { withGlitch } from './glitches.ts';

const bootloader = makeGlitchable(checkImage(await bootloaderFor({})), copies);
prepareImage(payload);
// Where all copies from the bus come by.
const site = bootloader.sites.findIndex(
  ({ kind, functionName }) => kind === 'copy' && functionName === 'protocol/guest/dma/copyFromBus',
);

/** The first slots that are run after the disturbed boot, for each byte of a record that is misread. */
function ranAfter({ name, ...attack }: Attack, value: number): (number | undefined)[] {
  const bench = new AttackBench(bootloader.bytes, 1);
  attack.prepare(bench);
  const glitch = { site, occurrence: 0, value, useArgument: 0, and: 0, xor: 0xff };
  bench.bootFrom(withGlitch(bench.loaded(), glitch), (it) => setRegisters(it, { name, ...attack }), 60_000_000);
  return bench.boot().handOvers.map(({ slot }) => slot);
}

test.each(['rejected', 'not requested', 'confirmed before the other one'])('%s: stays so', (name) => {
  const attack = attacks.find((each) => each.name === name) as Attack;
  expect(site).toBeGreaterThanOrEqual(0);
  for (let value = 0; value < BootRecord.SIZE; value += 6)
    expect(ranAfter(attack, value), `byte ${value}`).toEqual([0]);
});
