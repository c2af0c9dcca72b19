// The front end shows what comes back from each line, and never more than its converter can show.

import { expect, test } from 'vitest';
import { FRONTEND } from '../../../protocol/generated/registers.ts';
import { Actuator, Reading } from '../surroundings.ts';
import { FrontEnd } from './frontend.ts';
import { Rig, SetSurroundings } from './rig.ts';

test('loss is shown as it is, a peak above full scale as full scale', () => {
  const bench = new SetSurroundings();
  const rig = new Rig((machine) => new FrontEnd(machine), 1, bench);
  bench.setReading(Reading.LOSS + 2, 6_000);
  bench.setReading(Reading.PEAK + 2, 1_413);
  expect(rig.machine.peek(FRONTEND, 'LOSS', 2)).toBe(6_000);
  expect(rig.machine.peek(FRONTEND, 'PEAK', 2)).toBe(1_000);
});

test('attenuation acts on its line until a reset takes it out', () => {
  const bench = new SetSurroundings();
  const rig = new Rig((machine) => new FrontEnd(machine), 1, bench);
  rig.machine.poke(FRONTEND, 'ATTENUATION', 12, 1);
  expect(bench.actuators[Actuator.ATTENUATION + 1]).toBe(12);
  rig.reset();
  expect(bench.actuators[Actuator.ATTENUATION + 1]).toBe(0);
});
