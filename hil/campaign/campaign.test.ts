// Campaigns without a server: whatever dies and whenever, each unit counts once.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { planOf } from './plan.ts';
import { CampaignError } from './queue.ts';
import { isSettled, look } from './state.ts';
import { submit } from './submit.ts';
import {
  beats,
  bench,
  campaignOf,
  heldBack,
  options,
  planFor,
  proved,
  settle,
  texts,
  textsOf,
} from './testing/campaign-bench.ts';
import { MemoryServer } from './testing/memory-queue.ts';
import { deliveriesMax, failuresInARow, type UnitBench, work } from './worker.ts';

describe('a campaign', () => {
  test('is done by several workers, each unit once, and says who did what', async () => {
    const server = await campaignOf(20);
    const line = server.line();
    expect(await look(line)).toMatchObject({ done: [], waiting: 20, running: 0, lost: [], workers: [] });
    const worked = await Promise.all(
      ['a', 'b', 'c'].map((worker) => work(server.line(), bench(), options({ worker, threads: 2 }))),
    );
    expect(worked.reduce((sum, { done }) => sum + done, 0)).toBe(20);
    expect(worked.every(({ done }) => done > 0)).toBe(true);
    expect(await textsOf(line)).toEqual(texts(20));
    const state = await look(line);
    expect(state).toMatchObject({ waiting: 0, running: 0, failed: [], lost: [] });
    expect(state.workers.map(({ worker, state: word }) => [worker, word])).toEqual([
      ['a', 'ended'],
      ['b', 'ended'],
      ['c', 'ended'],
    ]);
    expect(server.units.size).toBe(0);
  });

  test('gives the unit of a worker that is silent to another, which is the one that counts', async () => {
    const server = await campaignOf(1);
    const { running, run } = heldBack();
    const dead = server.line();
    void work(dead, bench(run), options({ worker: 'dead' }));
    await settle();
    expect(await look(server.line())).toMatchObject({ running: 1, waiting: 0 });
    dead.cut();
    running.get(1)?.end();
    server.pass(server.silenceMs);
    expect(await work(server.line(), bench(), options())).toEqual({ done: 1, known: 0, failed: 0 });
    expect(await textsOf(server.line())).toEqual(['result of 1']);
  });

  test('counts the first of two results when a silent worker lives after all', async () => {
    const server = await campaignOf(1);
    const { running, run } = heldBack();
    const slow = work(server.line(), bench(run), options({ worker: 'slow' }));
    await settle();
    server.pass(server.silenceMs);
    expect(await work(server.line(), bench(), options())).toEqual({ done: 1, known: 0, failed: 0 });
    running.get(1)?.end();
    expect(await slow).toEqual({ done: 0, known: 1, failed: 0 });
    expect(server.repeats).toBe(1);
    expect((await look(server.line())).done).toEqual([1]);
  });

  test('leaves a unit to a worker that says it is at work', async () => {
    const server = await campaignOf(1);
    const { running, run } = heldBack();
    const { every, beat } = beats();
    const slow = work(server.line(), bench(run), options({ worker: 'slow', every }));
    await settle();
    for (let i = 0; i < 5; i++) {
      server.pass(server.silenceMs / 2);
      beat();
      expect(await server.line().next()).toBeUndefined();
    }
    running.get(1)?.end();
    expect(await slow).toMatchObject({ done: 1 });
  });

  test('takes the unit of a worker that is told to end back at once', async () => {
    const server = await campaignOf(2);
    const { running, run } = heldBack();
    const interruption = new AbortController();
    const closing = { ...bench(run), close: async () => running.get(1)?.fail(new Error('terminated')) };
    const ended = work(server.line(), closing, options({ worker: 'told', signal: interruption.signal }));
    await settle();
    interruption.abort(new Error('interrupted'));
    await expect(ended).rejects.toThrow('interrupted');
    expect(await look(server.line())).toMatchObject({
      running: 0,
      waiting: 2,
      failed: [],
      workers: [{ state: 'ended', holds: [] }],
    });
    expect(await work(server.line(), bench(), options())).toMatchObject({ done: 2 });
  });

  test('begins no unit once its worker is told to end, at whichever moment that is', async () => {
    const begun: boolean[] = [];
    for (let moment = 0; moment < 40; moment++) {
      const server = await campaignOf(2);
      const interruption = new AbortController();
      const { signal } = interruption;
      const { running, run } = heldBack();
      const closing: UnitBench = {
        ...bench((unit) => {
          begun.push(signal.aborted);
          return run(unit);
        }),
        close: async () => running.get(1)?.fail(new Error('terminated')),
      };
      const ended = work(server.line(), closing, options({ signal })).catch((error) => error.message);
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      interruption.abort(new Error('interrupted'));
      expect(await ended).toBe('interrupted');
      expect(await look(server.line())).toMatchObject({ waiting: 2, done: [], workers: [{ state: 'ended' }] });
    }
    expect(new Set(begun)).toEqual(new Set([false]));
  });

  test.each<[string, Partial<typeof proved>, RegExp]>([
    [
      'other guests',
      { guests: { bootloader: '1133' } },
      /its bootloader is 1122, here it is 1133\. No unit was taken\. Check out abc/,
    ],
    ['a guest more', { guests: { bootloader: '1122', agent: '44' } as never }, /its agent is not there, here it is 44/],
    ['other tools', { tools: { node: '22' } }, /its node is 20, here it is 22/],
    ['another commit', { commit: 'abd' }, /its commit is abc, here it is abd/],
  ])('is refused by a worker with %s, which takes no unit and is seen to refuse', async (_what, more, message) => {
    const server = await campaignOf(3);
    await expect(work(server.line(), { ...bench(), proved: { ...proved, ...more } }, options())).rejects.toThrow(
      message,
    );
    const state = await look(server.line());
    expect(state).toMatchObject({
      waiting: 3,
      workers: [{ state: 'refused', message: expect.stringMatching(message) }],
    });
    expect([...server.units.values()].every(({ deliveries }) => deliveries === 0)).toBe(true);
  });

  test('records a unit that fails, goes on with the others, and tries it anew when it is submitted again', async () => {
    const server = await campaignOf(5);
    const oneBad = bench(async (unit) => {
      if (unit === 3) throw new Error('no room on the disk');
      return `result of ${unit}`;
    });
    expect(await work(server.line(), oneBad, options())).toEqual({ done: 4, known: 0, failed: 1 });
    const state = await look(server.line());
    expect(state).toMatchObject({
      done: [1, 2, 4, 5],
      failed: [{ unit: 3, worker: 'a', message: 'no room on the disk' }],
    });
    expect(isSettled(state)).toBe(true);
    expect(await submit(server.line(), planFor(5))).toEqual({ again: true, queued: 1, units: 5 });
    expect(await look(server.line())).toMatchObject({ failed: [], waiting: 1 });
    expect(await work(server.line(), bench(), options())).toMatchObject({ done: 1 });
    expect(await textsOf(server.line())).toEqual(texts(5));
  });

  test('is left by a worker on which nothing succeeds, before it fails every unit', async () => {
    const server = await campaignOf(10);
    const bad = bench(async () => {
      throw new Error('out of memory');
    });
    await expect(work(server.line(), bad, options())).rejects.toThrow(/3 units in a row failed here .*: out of memory/);
    const state = await look(server.line());
    expect(state.failed).toHaveLength(failuresInARow);
    expect(state).toMatchObject({ waiting: 10 - failuresInARow, running: 0, workers: [{ state: 'gave up' }] });
  });

  test('gives up a unit that brings down whoever takes it', async () => {
    const server = await campaignOf(1);
    for (let i = 0; i < deliveriesMax; i++) {
      expect(await server.line().next()).toMatchObject({ unit: 1, deliveries: i + 1 });
      server.pass(server.silenceMs);
    }
    expect(await work(server.line(), bench(), options())).toMatchObject({ done: 0, failed: 1 });
    expect((await look(server.line())).failed[0].message).toMatch(/handed out 20 times, and no worker came back/);
  });

  test('says which units its server lost, and queues them again', async () => {
    const server = await campaignOf(3);
    server.units.delete(2);
    const lost = await look(server.line());
    expect(lost.lost).toEqual([2]);
    expect(isSettled(lost)).toBe(false);
    expect(await work(server.line(), bench(), options())).toMatchObject({ done: 2 });
    expect(await submit(server.line(), planFor(3))).toEqual({ again: true, queued: 1, units: 3 });
    await work(server.line(), bench(), options());
    expect(await textsOf(server.line())).toEqual(texts(3));
  });

  test('is none before its submission is complete, and leaves nothing of one that broke off', async () => {
    const server = new MemoryServer();
    const broken = server.line();
    void submit(broken, planFor(50, { options: { proof: 'glitch' } }));
    while (server.units.size < 7) await Promise.resolve();
    broken.cut();
    await expect(planOf(server.line())).rejects.toThrow(/there is no campaign 'test' on this server/);
    expect(await submit(server.line(), planFor(4))).toEqual({ again: false, queued: 4, units: 4 });
    expect(await work(server.line(), bench(), options())).toMatchObject({ done: 4 });
  });

  test('keeps its name: another one is refused, the same one changes nothing', async () => {
    const server = await campaignOf(4);
    expect(await submit(server.line(), planFor(4))).toEqual({ again: true, queued: 0, units: 4 });
    await expect(submit(server.line(), planFor(5))).rejects.toThrow(/there is another campaign 'test' .* \(--name\)/);
    expect(server.units.size).toBe(4);
  });

  test('ends a worker when another campaign takes its name', async () => {
    const server = await campaignOf(2);
    const { running, run } = heldBack();
    const worked = work(server.line(), bench(run), options());
    await settle();
    server.units.clear();
    server.records.clear();
    await submit(server.line(), planFor(2, { options: { proof: 'glitch' } }));
    running.get(1)?.end();
    await expect(worked).rejects.toThrow(/was replaced by another of the same name/);
    expect((await look(server.line())).running).toBe(0);
  });

  test('of another version of coldrig is refused', async () => {
    const server = new MemoryServer();
    await server.line().putOnce('plan', new TextEncoder().encode('{"format":2}'));
    await expect(look(server.line())).rejects.toThrow(CampaignError);
    await expect(look(server.line())).rejects.toThrow(/made by another version of coldrig/);
  });
});

test('whichever workers die at whichever moment, no unit is lost and none counts twice', async () => {
  const deaths = fc.array(fc.record({ after: fc.nat(60), threads: fc.integer({ min: 1, max: 3 }) }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), deaths, async (units, killed) => {
      const server = await campaignOf(units);
      for (const [index, { after, threads }] of killed.entries()) {
        const line = server.line();
        void work(line, bench(), options({ worker: `killed-${index}`, threads }));
        for (let turn = 0; turn < after; turn++) await Promise.resolve();
        line.cut();
        // The next ones come while the units of this one are still held, or later.
        if (index % 2 === 0) server.pass(server.silenceMs);
      }
      server.pass(server.silenceMs);
      const before = (await look(server.line())).done.length;
      const { done } = await work(server.line(), bench(), options({ worker: 'last' }));
      expect(before + done).toBe(units);
      expect(await textsOf(server.line())).toEqual(texts(units));
      expect(server.units.size).toBe(0);
    }),
    cases(100),
  );
});
