// Readout registers without a firmware and without sequencers: settings, commands, the scope memory, the line.

import { beforeAll, describe, expect, test } from 'vitest';
import { READOUT } from '../../../protocol/generated/registers.ts';
import { ReadoutCommand, ReadoutFigure, ReadoutSetting } from '../../../protocol/readout/module.ts';
import { compileGuest } from '../../tools/guest.ts';
import { compileFirmware } from '../../tools/sequencer.ts';
import { addReadout } from '../readout/add.ts';
import type { ReadoutBank } from '../readout/bank.ts';
import type { SampleRequest } from '../samples.ts';
import { Rig, refusal, SetSurroundings } from './rig.ts';
import { Timer } from './timer.ts';

/** A ramp on the line: I is the number of the sample, Q its negative; out of range from 2048 on. */
class Ramp extends SetSurroundings {
  asked: SampleRequest | undefined;

  override sample(request: SampleRequest, into: Int32Array): void {
    this.asked = request;
    if (request.source === 'test-tone') super.sample(request, into);
    else for (let index = 0; index < request.lengthNs; index++) into.set([index, -index], 2 * index);
  }
}

let firmware: Uint8Array;

beforeAll(async () => {
  firmware = await compileFirmware('firmware/main.ts');
});

function makeRig(image = firmware) {
  let bank: ReadoutBank | undefined;
  const ramp = new Ramp();
  const rig = new Rig(
    (machine) => {
      bank = addReadout(machine, () => image);
      return new Timer(machine);
    },
    1,
    ramp,
  );
  const { machine } = rig;
  const select = (item: number, index: number) => machine.poke(READOUT, 'SELECT', item | (index << 8));
  return {
    ...{ machine, rig, ramp, bank: bank as ReadoutBank },
    set(setting: keyof typeof ReadoutSetting, value: number, index = 0): number {
      select(ReadoutSetting[setting], index);
      machine.poke(READOUT, 'VALUE', value >>> 0);
      return machine.peek(READOUT, 'RESULT');
    },
    figure(figure: keyof typeof ReadoutFigure, index = 0): number {
      select(ReadoutFigure[figure], index);
      return machine.peek(READOUT, 'FIGURE');
    },
    command(command: keyof typeof ReadoutCommand, line = 0): void {
      machine.poke(READOUT, 'COMMAND', ReadoutCommand[command] | (line << 8));
    },
    lineRaised: () => (machine.lines[0] & READOUT.line) !== 0,
  };
}

function released() {
  const made = makeRig();
  made.machine.poke(READOUT, 'CONTROL', 1);
  return made;
}

describe('the readout held in reset', () => {
  test('refuses everything but its release, and has no state', () => {
    const { machine, bank } = makeRig();
    expect(refusal(() => machine.poke(READOUT, 'VALUE', 1))).toBe('BUS_STATE');
    expect(refusal(() => machine.peek(READOUT, 'FIGURE'))).toBe('BUS_STATE');
    expect(refusal(() => machine.poke(READOUT, 'COMMAND', ReadoutCommand.CAPTURE_LINE))).toBe('BUS_STATE');
    expect(bank.save()).toBeUndefined();
    machine.poke(READOUT, 'CONTROL', 1);
    expect(bank.save()).toBeDefined();
    machine.poke(READOUT, 'CONTROL', 0);
    expect(bank.save()).toBeUndefined();
  });

  test('stays there when the image in the core has none', async () => {
    const { machine } = makeRig(await compileGuest('firmware/main.ts'));
    expect(refusal(() => machine.poke(READOUT, 'CONTROL', 1))).toBe('BUS_STATE');
    expect(machine.peek(READOUT, 'CONTROL')).toBe(0);
  });
});

describe('the released readout', () => {
  test('takes settings that are in range, and refuses others', () => {
    const { set } = released();
    const outcomes = [
      ...[set('FREQUENCY', 2e9, 15), set('FREQUENCY', 2e9 + 1, 15), set('FREQUENCY', -2e9, 0), set('FREQUENCY', 0, 16)],
      ...[set('PHASE', 4e9 - 1), set('PHASE', 4e9), set('SCOPE_LENGTH', 16_384), set('SCOPE_LENGTH', 16_385)],
      ...[set('SCOPE_SEQUENCER', 6), set('SCOPE_SEQUENCER', 7), set('LENGTH', 3), set('LENGTH', 0xff_fffc)],
      ...[set('TONE_AMPLITUDE', 65_536), set('TOGETHER', 255, 1), set('TOGETHER', 255, 2), set('LENGTH', 4, 1)],
    ];
    expect(outcomes).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1]);
  });

  test('captures the line, clipped, shows each sample, and says so on its interrupt line', () => {
    const { machine, ramp, set, figure, command, lineRaised } = released();
    set('SCOPE_LENGTH', 2100);
    machine.advanceTo(777);
    command('CAPTURE_LINE', 1);
    expect(ramp.asked).toMatchObject({ line: 1, startNs: 777, lengthNs: 2100, source: 'line', drive: [] });
    expect([figure('SCOPE_COUNT'), figure('SCOPE_LINE'), figure('SCOPE_CLIPPED')]).toEqual([2100, 1, 3]);
    machine.poke(READOUT, 'SCOPE_OFFSET', 2040);
    const words = Array.from({ length: 60 }, (_, index) => machine.peek(READOUT, 'SCOPE_DATA', index));
    expect(words.map((word) => [(word << 16) >> 16, word >> 16])).toEqual(
      Array.from({ length: 60 }, (_, index) => [Math.min(2040 + index, 2047), Math.max(-2040 - index, -2048)]),
    );
    expect(refusal(() => machine.peek(READOUT, 'SCOPE_DATA', 60))).toBe('BUS_STATE');
    expect(lineRaised()).toBe(true);
    machine.poke(READOUT, 'STATUS', READOUT.registers.STATUS.fields.CAPTURED.mask);
    expect(lineRaised()).toBe(false);
    command('CLEAR_SCOPE');
    expect(refusal(() => machine.peek(READOUT, 'SCOPE_DATA', 0))).toBe('BUS_STATE');
  });

  test('measures the test tone by every tone that goes together, at the phase that each has now', () => {
    const { machine, set, command, bank, lineRaised } = released();
    const hertz = 40_000_000;
    set('TONE_FREQUENCY', 4 * hertz);
    set('TONE_AMPLITUDE', 16_384);
    set('FREQUENCY', 4 * hertz, 8);
    set('FREQUENCY', 4 * (hertz + 1_000_000), 9);
    set('TOGETHER', 3, 1);
    set('LENGTH', 2000);
    machine.advanceTo(123_456_789);
    command('MEASURE_TONE', 1);
    const [i, q] = bank.module.sumsOf(8);
    // 1024 codes, 2000 ns, times 16; samples are rounded, so that the sum is off by little.
    expect(Math.abs(i / (1024 * 2000 * 16) - 1)).toBeLessThan(1e-3);
    expect(Math.abs(q / i)).toBeLessThan(1e-3);
    // Two whole turns of the difference: nothing is left.
    expect(Math.hypot(...bank.module.sumsOf(9)) / i).toBeLessThan(1e-3);
    expect(lineRaised()).toBe(false);
  });

  test('raises its line when a measurement clips, and counts until it is cleared', () => {
    const { machine, set, figure, command, lineRaised } = released();
    set('LENGTH', 3000);
    set('TOGETHER', 1);
    command('MEASURE_LINE');
    expect([figure('CLIPPED_I'), figure('CLIPPED_Q'), figure('PEAK_I'), figure('PEAK_Q')]).toEqual([
      ...[3000 - 2048, 3000 - 2049, 2047, 2048],
    ]);
    expect([machine.peek(READOUT, 'STATUS'), lineRaised()]).toEqual([1, true]);
    command('CLEAR_COUNTERS');
    expect([figure('CLIPPED_I'), figure('PEAK_Q')]).toEqual([0, 0]);
  });

  test('keeps settings, statistics and what was captured in a state that is saved and restored', () => {
    const { bank, set, command, figure } = released();
    set('SCOPE_LENGTH', 100);
    set('FREQUENCY', 1e9, 3);
    command('CAPTURE_LINE');
    const state = bank.save() as Uint8Array;
    command('CLEAR_SCOPE');
    set('FREQUENCY', -1e9, 3);
    bank.restore(state);
    expect([figure('SCOPE_COUNT'), bank.module.scopeWord(99)]).toEqual(
      [100, 99 | (-99 << 16)].map((word) => word >>> 0),
    );
    expect(bank.save()).toEqual(state);
  });
});
