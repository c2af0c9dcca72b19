// A board that nobody speaks to sleeps, at every speed, and is awake as soon as somebody does: counted in wake-ups.

import { describe, expect, it } from 'vitest';
import { EchoBoard, paced } from './fake-line.ts';
import { CONSOLE_LINE, GATEWAY_LINE } from './link.ts';

/** Prints the virtual time on its console once a period, whoever listens. */
class TalkingBoard extends EchoBoard {
  periodNs = 0;

  override runUntil(timeNs: number): void {
    for (let due = this.nextWordNs; due <= timeNs; due = this.nextWordNs) {
      this.now = due;
      this.onTransmit?.(CONSOLE_LINE, word(`${due}`), due);
    }
    super.runUntil(timeNs);
  }

  override get nextEventTime(): number {
    return Math.min(super.nextEventTime, this.nextWordNs);
  }

  private get nextWordNs(): number {
    return this.periodNs === 0 ? Number.POSITIVE_INFINITY : (Math.floor(this.now / this.periodNs) + 1) * this.periodNs;
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const word = (letters: string) => Buffer.from(letters);
const hour = 3600e9;

describe('an idle board', () => {
  it.each([
    [1, 1],
    [10, 1],
    [100, 10],
  ])('at speed %d wakes up %d times a second, however often something happens in it', (speed, wakes) => {
    const { board, clock, pacer } = paced(new EchoBoard(), speed);
    board.beatNs = 1_000_000;
    clock.lookCostMs = 0.001;
    pacer.start();
    clock.pass(5000);
    const [before, startNs] = [clock.wakes, board.now];
    clock.pass(5000);
    expect(clock.wakes - before).toBeLessThanOrEqual(5 * wakes + 1);
    // And its time has not stood still.
    expect((board.now - startNs) / 1e6 / speed).toBeGreaterThan(3990);
    pacer.stop();
  });

  it.each([1, 10, 100])(
    'at speed %d that prints by itself is heard at most 100 ms late, until it has been silent for a minute',
    (speed) => {
      const { board, clock, pacer } = paced(new TalkingBoard(), speed);
      board.periodNs = 2.5e9 * speed;
      clock.lookCostMs = 0.001;
      const lateMs: number[] = [];
      const startMs = clock.nowMs();
      pacer.start();
      pacer
        .wire(CONSOLE_LINE)
        .listen((bytes) => lateMs.push(clock.nowMs() - startMs - Number(text(bytes)) / 1e6 / speed));
      clock.pass(30_000);
      expect(lateMs.length).toBeGreaterThan(10);
      // Nobody knows that it speaks before it has spoken.
      expect(lateMs[0]).toBeLessThan(1001);
      expect(Math.max(...lateMs.slice(1))).toBeLessThan(101);
      board.periodNs = 0;
      clock.pass(61_000);
      const before = clock.wakes;
      clock.pass(10_000);
      expect(clock.wakes - before).toBeLessThanOrEqual(11);
      pacer.stop();
    },
  );

  it('loses no time when it takes several turns to catch up with a sleep', () => {
    const { board, clock, pacer } = paced(new EchoBoard(), 100);
    board.beatNs = 100_000_000;
    // A virtual second takes 0.3 ms: three times as long as on a usual machine.
    let reached = 0;
    board.onRun = () => {
      clock.spend(((board.now - reached) / 1e9) * 0.3);
      reached = board.now;
    };
    pacer.start();
    clock.pass(20_000);
    expect(board.now / 1e8).toBeGreaterThan(18_900);
    pacer.stop();
  });

  it('ends at its end, and not when it wakes up', () => {
    let endNs = 0;
    const { board, clock, pacer } = paced(new EchoBoard(), 1, { untilNs: 3.05e9, onEnd: () => (endNs = board.now) });
    pacer.start();
    clock.pass(3060);
    expect(endNs).toBe(3.05e9);
  });

  it('sleeps no longer for having been spoken to a moment ago, once nothing is due soon', () => {
    const { board, clock, pacer } = paced(new EchoBoard(200_000), 1);
    board.beatNs = 100_000_000;
    clock.lookCostMs = 0.01;
    pacer.start();
    const answers: string[] = [];
    const wire = pacer.wire(GATEWAY_LINE);
    wire.listen((bytes) => answers.push(text(bytes)));
    wire.send(word('x'));
    while (answers.length === 0) {
      expect(clock.sleepMs).toBe(0);
      clock.spend(0.05);
      clock.wakeOnce();
    }
    expect(clock.sleepMs).toBeGreaterThan(90);
    pacer.stop();
  });

  it('at speed max slows down to a turn a second after an hour of its time without a word, and a word wakes it at once', () => {
    const { board, clock, pacer } = paced(new EchoBoard(1_000_000), 'max');
    board.beatNs = 100_000_000;
    board.onRun = () => clock.spend(0.1);
    pacer.start();
    while (board.now <= hour) {
      expect(clock.sleepMs).toBe(0);
      clock.wakeOnce();
    }
    expect(clock.sleepMs).toBeCloseTo(1000);
    const before = clock.wakes;
    clock.pass(10_000);
    expect(clock.wakes - before).toBeLessThanOrEqual(10);
    let answer = '';
    const wire = pacer.wire(GATEWAY_LINE);
    wire.listen((bytes) => {
      answer = text(bytes);
    });
    wire.send(word('up'));
    expect(answer).toBe('up');
    expect(clock.sleepMs).toBe(0);
    pacer.stop();
  });

  it('at speed max with an end goes on to it without a rest', () => {
    let ended = false;
    const end = { untilNs: 5 * hour, onEnd: () => (ended = true) };
    const { board, clock, pacer } = paced(new EchoBoard(), 'max', end);
    board.beatNs = 100_000_000;
    board.onRun = () => clock.spend(0.1);
    pacer.start();
    while (!ended) {
      expect(clock.sleepMs).toBe(0);
      clock.wakeOnce();
    }
    expect(board.now).toBe(5 * hour);
  });

  it('at speed max stands still when nothing is left to happen', () => {
    const { board, clock, pacer } = paced(new EchoBoard(), 'max');
    pacer.start();
    clock.pass(1000);
    expect(board.now).toBe(0);
    expect(clock.wakes).toBeLessThanOrEqual(5);
    pacer.stop();
  });
});
