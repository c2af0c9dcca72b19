// Retained RAM survives every reset, and nothing of it survives power.

import { expect, test } from 'vitest';
import { RETAINED } from '../../../protocol/generated/registers.ts';
import { ResetCause } from '../device.ts';
import { RetainedRam } from './retained.ts';
import { Rig } from './rig.ts';

const { count } = RETAINED.registers.DATA;
const makeRig = () => new Rig((machine) => new RetainedRam(machine));

const wordsOf = (rig: Rig<RetainedRam>) =>
  Array.from({ length: count }, (_, word) => rig.machine.peek(RETAINED, 'DATA', word));

test('every word keeps its value through every reset but power-on', () => {
  const rig = makeRig();
  const written = Array.from({ length: count }, (_, word) => (word ^ 0x55aa_1234) >>> 0);
  for (const [word, value] of written.entries()) rig.machine.poke(RETAINED, 'DATA', value, word);
  for (const cause of Object.values(ResetCause).filter((one) => one !== ResetCause.POWER_ON)) rig.reset(cause);
  expect(wordsOf(rig)).toEqual(written);
});

test('after power-on it holds neither zeros nor what it held', () => {
  const rig = makeRig();
  for (let word = 0; word < count; word++) rig.machine.poke(RETAINED, 'DATA', 7, word);
  rig.cutPower();
  rig.powerOn();
  expect(wordsOf(rig).filter((word) => word === 0 || word === 7)).toEqual([]);
});
