// `coldrig replay` of a failure, in another process than the one that failed: the same nanosecond, the same hash, and what can be looked at there.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFailure, encodeFailure, otherBoardText } from '../../hil/rig/scenario/failure-file.ts';
import { event, not } from '../../hil/rig/scenario/index.ts';
import { within } from '../../hil/rig/scenario/rig.ts';
import { defineScenario, runScenario, type ScenarioResult } from '../../hil/rig/scenario/scenario.ts';
import { coldrig } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-replay-'));
const file = join(folder, 'failure.coldrig');
const place = (name: string) => join(folder, name);
let failed: ScenarioResult;

const surgeAfter = (time: string) =>
  defineScenario('a surge trips nothing', { fridge: 'uts' }, async (rig) => {
    await rig.wait(time);
    rig.fault('power-surge at dac 30% after 5ms for 20ms');
    await rig.until(event('INTERLOCK_TRIPPED'), within('2 s'));
    await rig.check(not(event('INTERLOCK_TRIPPED')));
  });

beforeAll(async () => {
  const outcome = await runScenario(surgeAfter('1 s'));
  failed = outcome.result;
  writeFileSync(file, outcome.failureFile as Uint8Array);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the replay of a failure', () => {
  it('is the same run, and says what failed', async () => {
    const { code, json } = await coldrig(['replay', file, '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      ...{ ok: true, same: true, scenario: failed.name, failedNs: failed.facts?.timeNs, endNs: failed.timeNs },
      ...{ logHash: failed.logHash, message: failed.message, fridge: 'uts', seed: 1 },
    });
    expect(json.events).toContainEqual(expect.objectContaining({ event: 'interlock-tripped', interlock: 'RAIL_OVER' }));
    const { stdout } = await coldrig(['replay', file]);
    expect(stdout).toMatch(/expected: not: event INTERLOCK_TRIPPED\n {4}seen: {5}at 1\.005/);
    expect(stdout).toContain('the same run as the recorded one');
  });

  it('stops where it is told to, and shows the registers there', async () => {
    const registersAt = async (at: string) => {
      const { json } = await coldrig(['replay', file, '--json', '--at', at, '--registers']);
      expect(json.same).toBeNull();
      const shown = json.registers as { name: string; value: number; fields: Record<string, number> }[];
      return Object.fromEntries(shown.map(({ name, value }) => [name, value]));
    };
    const [before, after] = [await registersAt('1004ms'), await registersAt('1005.9ms')];
    expect([before['INTERLOCK.TRIPPED'], before['OUTPUTS.STATE']]).toEqual([0, 7]);
    expect([after['INTERLOCK.TRIPPED'] !== 0, after['OUTPUTS.STATE']]).toEqual([true, 0]);
    expect(before['RAILS.MILLIVOLTS[0]']).toBeUndefined();
    const { stdout } = await coldrig(['replay', file, '--at', '1004ms', '--registers']);
    expect(stdout).toMatch(/^RAILS\.ENABLE +0x0000003f/m);
  });

  it('writes its signals, its events and its calls', async () => {
    const [vcd, trace, profile] = [place('run.vcd'), place('run.pftrace'), place('run.json')];
    const outputs = ['--vcd', vcd, '--perfetto', trace, '--profile', profile];
    const { code, stdout } = await coldrig(['replay', file, ...outputs]);
    expect(code).toBe(0);
    const text = readFileSync(vcd, 'utf8');
    const [, gates] = /32 (\S+) gates/.exec(text) ?? [];
    const changes: [timeNs: number, value: number][] = [];
    let timeNs = 0;
    for (const line of text.slice(text.indexOf('$enddefinitions')).split('\n')) {
      if (line.startsWith('#')) timeNs = Number(line.slice(1));
      else if (line.endsWith(` ${gates}`)) changes.push([timeNs, Number.parseInt(line.slice(1), 2)]);
    }
    expect(changes.map(([, value]) => value)).toEqual([7, 0]);
    // Within microseconds of the surge.
    expect(changes[1][0] - 1_005_000_000).toBeLessThan(50_000);
    for (const word of ['INTERLOCK_TRIPPED', 'firmware/protect/interlock/runInterlock'])
      expect(readFileSync(trace).includes(word), word).toBe(true);
    expect(readFileSync(profile, 'utf8')).toContain('firmware/protect/interlock/runInterlock');
    expect(stdout).toMatch(/^firmware interlock .* > conditions\/measureConditions/m);
  });

  it.each([
    ['a time after its end', () => ['--at', '1h'], 2, /ends at 1\.00\d+ s; choose an earlier time/],
    ['what belongs to another kind of file', () => ['--salvage'], 2, /--salvage is for the inputs of a run/],
    ['a time that is none', () => ['--at', 'noon'], 2, /expected a time such as 1\.2s/],
  ])('refuses %s', async (_, more, exitCode, message) => {
    const { code, stderr } = await coldrig(['replay', file, ...more()], { columns: 200 });
    expect([code, message.test(stderr)]).toEqual([exitCode, true]);
  });

  it('refuses a damaged file', async () => {
    const bytes = readFileSync(file);
    writeFileSync(place('cut.coldrig'), bytes.subarray(0, bytes.length - 100));
    const { code, stderr } = await coldrig(['replay', place('cut.coldrig')], { columns: 300 });
    expect([code, /cut\.coldrig: it is damaged/.test(stderr)]).toEqual([1, true]);
  });
});

describe('a failure of another board', () => {
  const words = { version: 1, layout: 2, 'size of its state': 3 };
  it.each(Object.entries(words))('with another %s is refused with what wrote it and what to do', async (_, word) => {
    const failure = decodeFailure(readFileSync(file), file);
    const start = Uint8Array.from(failure.start);
    start[4 * word] ^= 8;
    writeFileSync(place('other.coldrig'), encodeFailure({ ...failure, start }));
    for (const words of [['replay'], ['debug', '--commands', 'where']]) {
      const { code, json } = await coldrig([...words, place('other.coldrig'), '--json']);
      expect([code, json.error]).toMatchObject([1, { code: 'OTHER_BOARD' }]);
      expect((json.error as { message: string }).message).toMatch(
        /other\.coldrig: it was written by another build of this version, .* \(snapshot: .*\); repeat it with the coldrig that wrote it, or run the scenario again$/,
      );
    }
  });

  it('names the version that wrote it', () => {
    const failure = { ...decodeFailure(readFileSync(file), file), by: '0.0.9' };
    expect(otherBoardText(failure, 'why')).toMatch(/^it was written by coldrig 0\.0\.9, .* \(why\); repeat it with/);
  });
});

describe('bisect', () => {
  it('finds the first moment at which two failures part, and none between a failure and itself', async () => {
    expect((await coldrig(['bisect', file, file, '--json'])).json).toEqual({ ok: true, same: true });
    const { failureFile } = await runScenario(surgeAfter('1000000004 ns'));
    writeFileSync(place('late.coldrig'), failureFile as Uint8Array);
    const { json } = await coldrig(['bisect', file, place('late.coldrig'), '--json']);
    expect(json).toMatchObject({
      same: false,
      timeNs: 1_000_000_000,
      first: '1000.000000 ms disturbance: power-surge at dac 30%',
    });
    const { stdout } = await coldrig(['bisect', file, place('late.coldrig')]);
    expect(stdout).toMatch(/they part after 1 s \(1000000000 ns, cycle \d+\)/);
  });
});
