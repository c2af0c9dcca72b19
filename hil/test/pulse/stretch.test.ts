// The loop of calculations and jumps counts instructions and compares no times: where it stops is judged here, by the costs of the instruction table.

import { beforeAll, describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { assembleSequence } from '../../../host/tools/q1/index.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { instructions, JUMP_TAKEN_STEPS, STEP_NS } from '../../../protocol/q1/instructions.ts';
import { sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { loadProgram } from '../../rig/pulse/run.ts';

const roomOfInstructions = 16384;

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await sequencerModule();
});

/** Of the profile with the most instructions, and with programs that end without a stop. */
function started(...texts: string[]): SequencerModule {
  const module = new SequencerModule(bytes);
  for (const [core, text] of texts.entries()) {
    const { binary, findings } = assembleSequence(text, 'stretch');
    if (binary.length === 0) throw new Error(findings.map(({ message }) => message).join('; '));
    loadProgram(module, core, { name: 'stretch', binary });
  }
  const mask = 2 ** texts.length - 1;
  module.arm(mask);
  module.start(mask);
  return module;
}

function stepsOf(form: string): number {
  const found = instructions.flatMap(({ forms }) => forms).find(({ name }) => name === form);
  if (found === undefined) throw new Error(`the instruction table has no form ${form}`);
  return found.steps;
}

const registersOf = (module: SequencerModule) =>
  Array.from({ length: 8 }, (_, register) => module.figure(0, 'REGISTER', register));

describe('a stretch of calculations and jumps', () => {
  const rounds = 4;
  const text = `move ${rounds},R0\nagain: add R1,3,R1\nnop\nxor R1,R2,R2\njge R2,100,@out\nloop R0,@again\nout: asl R1,1,R3\nstop`;
  /** Forms in the order of their execution; those that jump carry a mark. */
  const round = ['ADD_I', 'NOP', 'XOR_R', 'JGE_I'];
  const executed = [
    'MOVE_I',
    ...Array.from({ length: rounds }, (_, index) => [...round, index < rounds - 1 ? 'LOOP_I!' : 'LOOP_I']).flat(),
    'ASL_I',
    'STOP',
  ];

  test('stops before the first instruction that begins at the time or later, whichever that is', () => {
    const beginsNs = [0];
    for (const form of executed) {
      const steps = stepsOf(form.replace('!', '')) + (form.endsWith('!') ? JUMP_TAKEN_STEPS : 0);
      beginsNs.push(beginsNs[beginsNs.length - 1] + steps * STEP_NS);
    }
    const lastNs = beginsNs[executed.length];
    for (let untilNs = 0; untilNs <= lastNs + 8; untilNs++) {
      const module = started(text);
      module.run(untilNs);
      // stop itself is not counted.
      const expected = beginsNs.slice(0, executed.length - 1).filter((beginNs) => beginNs < untilNs).length;
      expect([untilNs, module.instructionsExecuted(0)]).toEqual([untilNs, expected]);
    }
  });

  test('leaves the same registers and time when it is run one instruction at a time', () => {
    const whole = started(text);
    whole.run();
    const single = started(text);
    for (let index = 0; index <= executed.length; index++) single.run(Number.POSITIVE_INFINITY, 1);
    expect(single.instructionsExecuted(0)).toBe(executed.length - 1);
    expect([registersOf(single), single.timeNs(0)]).toEqual([registersOf(whole), whole.timeNs(0)]);
    expect(registersOf(whole)[1]).toBe(3 * rounds);
  });

  test('ends behind the last instruction of a program that fills its place, whatever stands in the next place', () => {
    const rest = Array(roomOfInstructions - 3).fill('add R1,1,R1');
    const full = ['move 0x7fffffff,R3', 'nop', 'jmp R3', ...rest].join('\n');
    const module = started(full, 'again: add R2,1,R2\njmp @again');
    module.run(1_000_000);
    expect(module.figure(0, 'INSTRUCTIONS')).toBe(roomOfInstructions);
    expect([module.figure(0, 'REGISTER', 1), module.figure(0, 'FAULT_INDEX')]).toEqual([0, roomOfInstructions]);
    expect(sequencerFlagNames(module.figure(0, 'FLAGS'))).toEqual(['SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION']);
    expect(module.figure(1, 'REGISTER', 2)).toBeGreaterThan(0);
  });

  test('a loop whose target stands in its own counter goes where that points after the count', () => {
    const module = started('move 5,R0\nnop\nloop R0,R0\nstop\nmove 7,R1\nstop');
    module.run(1_000_000);
    expect(registersOf(module).slice(0, 2)).toEqual([4, 7]);
  });
});
