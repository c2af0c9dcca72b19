// A failed run, forward and back: what is passed on the way forward is passed on the way back, at the same places, with the same state.

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { BreakpointError } from '../../debug/breakpoints.ts';
import { Debugger, type Stand, type StepKind } from '../../debug/debugger.ts';
import { globalsOf, pendingEvents, ramAt, readNamed, viewOf } from '../../debug/look.ts';
import { failedRun } from '../../debug/recorded-run.ts';
import { decodeFailure, type FailureFile } from '../../rig/scenario/failure-file.ts';
import type { InsideRig } from '../../rig/scenario/inside.ts';
import { OtherRun } from '../../rig/scenario/recorded-board.ts';
import { defineScenario, runScenario, type ScenarioOptions } from '../../rig/scenario/scenario.ts';

async function failureOf(options: ScenarioOptions, body: (rig: InsideRig) => Promise<unknown>): Promise<FailureFile> {
  const failing = async (rig: InsideRig) => {
    await body(rig);
    throw new Error('as it was to');
  };
  const { failureFile } = await runScenario(defineScenario('of a test', options, failing));
  return decodeFailure(failureFile as Uint8Array, 'it');
}

const placeOf = ({ timeNs, inCore, frames, hit }: Stand) => {
  const [frame] = frames;
  return `${timeNs} ${inCore ? `${frame.file}:${frame.line} ${frame.function} #${frames.length}` : 'asleep'} ${hit?.text ?? ''}`;
};

/** All that can be seen of the chip. */
function stateOf(debug: Debugger): string {
  const view = viewOf(debug);
  const hash = createHash('sha256').update(ramAt(debug, 0, 1 << 20));
  hash.update(JSON.stringify([view.recorderEvents(), view.pendingEvents(), view.logHash]));
  hash.update(globalsOf(debug).join());
  for (const name of ['RAILS.ENABLE', 'RAILS.MILLIVOLTS[3]', 'TIMER.NOW_LOW', 'WATCHDOG.REMAINING'])
    hash.update(`${readNamed(debug, name)}`);
  return hash.digest('hex');
}

/** Moves until it goes no further; the places on the way. */
async function walk(debug: Debugger, direction: 'forward' | 'back', kind: StepKind, most = 60): Promise<string[]> {
  const places: string[] = [];
  while (places.length < most) {
    const stand = await debug[direction](kind);
    if (stand.outcome !== 'hit') break;
    places.push(placeOf(stand));
  }
  return places;
}

describe('a failure in a fridge', () => {
  let file: FailureFile;
  let debug: Debugger;
  beforeAll(async () => {
    file = await failureOf({ fridge: 'uts' }, async (rig) => {
      await rig.wait('20 ms');
      rig.fault('power-surge at dac 30% after 5ms for 20ms');
      await rig.wait('10 ms');
      rig.device.sendTraffic();
      await rig.wait('30 ms');
    });
    debug = await Debugger.open(failedRun(file));
  });

  test('stands at its end first', () => {
    const { outcome, timeNs, inCore } = debug.stand;
    expect([outcome, timeNs, inCore]).toEqual(['end', file.failedNs - file.beganNs, false]);
  });

  test('repeats a move until it is interrupted, and stands there', async () => {
    let turns = 0;
    const other = await Debugger.open(failedRun(file), { turn: async () => ++turns === 3 });
    await other.at(10_000_000);
    turns = 0;
    const { outcome, timeNs } = await other.repeat('forward', 'line', 1_000_000);
    expect(outcome).toBe('interrupted');
    await debug.at(10_000_000);
    expect((await debug.repeat('forward', 'line', 3)).timeNs).toBe(timeNs);
    expect(debug.stand.outcome).toBe('hit');
  });

  test.each([
    ['line', 40],
    ['interrupt', 3],
    ['event', 7],
  ] as const)('is the same by %s forward and back', async (kind, times) => {
    await debug.at(10_000_000);
    const first = await debug.forward(kind);
    const [start, state] = [placeOf(first), stateOf(debug)];
    const there = await walk(debug, 'forward', kind, times);
    expect(there).toHaveLength(times);
    expect(await walk(debug, 'back', kind, times)).toEqual([...there.slice(0, -1).reverse(), start]);
    expect(stateOf(debug)).toBe(state);
  });

  test('goes over calls, both ways', async () => {
    debug.break('runInterlock');
    await debug.at(25_000_000);
    const called = await debug.forward('continue');
    debug.breakpoints.splice(0);
    const depths: number[] = [];
    for (let step = 0; step < 8; step++) depths.push((await debug.forward('over')).frames.length);
    for (let step = 0; step < 7; step++) depths.push((await debug.back('over')).frames.length);
    expect(new Set(depths)).toEqual(new Set([called.frames.length]));
    expect(placeOf(await debug.back('over'))).toBe(placeOf({ ...called, hit: undefined }));
  });

  test('stops at every write of a register, both ways, in the line that writes', async () => {
    const fresh = await Debugger.open(failedRun(file));
    fresh.break('write RAILS.ENABLE');
    const back = await walk(fresh, 'back', 'continue');
    expect(fresh.stand.outcome).toBe('start');
    expect(await walk(fresh, 'forward', 'continue')).toEqual(back.reverse());
    expect(back).toHaveLength(3);
    for (const place of back)
      expect(place).toMatch(/ firmware\/drive\/rails\.ts:\d+ .* write of RAILS\.ENABLE: 0x\w+$/);
    // What was written is in force there, and what was before the line is not.
    await fresh.back('continue');
    expect(readNamed(fresh, 'RAILS.ENABLE')).toBe(0x3);
    await fresh.back('line');
    expect(readNamed(fresh, 'RAILS.ENABLE')).not.toBe(0x3);
  });

  test('stops at an event inside of the function that recorded it, with those that called it', async () => {
    const fresh = await Debugger.open(failedRun(file));
    const { number } = fresh.break('event interlock-tripped');
    const { hit, frames } = await fresh.back('continue');
    expect(hit).toMatchObject({ breakpoint: number, text: expect.stringMatching(/^event INTERLOCK_TRIPPED: /) });
    expect(frames.map((frame) => frame.function)).toEqual(
      expect.arrayContaining(['protocol/guest/record-event/recordEvent', 'firmware/protect/interlock/runInterlock']),
    );
    expect(viewOf(fresh).recorderEvents(1)[0].kind).toBe(48);
    const before = frames.length;
    const [, caller] = frames;
    expect((await fresh.forward('out')).frames).toHaveLength(before - 1);
    await fresh.back('continue');
    expect((await fresh.back('caller')).frames[0]).toEqual(caller);
  });

  test('stops at lines, functions and times', async () => {
    const fresh = await Debugger.open(failedRun(file));
    fresh.break('runInterlock');
    const called = await fresh.back('continue');
    expect([called.hit?.text, called.frames[0].function]).toEqual([
      'call of runInterlock',
      'firmware/protect/interlock/runInterlock',
    ]);
    const { file: source, line } = called.frames[0];
    fresh.breakpoints.splice(0);
    const condition = fresh.break(`${source?.split('/').at(-1)}:${line}`);
    expect(condition.text).toBe(`${source}:${line}`);
    await fresh.at(0);
    expect((await fresh.forward('continue')).frames[0]).toMatchObject({ file: source, line });
    fresh.delete(condition.number);
    fresh.break('at 22 ms');
    expect([(await fresh.back('continue')).hit?.text, fresh.stand.timeNs]).toEqual(['the time', 22_000_000]);
    expect([(await fresh.back('continue')).outcome, fresh.stand.timeNs]).toEqual(['start', 0]);
    expect([(await fresh.forward('continue')).hit?.text, fresh.stand.timeNs]).toEqual(['the time', 22_000_000]);
    expect((await fresh.forward('continue')).outcome).toBe('end');
    expect([(await fresh.back('continue')).hit?.text, fresh.stand.timeNs]).toEqual(['the time', 22_000_000]);
  });

  test('reads registers that are computed, and goes on as if it had not', async () => {
    await debug.at(25_000_000);
    await debug.forward('line');
    const low = readNamed(debug, 'TIMER.NOW_LOW');
    expect(readNamed(debug, 'RAILS.MILLIVOLTS[3]')).toBeGreaterThan(500);
    expect(readNamed(debug, 'TIMER.NOW_LOW')).toBe(low);
    expect(pendingEvents(debug).map(({ name }) => name)).toContain('WATCHDOG_EXPIRED');
    expect(() => readNamed(debug, 'WATCHDOG.FEED')).toThrow('WATCHDOG.FEED is write-only');
    // The end has the recorded hash, or this throws.
    expect((await debug.forward('continue')).outcome).toBe('end');
  });

  test.each([
    ['nowhere.ts:3', /no code of this run comes from nowhere\.ts/],
    ['firmware/drive/rails.ts:99999', /has no code at line 99999 or behind; its last is line \d+/],
    ['runInterlok', /no module of this run has a function runInterlok/],
    ['write RAILS.NABLE', /RAILS has no NABLE; it has .*ENABLE/],
    ['write RAILS.MILLIVOLTS', /RAILS\.MILLIVOLTS is read-only/],
    ['read WATCHDOG.FEED', /write-only/],
    ['event TRIPPED', /there is no event TRIPPED \(there is INTERLOCK_TRIPPED\)/],
    ['at noon', /'noon' is no time/],
    ['write', /no module of this run has a function write/],
    ['a b c', /'a b c' is no place to stop; write FILE:LINE/],
  ])('refuses to stop at %s', (text, words) => {
    expect(() => debug.break(text)).toThrow(BreakpointError);
    expect(() => debug.break(text)).toThrow(words);
  });

  test('that ends otherwise than it was recorded is refused', async () => {
    const other = { ...file, end: { ...file.end, logHash: '0'.repeat(16) } };
    await expect(Debugger.open(failedRun(other))).rejects.toThrow(OtherRun);
  });
});

describe('a failure in which the chip boots', () => {
  test('shows the bootloader, the firmware it hands over to, and the moment of a cut', async () => {
    const file = await failureOf({ needs: 'inside', from: 'factory' }, async (rig) => {
      rig.powerOn();
      await rig.wait('47 ms');
      rig.cutPower();
      await rig.wait('1 ms');
    });
    const debug = await Debugger.open(failedRun(file));
    expect((await debug.back('event')).hit?.text).toMatch(/^power cut/);
    debug.break('event HANDOVER');
    const { inCore, timeNs } = await debug.back('continue');
    expect([inCore, timeNs > 40_000_000]).toEqual([false, true]);
    const last = await debug.back('line');
    expect(last.frames[0].file).toMatch(/^bootloader\//);
    const places = [placeOf(last), ...(await walk(debug, 'back', 'line', 5))];
    expect(await walk(debug, 'forward', 'line', 5)).toEqual(places.slice(0, -1).reverse());
    debug.breakpoints.splice(0);
    expect((await debug.forward('line')).frames.at(-1)?.function).toBe('firmware/main/reset');
  });
});
