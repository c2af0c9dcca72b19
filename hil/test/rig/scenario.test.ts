// A scenario begins where it says, waits in virtual time, says what it saw when it fails, and goes through its choices.

import { describe, expect, test } from 'vitest';
import { event, heartbeat, lastBoot, register, runs, slots } from '../../rig/scenario/expectations.ts';
import { CannotRun, type GameDay, not, playGameDay, within } from '../../rig/scenario/index.ts';
import type { InsideRig } from '../../rig/scenario/inside.ts';
import { defineScenario, runScenario, type ScenarioOptions } from '../../rig/scenario/scenario.ts';
import type { RigSettings } from '../../rig/scenario/settings.ts';
import { startingStates, state } from '../../rig/scenario/states.ts';

const run = (body: (rig: InsideRig) => unknown, options: ScenarioOptions = {}, settings: RigSettings = {}) =>
  runScenario(
    defineScenario('of a test', { needs: 'inside', ...options }, async (rig) => void (await body(rig))),
    settings,
  );

describe('a starting state', () => {
  const expected: Record<string, [state: string, A: string, B: string]> = {
    factory: ['off', 'CONFIRMED', 'UNMARKED'],
    'confirmed-1.0': ['firmware', 'CONFIRMED', 'UNMARKED'],
    'uploaded-1.1': ['firmware', 'CONFIRMED', 'UNMARKED'],
    'pending-1.1': ['firmware', 'CONFIRMED', 'PENDING'],
    'trial-1.1': ['firmware', 'CONFIRMED', 'TRIAL 2'],
    'confirmed-1.1': ['firmware', 'CONFIRMED', 'CONFIRMED'],
    'safe-mode': ['bootloader', 'CONFIRMED', 'UNMARKED'],
    'no-image': ['bootloader', 'CONFIRMED SLOT_EMPTY', 'UNMARKED'],
  };

  test('is what its name says, whatever ran before', async () => {
    for (const name of Object.keys(expected).reverse()) {
      const { result } = await run(
        async (rig) => {
          const [mode, A, B] = expected[name];
          expect(rig.view.state, name).toBe(mode);
          await rig.check(slots({ A, B }));
          // Disturbs what the next ones must not see.
          rig.device.programmer.erase('A');
          if (mode !== 'off') rig.cutPower();
        },
        { from: name },
      );
      expect(result.message).toBeUndefined();
    }
    expect(startingStates().map(({ name }) => name)).toEqual(Object.keys(expected));
  });

  test('of one’s own builds on another one', async () => {
    state('without-power', 'power is cut', { from: 'confirmed-1.0' }, (rig) => rig.cutPower());
    const { result } = await run((rig) => expect(rig.powerOn().slot).toBe('A'), { from: 'without-power' });
    expect(result.message).toBeUndefined();
    expect(() => state('without-power', '', {}, () => {})).toThrow('one of this name already');
    expect(() => defineScenario('x', { from: 'warm' }, () => {})).toThrow(
      /no starting state 'warm'; there are factory/,
    );
  });
});

describe('a scenario', () => {
  test('that ends before what it began has failed, and leaves nothing behind', async () => {
    const { result } = await run((rig) => void rig.until(event('INTERLOCK_TRIPPED'), within('10 ms')));
    expect(result.message).toMatch(/^rig\.until\(…\) was still open when the scenario ended: write await before it/);
    expect(result.timeNs).toBe(10_000_000);
    const thrown = await run((rig) => {
      void rig.wait('10 ms');
      throw new Error('its own');
    });
    expect([thrown.result.message, thrown.result.timeNs]).toEqual(['its own', 10_000_000]);
  });

  test('may catch what fails', async () => {
    const { result } = await run((rig) =>
      expect(rig.check(slots({ A: 'PENDING' }))).rejects.toThrow('expected: A PENDING'),
    );
    expect(result.message).toBeUndefined();
  });

  test('is refused with an option that does not exist, and in a fridge that does not', async () => {
    const misspelt = { form: 'trial-1.1' } as ScenarioOptions;
    expect(() => defineScenario('x', misspelt, () => {})).toThrow(
      "scenario 'x': there is no option 'form'; there are from, fridge, seed, needs, vary",
    );
    const needs = { needs: 'inner' } as unknown as ScenarioOptions;
    expect(() => defineScenario('x', needs, () => {})).toThrow("needs is 'inner'; expected 'inside' or 'wire'");
    await expect(run(() => {}, { fridge: 'utz' })).rejects.toThrow(
      "fridge 'utz': expected uts, xld, stand or a file that can be read (ENOENT)",
    );
  });
});

describe('a failure', () => {
  test('says when, what was expected, what was seen, and what was before that', async () => {
    const { result } = await run(async (rig) => {
      await rig.wait('1500 ms');
      rig.brownOut();
      await rig.until(slots({ B: 'TRIAL 1' }), within('200 ms'));
    });
    expect(result.verdict).toBe('failed');
    expect(result.message).toMatch(
      /^1\.7\d+ s \(17\d+ ns\) of virtual time: waited 200 ms\n {2}expected: B TRIAL 1\n {2}seen: {5}A CONFIRMED, B UNMARKED\n/,
    );
    expect(result.facts?.trace.join('\n')).toMatch(/15\d\d\.\d+ ms BOOT_DECISION: CONFIRMED, slot A/);
    expect(result.facts?.timeNs).toBe(result.timeNs);
  });

  test('of a measurement has its limits and its unit', async () => {
    const { result } = await run((rig) => rig.measure('trip time', 61, { unit: 'ms', atMost: 50 }));
    expect(result.message).toMatch(/measured 'trip time'\n {2}expected: at most 50 ms\n {2}seen: {5}61 ms/);
    expect(result.measurements).toEqual([{ name: 'trip time', value: 61, unit: 'ms', atMost: 50, ok: false }]);
  });

  test('of each condition says what is there instead', async () => {
    const seenOf = async (look: (rig: InsideRig) => Promise<unknown>) => (await run(look)).result.facts?.seen;
    expect(await seenOf((rig) => rig.check(runs('9.9.9')))).toBe('slot 0: 1.0.0 (active, confirmed)');
    expect(await seenOf((rig) => rig.check(heartbeat('HEALTH', { atLeast: 1 })))).toBe('0');
    expect(await seenOf((rig) => rig.check(register('RAILS.ENABLE', 0)))).toBe('63 (0x3f)');
    expect(await seenOf((rig) => rig.check(event('INTERLOCK_TRIPPED')))).toBe('no event');
    expect(await seenOf((rig) => rig.check(lastBoot({ slot: 'B' })))).toContain('decision CONFIRMED, slot A');
    expect(await seenOf((rig) => rig.check(not(slots({ A: 'CONFIRMED' }))))).toBe('A CONFIRMED, B UNMARKED');
    expect(await seenOf((rig) => rig.check(() => rig.now < 0))).toBe('not so');
    expect(await seenOf((rig) => rig.stays(not(slots({ B: 'UNMARKED' })), '1 s'))).toBe('A CONFIRMED, B UNMARKED');
  });

  test('of words that mean nothing says which do', async () => {
    const messageOf = async (work: (rig: InsideRig) => unknown) => (await run(work)).result.message;
    expect(await messageOf((rig) => rig.wait('3 fortnights'))).toContain(
      "'3 fortnights' is no time; write a number and one of ns, us",
    );
    expect(await messageOf((rig) => rig.register('RAIL.ENABLE'))).toContain('with one of FLASH, RESET');
    expect(await messageOf((rig) => rig.register('RAILS.ENABLED'))).toContain('RAILS has no ENABLED; it has ENABLE');
    expect(await messageOf((rig) => rig.cutPower('soon'))).toContain("write 'now', 'after 3ms'");
    expect(await messageOf((rig) => rig.kelvin('4K'))).toContain("give the scenario one, { fridge: 'uts' }");
  });
});

describe('choices', () => {
  const pairs =
    (seen: string[], fail = '') =>
    (rig: InsideRig) => {
      const first = rig.choose(2);
      const text = first === 0 ? '0' : `1${rig.choose(3)}`;
      seen.push(text);
      if (text === fail) throw new Error('this one fails');
    };

  test('are all made, each combination once', async () => {
    const seen: string[] = [];
    const { result } = await run(pairs(seen), { vary: 'all' });
    expect([seen, result.runs]).toEqual([['0', '10', '11', '12'], 4]);
  });

  test('of a failure are in its message, and repeat it', async () => {
    const { result } = await run(pairs([], '11'), { vary: 'all' });
    expect(result.message).toBe('this one fails\n  choices:  1,1');
    const again: string[] = [];
    expect((await run(pairs(again, '11'), {}, { choices: result.choices })).result.verdict).toBe('failed');
    expect(again).toEqual(['11']);
  });

  test('at random are those of the seed', async () => {
    const drawn = async (seed: number) => {
      const seen: string[] = [];
      await run((rig) => void seen.push(`${rig.choose(1000)}`), { vary: 4, seed });
      return seen;
    };
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(new Set([...(await drawn(1)), ...(await drawn(2))]).size).toBe(8);
  });
});

test('a scenario that cannot run here is skipped with its reason', async () => {
  const { result } = await run(() => {
    throw new CannotRun('there is no moon tonight');
  });
  expect(result).toMatchObject({ verdict: 'skipped', reason: 'there is no moon tonight' });
});

test('a game day has no points where nothing is noticed and nobody gets well, and all of them where the firmware runs', async () => {
  const dayFrom = async (from: string) => {
    let day: GameDay | undefined;
    const { result } = await run(
      async (rig) => {
        day = await playGameDay(rig, 2);
      },
      { from, fridge: 'uts' },
    );
    return { message: result.message, score: day?.score, runbooks: day?.rounds.map(({ runbooks }) => runbooks[0]) };
  };
  const inSafeMode = { message: undefined, score: 0, runbooks: ['safe-mode', 'safe-mode'] };
  expect(await dayFrom('no-image')).toEqual(inSafeMode);
  const page = expect.stringMatching(/^[a-z-]+$/);
  expect(await dayFrom('confirmed-1.0')).toEqual({ message: undefined, score: 100, runbooks: [page, page] });
});

test('a device that does not answer is not as it should be, and no error of the rig', async () => {
  const { result } = await run((rig) => rig.check(heartbeat('HEALTH', 0)), { from: 'safe-mode' });
  expect(result.message).toMatch(/expected: heartbeat HEALTH 0\n {2}seen: {5}heartbeat: /);
});
