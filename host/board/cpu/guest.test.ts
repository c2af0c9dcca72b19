// Real AssemblyScript on the core: the crypto module, which is an image as well (see its crypto.entry.ts).

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileGuest } from '../../tools/guest.ts';
import { Core, checkImage, prepareImage } from './cpu.ts';
import { Interpreter } from './testing/interpreter.ts';
import { recordingBus } from './testing/modules.ts';

describe('a compiled guest', () => {
  let bytes: Uint8Array;
  let at: Record<'SLOTS' | 'SLOT_SIZE' | 'MESSAGE' | 'SHA256_LINE' | 'VERIFY_LINE', number>;

  beforeAll(async () => {
    bytes = await compileGuest('bootloader/crypto/crypto.entry.ts');
    const imports = { bus: { read32: () => 0, write32: () => {} } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), imports);
    const names = ['SLOTS', 'SLOT_SIZE', 'MESSAGE', 'SHA256_LINE', 'VERIFY_LINE'];
    at = Object.fromEntries(names.map((name) => [name, (exports[name] as WebAssembly.Global).value])) as typeof at;
  });

  const place = (memory: Uint8Array, message: Uint8Array) => {
    memory.set(message, at.MESSAGE);
    new DataView(memory.buffer).setUint32(at.SLOTS + 2 * at.SLOT_SIZE, message.length, true);
  };
  const result = (memory: Uint8Array) => {
    const start = at.SLOTS + 3 * at.SLOT_SIZE;
    return Buffer.from(memory.subarray(start, start + 32)).toString('hex');
  };

  it('gives the right SHA-256 while it is metered and counted', () => {
    const message = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7);
    for (const countBlocks of [false, true]) {
      const core = new Core(prepareImage(bytes, { countBlocks }), recordingBus());
      place(core.memory, message);
      expect(core.run('interrupt', at.SHA256_LINE, 10_000_000).outcome).toBe('returned');
      expect(result(core.memory)).toBe(createHash('sha256').update(message).digest('hex'));
    }
  });

  it('takes exactly the cycles of the instructions it executes', () => {
    const message = Uint8Array.from({ length: 100 }, (_, i) => i);
    const interpreter = new Interpreter(checkImage(bytes), { read32: () => 0, write32: () => {} });
    place(interpreter.memory, message);
    interpreter.run('interrupt', at.SHA256_LINE);
    const core = new Core(prepareImage(bytes), recordingBus());
    place(core.memory, message);
    expect(core.run('interrupt', at.SHA256_LINE, 10_000_000).cyclesUsed).toBe(interpreter.cycles);
    expect(Buffer.compare(core.memory, interpreter.memory)).toBe(0);
  });

  it('takes the same cycles every time, and more for more', () => {
    const core = new Core(prepareImage(bytes), recordingBus());
    const cyclesFor = (length: number) => {
      core.restart();
      place(core.memory, new Uint8Array(length));
      return core.run('interrupt', at.SHA256_LINE, 100_000_000).cyclesUsed;
    };
    const [short, long] = [cyclesFor(64), cyclesFor(64 * 1001)];
    expect(cyclesFor(64)).toBe(short);
    expect((long - short) % 1000).toBe(0); // a thousand blocks, each alike
  });

  it('faults under its own name, with its path', () => {
    const core = new Core(prepareImage(bytes), recordingBus());
    const outcome = core.run('interrupt', 5, 1000);
    expect(outcome).toMatchObject({
      outcome: 'fault',
      fault: { cause: 'unreachable', functionName: 'bootloader/crypto/crypto.entry/interrupt' },
    });
  });

  it('names the function a short budget ended in', () => {
    const core = new Core(prepareImage(bytes), recordingBus());
    place(core.memory, new Uint8Array(60_000));
    const outcome = core.run('interrupt', at.SHA256_LINE, 500_000);
    if (outcome.outcome !== 'fault') throw new Error('half a million cycles were enough');
    expect(outcome.fault.cause).toBe('budget');
    expect(outcome.fault.functionName).toMatch(/^bootloader\/crypto\/.*sha256/i);
  });
});
