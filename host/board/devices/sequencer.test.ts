// Sequencer registers without a firmware: what an access is refused for, and what an image must have for there to be sequencers.

import { beforeAll, describe, expect, test } from 'vitest';
import { ACQUISITION, SEQUENCER } from '../../../protocol/generated/registers.ts';
import { compileGuest } from '../../tools/guest.ts';
import { withFunctionNamesOnly } from '../../tools/name-section.ts';
import { compileFirmware } from '../../tools/sequencer.ts';
import { addSequencers } from '../sequencer/add.ts';
import type { SequencerBank } from '../sequencer/bank.ts';
import { Rig, refusal } from './rig.ts';
import { Timer } from './timer.ts';

const figureInstructions = 15;
let firmware: Uint8Array;

beforeAll(async () => {
  firmware = await compileFirmware('firmware/main.ts');
});

function makeRig(image: Uint8Array | undefined) {
  let bank: SequencerBank | undefined;
  const rig = new Rig((machine) => {
    bank = addSequencers(machine, () => image);
    return new Timer(machine);
  });
  return { machine: rig.machine, rig, bank: bank as SequencerBank };
}

describe('sequencers held in reset', () => {
  test('refuse everything but their release, and have no memory', () => {
    const { machine, bank } = makeRig(firmware);
    expect(refusal(() => machine.poke(SEQUENCER, 'ARM', 1))).toBe('BUS_STATE');
    expect(refusal(() => machine.poke(SEQUENCER, 'STAGE_DATA', 1))).toBe('BUS_STATE');
    expect(refusal(() => machine.peek(ACQUISITION, 'BINS'))).toBe('BUS_STATE');
    expect(bank.save()).toBeUndefined();
    machine.poke(SEQUENCER, 'CONTROL', 1);
    expect(refusal(() => machine.poke(SEQUENCER, 'ARM', 1))).toBe('accepted');
    expect(bank.save()).toBeDefined();
  });

  test('stay there when the image in the core has none, and when its section is no module', () => {
    for (const [image, cause] of [
      [undefined, 'BUS_STATE'],
      [firmwareWithout(firmware), 'BUS_STATE'],
      [spoilt(firmware), 'IMAGE_REFUSED'],
    ] as const) {
      const { machine } = makeRig(image);
      expect(refusal(() => machine.poke(SEQUENCER, 'CONTROL', 1))).toBe(cause);
      expect(machine.peek(SEQUENCER, 'CONTROL')).toBe(0);
    }
  });
});

describe('released sequencers', () => {
  test('refuse a seventh of them, a window that leaves the staging area, and a bin that is not there', () => {
    const { machine } = makeRig(firmware);
    machine.poke(SEQUENCER, 'CONTROL', 1);
    machine.poke(SEQUENCER, 'SELECT', 6 | (figureInstructions << 8));
    expect(refusal(() => machine.peek(SEQUENCER, 'FIGURE'))).toBe('BUS_STATE');
    machine.poke(SEQUENCER, 'STAGE_OFFSET', 0x7_0000 - 4);
    expect(refusal(() => machine.poke(SEQUENCER, 'STAGE_DATA', 1, 0))).toBe('accepted');
    expect(refusal(() => machine.poke(SEQUENCER, 'STAGE_DATA', 1, 1))).toBe('BUS_STATE');
    machine.poke(SEQUENCER, 'STAGE_OFFSET', 2);
    expect(refusal(() => machine.poke(SEQUENCER, 'STAGE_DATA', 1, 0))).toBe('BUS_MISALIGNED');
    expect(refusal(() => machine.peek(ACQUISITION, 'RESULT'))).toBe('BUS_STATE');
  });

  test('say why a sequence was not loaded, and a setting not taken', () => {
    const { machine } = makeRig(firmware);
    machine.poke(SEQUENCER, 'CONTROL', 1);
    machine.poke(SEQUENCER, 'LOAD_LENGTH', 40);
    machine.poke(SEQUENCER, 'LOAD', 0);
    const crcIsWrong = 3;
    expect(machine.peek(SEQUENCER, 'RESULT')).toBe(crcIsWrong);
    const triggerAddress = 6;
    machine.poke(SEQUENCER, 'SELECT', triggerAddress << 8);
    for (const [value, refused] of [
      [15, 0],
      [16, 1],
      [0, 1],
    ]) {
      machine.poke(SEQUENCER, 'VALUE', value);
      expect(machine.peek(SEQUENCER, 'RESULT')).toBe(refused);
    }
  });

  test('lose everything when they are held in reset again', () => {
    const { machine, bank } = makeRig(firmware);
    machine.poke(SEQUENCER, 'CONTROL', 1);
    machine.poke(SEQUENCER, 'CONTROL', 0);
    expect(bank.save()).toBeUndefined();
  });
});

test('a firmware without sequencers is one too', async () => {
  const core = withFunctionNamesOnly(await compileGuest('firmware/main.ts'));
  expect(core.length).toBe(firmwareWithout(firmware).length);
});

const sectionName = Buffer.from('coldrig.sequencer');

/** Up to the section's id, whose length takes three bytes and that of its name one. */
function firmwareWithout(image: Uint8Array): Uint8Array {
  return image.subarray(0, Buffer.from(image).lastIndexOf(sectionName) - 5);
}

function spoilt(image: Uint8Array): Uint8Array {
  const bytes = image.slice();
  bytes[Buffer.from(image).lastIndexOf(sectionName) + sectionName.length] ^= 1;
  return bytes;
}
