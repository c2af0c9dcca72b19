// The sequencers' module obeys the rules of an image, with bounds of its own.

import { describe, expect, it } from 'vitest';
import { sequencerModule } from '../../tools/sequencer.ts';
import { checkImage } from './check.ts';
import { ImageRefused, prepareSequencer } from './cpu.ts';
import { sequencerRules } from './rules.ts';
import { assemble } from './testing/modules.ts';

const entries = sequencerRules.exports
  .map(([name, signature]) => {
    const [parameters, result] = signature.split(' -> ');
    const list = (text: string) => text.replace(/[(),]/g, ' ').trim();
    const body = list(result) === '' ? '' : '(i32.const 0)';
    return `(func (export "${name}") (param ${list(parameters)}) (result ${list(result)}) ${body})`;
  })
  .join(' ');
const memory = '(memory (export "memory") 272 272)';

function refusalOf(fields: string): string {
  try {
    prepareSequencer(assemble(`(module ${fields})`));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ImageRefused)) throw error;
    return error.code;
  }
}

describe('the sequencers’ module', () => {
  it('is accepted, and needs nothing of the stack worth speaking of', async () => {
    const { stackBytes, memoryPages } = checkImage(await sequencerModule(), sequencerRules);
    expect(memoryPages).toBe(272);
    expect(stackBytes).toBeLessThan(8192);
  });

  it('may be as large as its layout, and no larger', () => {
    expect(refusalOf(`${memory} ${entries}`)).toBe('accepted');
    expect(refusalOf(`(memory (export "memory") 273 273) ${entries}`)).toBe('memory');
    expect(refusalOf(`(memory (export "memory") 272 273) ${entries}`)).toBe('memory');
  });

  it('has no bus, no global that changes, no float, and every export', () => {
    const bus = '(import "bus" "read32" (func (param i32) (result i32)))';
    expect(refusalOf(`${bus} ${memory} ${entries}`)).toBe('import');
    expect(refusalOf(`${memory} (global (mut i32) (i32.const 0)) ${entries}`)).toBe('limit');
    expect(refusalOf(`${memory} ${entries} (func (drop (f64.const 1)))`)).toBe('float');
    expect(refusalOf(`${memory} ${entries.replace('"arm"', '"disarm"')}`)).toBe('export');
  });

  it('is no image for the management core, nor the other way round', async () => {
    expect(() => prepareSequencer(assemble('(module (memory (export "memory") 1 1))'))).toThrow(ImageRefused);
    const module = await sequencerModule();
    expect(() => checkImage(module)).toThrow(/pages of memory/);
  });
});
