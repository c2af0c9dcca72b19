// What a device tells of its code: counting and profiling change nothing of a run, and what is told is what ran.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LogKind } from '../../../host/board/log.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { nameOfTask } from '../../../host/tools/profile/worst.ts';
import { OsCommand, Smp, SmpGroup } from '../../../protocol/smp/smp.ts';
import { countedWhile, coveredBlocks } from '../../rig/coverage.ts';
import {
  CallProfile,
  type DeviceOptions,
  DeviceUnderTest,
  firmwareImage,
  lcovOfCoverage,
  millisecond,
  second,
  speedscopeOf,
  worstCases,
} from '../../rig/index.ts';

const run = async (options: DeviceOptions = {}) => {
  const device = await DeviceUnderTest.running({ slots: { A: await firmwareImage('1.0.0') }, ...options });
  device.run(1200 * millisecond);
  await device.client().echo('x');
  return device;
};
const plain = await run();

describe('a device whose blocks are counted and whose calls are profiled', () => {
  const calls = new CallProfile();
  let watched: DeviceUnderTest;
  beforeAll(async () => {
    watched = await run({ countBlocks: true, calls });
  });

  test('does what it does without, to the last bit and cycle', () => {
    expect(watched.board.logHash).toBe(plain.board.logHash);
    const logged = watched.log.filter(({ kind }) => kind === LogKind.RUN).reduce((cycles, { b }) => cycles + b, 0);
    expect(calls.modules.map(({ role }) => role)).toEqual(['bootloader', 'firmware']);
    expect(calls.modules.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(logged);
  });

  test('has of each task what the firmware itself has measured', () => {
    interface Statistics {
      tasks: Record<string, { runtime: number | bigint; cswcnt: number }>;
    }
    const { tasks } = watched.request(Smp.OP_READ, SmpGroup.OS, OsCommand.TASKSTAT) as unknown as Statistics;
    const firmware = calls.modules[1];
    const compared = firmware.tasks.flatMap((profile) => {
      const own = tasks[nameOfTask(firmware, profile)];
      // The task that answers is under way.
      return own && own.cswcnt === profile.runs ? [{ own: Number(own.runtime), profile }] : [];
    });
    expect(compared.length).toBeGreaterThan(8);
    for (const { own, profile } of compared) {
      // The scheduler's own work around a task is in the firmware's figure, with its look at the tasks before it.
      const around = (own - profile.timeNs / 4) / profile.runs;
      expect(around, nameOfTask(firmware, profile)).toBeGreaterThan(0);
      expect(around, nameOfTask(firmware, profile)).toBeLessThan(600);
    }
    const [{ path }] = worstCases(calls.modules);
    expect(path.map((step) => step.function).at(-1)).toBe('bootloader/crypto/generated/sha256-compress/sha256Compress');
  });

  test('is a profile whose functions have their places in the source', async () => {
    const { shared } = await speedscopeOf(calls, 'test');
    expect(shared.frames.find(({ name }) => name === 'firmware/report/heartbeat/runHeartbeat')?.file).toBe(
      'firmware/report/heartbeat.ts',
    );
  });

  test('tells which lines of firmware and bootloader ran', async () => {
    const lcov = await lcovOfCoverage(watched.coverage());
    const fileOf = (path: string) =>
      lcov.split('end_of_record\n').find((record) => record.includes(`SF:${path}\n`)) ?? '';
    expect(fileOf('firmware/main.ts')).toMatch(/^FNDA:1,firmware\/main\/reset$/m);
    expect(fileOf('bootloader/main.ts')).toMatch(/^FNDA:1,bootloader\/main\/reset$/m);
    expect(fileOf('firmware/report/heartbeat.ts')).toMatch(/^DA:\d+,1$/m);
    expect(fileOf('bootloader/safe-mode.ts')).toMatch(/^DA:\d+,0$/m);
    expect(lcov).not.toContain('~lib');
  });

  test('tells of each function where it is defined', async () => {
    const lcov = await lcovOfCoverage(watched.coverage());
    const wrong: string[] = [];
    let functions = 0;
    for (const record of lcov.split('end_of_record\n').slice(0, -1)) {
      const path = /^SF:(.*)$/m.exec(record)?.[1] ?? '';
      const source = readFileSync(join(repositoryRoot, path), 'utf8').split('\n');
      for (const [, line, name] of record.matchAll(/^FN:(\d+),(.*)$/gm)) {
        functions++;
        const text = source[Number(line) - 1] ?? '';
        const plain = name.slice(name.lastIndexOf('/') + 1);
        if (!new RegExp(`\\bfunction ${plain}[<(]`).test(text)) wrong.push(`${path}:${line} '${text}' for ${name}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(functions).toBeGreaterThan(400);
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
