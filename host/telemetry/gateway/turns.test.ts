// Who goes on when, of many that wait.

import { expect, test } from 'vitest';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Turns } from './turns.ts';

function bench() {
  const [time, life] = [new VirtualTime(), new AbortController()];
  const turns = new Turns(time, life.signal);
  const went: { who: number; atMs: number }[] = [];
  const wait = (who: number, ms: number) =>
    void turns.after(ms).then(() => void went.push({ who, atMs: time.monotonicMs() }));
  return { time, life, went, wait };
}

test('each goes on when its time has come, and at most a slot later', async () => {
  const { time, went, wait } = bench();
  const waits = [500, 3, 0, 17, 999, 17.5, 250];
  for (const [who, ms] of waits.entries()) wait(who, ms);
  await time.pass(2_000);
  expect(went).toHaveLength(waits.length);
  for (const { who, atMs } of went) {
    expect(atMs).toBeGreaterThanOrEqual(waits[who]);
    expect(atMs).toBeLessThan(waits[who] + 10 + 1);
  }
});

test('one that is due earlier than all others is not held up by them', async () => {
  const { time, went, wait } = bench();
  wait(0, 1_000);
  await time.pass(100);
  wait(1, 50);
  await time.pass(100);
  expect(went).toEqual([{ who: 1, atMs: 150 }]);
});

test('of many that are due at once, the process gets to something else after each hundred', async () => {
  const { time, went, wait } = bench();
  for (let who = 0; who < 250; who++) wait(who, 20);
  const seen: number[] = [];
  // Whatever else the process has to do, due at the same time.
  const look = () => {
    seen.push(went.length);
    if (went.length < 250) time.after(0, look);
  };
  time.after(20, look);
  await time.pass(100);
  expect(went.map(({ who }) => who)).toEqual(Array.from({ length: 250 }, (_, who) => who));
  expect(seen).toEqual([100, 200, 250]);
});

test('all go on at once when it ends, and nobody waits after that', async () => {
  const { time, life, went, wait } = bench();
  wait(0, 5_000);
  wait(1, 10_000);
  await time.pass(100);
  life.abort();
  wait(2, 10_000);
  await time.pass(0);
  expect(went.map(({ who }) => who)).toEqual([0, 1, 2]);
});
