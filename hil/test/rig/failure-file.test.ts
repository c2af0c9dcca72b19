// What a failed scenario leaves repeats it: any script of waits, requests, faults, cuts and resets ends at the same nanosecond with the same log
// hash, without the script. A file that is none is refused in words.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../../host/board/testing/cases.ts';
import { decodeFailure, type FailureFile, FailureFileError } from '../../rig/scenario/failure-file.ts';
import type { InsideRig } from '../../rig/scenario/inside.ts';
import { repeatFailure } from '../../rig/scenario/replay.ts';
import { defineScenario, runScenario, type ScenarioOptions } from '../../rig/scenario/scenario.ts';

type Step = [does: string, amount: number];

const faults = [
  'thermal-rise at 4K 200mW after 20ms for 3s',
  'power-surge at dac 30% after 1ms for 20ms',
  'power-surge at core -25% after 3ms for 5ms',
  'timing-jitter at primary for 2s',
  'firmware-lock at core after 2ms',
  'mechanical at MXC for 1s',
];
const does = [
  'wait',
  'wait',
  'echo',
  'traffic',
  'fault',
  'cut',
  'cut at access',
  'cut after',
  'reset',
  'brown-out',
  'look',
  'flip',
  'erase',
];
const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(...does), fc.integer({ min: 1, max: 1_000_000_000 }));

async function take(rig: InsideRig, [doing, amount]: Step): Promise<void> {
  if (rig.view.state === 'off') rig.powerOn();
  if (rig.view.state === 'halted') return;
  if (doing === 'wait') await rig.wait(`${amount} ns`);
  else if (doing === 'echo') await rig.client.echo('hello', { timeoutMs: 300 }).catch(() => {});
  else if (doing === 'traffic') rig.device.sendTraffic();
  else if (doing === 'fault') rig.fault(faults[amount % faults.length]);
  else if (doing === 'cut') rig.cutPower();
  else if (doing === 'cut at access') rig.cutPower(`at access ${1 + (amount % 5000)}`);
  else if (doing === 'cut after') rig.cutPower(`after ${amount % 5_000_000}ns`);
  else if (doing === 'reset') rig.device.board.pullResetPin();
  else if (doing === 'brown-out') rig.device.board.brownOut();
  else if (doing === 'look') rig.register('RAILS.MILLIVOLTS[3]');
  else if (doing === 'flip') rig.device.programmer.flipBit(0x40000 + (amount % 100_000), amount % 8);
  else rig.device.programmer.erase('B');
}

/** The file that this leaves; it always fails at its end. */
async function failureOf(
  body: (rig: InsideRig) => void | Promise<void>,
  options: ScenarioOptions,
): Promise<FailureFile> {
  const failing = async (rig: InsideRig) => {
    await body(rig);
    throw new Error('as it was to');
  };
  const { failureFile, result } = await runScenario(defineScenario('of a test', options, failing));
  const file = decodeFailure(failureFile as Uint8Array, 'it');
  expect(file.end.logHash).toBe(result.logHash);
  expect(file.failedNs - file.beganNs).toBe(result.timeNs);
  return file;
}

describe('a failure', () => {
  test.each([
    ['in a fridge', { fridge: 'uts' }],
    ['on a quiet bench, on trial', { needs: 'inside', from: 'trial-1.1' }],
  ] as const)('of any script is repeated from its file: %s', { timeout: 120_000 }, async (_, options) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        // On a quiet bench nothing can be disturbed but the core.
        const taken = 'fridge' in options ? steps : steps.filter(([doing]) => doing !== 'fault');
        const file = await failureOf(async (rig) => {
          for (const each of taken) await take(rig, each);
        }, options);
        const { board, steps: repeat } = repeatFailure(file);
        for (const _ of repeat());
        expect([board.now, board.logHash]).toEqual([file.failedNs, file.end.logHash]);
      }),
      cases(12),
    );
  });

  test('is repeated up to a time, and its steps tell how far it is', async () => {
    const file = await failureOf((rig) => rig.wait('5 s'), { needs: 'inside' });
    const { board, steps } = repeatFailure(file);
    const times = [...steps(file.beganNs + 3_200_000_000)];
    expect(board.now - file.beganNs).toBe(3_200_000_000);
    expect(times.length).toBe(3);
  });

  test('names its images and its choices', async () => {
    const file = await failureOf((rig) => void rig.choose(1), { needs: 'inside', from: 'uploaded-1.1' });
    expect(file.images.map(({ slot, version, sha256 }) => [slot, version, sha256.length])).toEqual([
      ['A', '1.0.0', 64],
      ['B', '1.1.0', 64],
    ]);
    expect(file.choices).toEqual([0]);
  });

  test('that is damaged, cut off or something else is refused with what to do', async () => {
    const { failureFile } = await runScenario(
      defineScenario('x', { needs: 'inside' }, () => Promise.reject(new Error('!'))),
    );
    const bytes = failureFile as Uint8Array;
    const refusal = (wrong: Uint8Array) => {
      expect(() => decodeFailure(wrong, 'a.coldrig')).toThrow(FailureFileError);
      return expect(() => decodeFailure(wrong, 'a.coldrig'));
    };
    refusal(bytes.subarray(0, bytes.length - 9)).toThrow(/a\.coldrig: it is damaged .* run the scenario again/);
    refusal(Uint8Array.from(bytes, (byte, at) => (at === 5000 ? byte ^ 4 : byte))).toThrow('a.coldrig: it is damaged');
    refusal(gzipSync('no CBOR')).toThrow(/a\.coldrig: /);
    refusal(gzipSync(Uint8Array.of(0xa0))).toThrow('not a failure file of version 1');
  });
});
