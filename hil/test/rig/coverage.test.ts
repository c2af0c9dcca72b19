// What a device tells of its code: counting and tracing change nothing of a run, and what is counted is what ran.

import { describe, expect, test } from 'vitest';
import type { CallWitness } from '../../../host/board/call-witness.ts';
import { LogKind } from '../../../host/board/log.ts';
import { countedWhile, coveredBlocks } from '../../rig/coverage.ts';
import {
  type DeviceOptions,
  DeviceUnderTest,
  firmwareImage,
  lcovOfCoverage,
  millisecond,
  second,
} from '../../rig/index.ts';

const run = async (options: DeviceOptions = {}) => {
  const device = await DeviceUnderTest.running({ slots: { A: await firmwareImage('1.0.0') }, ...options });
  device.run(1200 * millisecond);
  await device.client().echo('x');
  return device;
};
const plain = await run();

/** The sum of the cycles of all runs, and how many calls there were. */
class CycleSum implements CallWitness {
  cycles = 0;
  calls = 0;
  open = 0;
  begin(): void {
    this.open = 0;
  }
  enter(): void {
    this.calls++;
    this.open++;
  }
  leave(): void {
    this.open--;
  }
  end(cycles: number): void {
    this.cycles += cycles;
  }
}

describe('a device whose blocks are counted and whose calls are traced', () => {
  test('does what it does without, to the last bit and cycle', async () => {
    const sum = new CycleSum();
    const watched = await run({ countBlocks: true, calls: sum });
    expect(watched.board.logHash).toBe(plain.board.logHash);
    expect(sum.open, 'the function a run began with is ended by its end').toBe(1);
    expect(sum.calls).toBeGreaterThan(10_000);
    const logged = watched.log.filter(({ kind }) => kind === LogKind.RUN).reduce((cycles, { b }) => cycles + b, 0);
    expect(sum.cycles).toBe(logged);
  });

  test('tells which lines of firmware and bootloader ran', async () => {
    const lcov = await lcovOfCoverage((await run({ countBlocks: true })).coverage());
    const fileOf = (path: string) =>
      lcov.split('end_of_record\n').find((record) => record.includes(`SF:${path}\n`)) ?? '';
    expect(fileOf('firmware/main.ts')).toMatch(/^FNDA:1,firmware\/main\/reset$/m);
    expect(fileOf('bootloader/main.ts')).toMatch(/^FNDA:1,bootloader\/main\/reset$/m);
    expect(fileOf('firmware/report/heartbeat.ts')).toMatch(/^DA:\d+,1$/m);
    expect(fileOf('bootloader/safe-mode.ts')).toMatch(/^DA:\d+,0$/m);
    expect(lcov).not.toContain('~lib');
  });

  test('counts from where a snapshot of a device that does not count was taken', async () => {
    const snapshot = plain.snapshot();
    const counting = await DeviceUnderTest.make({ countBlocks: true });
    counting.restore(snapshot);
    counting.run(second);
    const [firmware, ...others] = await coveredBlocks(counting.coverage());
    expect(others).toEqual([]);
    const beats = firmware.blocks.findIndex(({ functionName }) => functionName.endsWith('/runHeartbeat'));
    expect(firmware.counts[beats]).toBe(1);
    expect(() => plain.coverage()).toThrow('without countBlocks');
  });

  test('adds up all boards that were made meanwhile', async () => {
    const coverage = await countedWhile(async () => {
      for (let boots = 0; boots < 2; boots++)
        await DeviceUnderTest.running({ slots: { A: await firmwareImage('1.0.0') } });
    });
    expect(coverage.map(({ role }) => role)).toEqual(['bootloader', 'firmware']);
    const [bootloader] = await coveredBlocks(coverage);
    const reset = bootloader.blocks.findIndex(({ functionName }) => functionName === 'bootloader/main/reset');
    expect(bootloader.counts[reset]).toBe(2);
  });
});
