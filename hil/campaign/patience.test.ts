import { expect, test } from 'vitest';
import { Patience } from './patience.ts';

/** A server that is away, until its nth question. */
const awayUntil = (nth: number) => {
  let questions = 0;
  return async () => {
    if (++questions < nth) throw new Error('timeout');
    return 'here';
  };
};

test('without patience a silent server is an error, and says what to look at', async () => {
  const { signal } = new AbortController();
  await expect(new Patience(false, signal).until(awayUntil(2))).rejects.toThrow(
    /the NATS server does not answer \(timeout\): is it running/,
  );
});

test('with patience it is waited for, and both changes are told', async () => {
  const told: boolean[] = [];
  const { signal } = new AbortController();
  const patience = new Patience(true, signal, (isThere) => told.push(isThere));
  expect(await patience.until(awayUntil(2))).toBe('here');
  expect(told).toEqual([false, true]);
});

test('who ends the waiting is the reason, also of questions after that', async () => {
  const interruption = new AbortController();
  const patience = new Patience(true, interruption.signal, () => interruption.abort(new Error('interrupted')));
  for (const nth of [9, 2]) await expect(patience.until(awayUntil(nth))).rejects.toThrow(/^interrupted$/);
});

test('who ends the waiting does not wait for a question that nobody answers', async () => {
  const interruption = new AbortController();
  const patience = new Patience(true, interruption.signal, () => {}, 0);
  const asked = patience.until(() => new Promise(() => {}));
  interruption.abort(new Error('interrupted'));
  await expect(asked).rejects.toThrow(/^interrupted$/);
});

test('many questions at once are no leak, and no warning', async () => {
  const warnings: string[] = [];
  const keep = ({ name }: Error) => warnings.push(name);
  process.on('warning', keep);
  const patience = new Patience(true, new AbortController().signal);
  await Promise.all(Array.from({ length: 30 }, () => patience.until(async () => 'here')));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', keep);
  expect(warnings).toEqual([]);
});
