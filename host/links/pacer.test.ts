// The pacer on a wall clock that the tests move: what they count is turns and runs of the board, never milliseconds of this machine.

import { describe, expect, it } from 'vitest';
import { EchoBoard, paced } from './fake-line.ts';
import { CONSOLE_LINE, GATEWAY_LINE } from './link.ts';
import { Pacer, type PacerOptions, type Speed } from './pacer.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const word = (letters: string) => Buffer.from(letters);
const hour = 3600e9;

describe('a turn', () => {
  /** Running the board takes wall time, and so does looking at the clock. */
  function busy(speed: Speed) {
    const both = paced(new EchoBoard(), speed);
    both.clock.lookCostMs = 0.01;
    both.board.beatNs = 1_000_000;
    both.board.onRun = () => both.clock.spend(0.1);
    const startMs = both.clock.nowMs();
    both.pacer.start();
    // By then it has found its pace.
    both.clock.pass(300);
    return { ...both, startMs: startMs + 0.01 };
  }

  it.each([1, 10, 100] as const)(
    'ends at speed %d when the board has reached the time at which the turn began',
    (speed) => {
      const { board, clock, pacer, startMs } = busy(speed);
      for (let turn = 0; turn < 20; turn++) {
        clock.spend(Math.max(0.2, clock.sleepMs));
        const [runs, beginMs] = [board.runs, clock.nowMs() - startMs];
        clock.wakeOnce();
        expect(board.runs - runs).toBeLessThanOrEqual(2);
        expect(board.now / 1e6 / speed).toBeGreaterThanOrEqual(beginMs);
        // A lap and a look later, and not where the clock is at the end of the turn.
        expect(board.now / 1e6 / speed).toBeLessThan(beginMs + 0.03);
        expect(clock.sleepMs).toBeGreaterThan(0);
      }
      pacer.stop();
    },
  );

  it('with an input gives it to the board after one run to the present', () => {
    const { board, clock, pacer } = busy(1);
    const wire = pacer.wire(GATEWAY_LINE);
    clock.spend(0.3);
    const runs = board.runs;
    wire.send(word('x'));
    expect(wire.backlog).toBe(0);
    // One to the present, and one that finds nothing left to do there.
    expect(board.runs - runs).toBe(2);
    pacer.stop();
  });

  it('ends when the board has said something, so that it leaves before the board goes on', () => {
    const { board, clock, pacer } = paced(new EchoBoard(1000), 'max', { untilNs: hour });
    board.beatNs = 1_000_000;
    board.onRun = () => clock.spend(0.1);
    pacer.start();
    const sent = board.now;
    let heardAfter = 0;
    const wire = pacer.wire(GATEWAY_LINE);
    wire.listen(() => {
      heardAfter = board.runs;
    });
    wire.send(word('x'));
    expect(heardAfter).toBeGreaterThan(0);
    expect(board.runs).toBe(heardAfter);
    expect(board.now).toBeGreaterThan(sent);
    expect(clock.sleepMs).toBe(0);
    pacer.stop();
  });
});

describe('the pacer', () => {
  it.each([1, 100] as const)('at speed %d lets a virtual second take its share of a real one', (speed) => {
    const { board, clock, pacer } = paced(new EchoBoard(), speed);
    pacer.start();
    clock.pass(300);
    pacer.wire(CONSOLE_LINE).send(word('x'));
    expect(board.now).toBe(300e6 * speed);
    pacer.stop();
  });

  it('at speed 100 lets an answer a virtual second away come after ten milliseconds', () => {
    const { clock, pacer } = paced(new EchoBoard(1e9), 100);
    const wire = pacer.wire(GATEWAY_LINE);
    let heardMs = 0;
    wire.listen(() => {
      heardMs = clock.nowMs();
    });
    pacer.start();
    const begin = clock.nowMs();
    wire.send(word('x'));
    clock.pass(20);
    expect(heardMs - begin).toBeGreaterThanOrEqual(10);
    expect(heardMs - begin).toBeLessThan(11.5);
    pacer.stop();
  });

  it('at speed max waits for nothing: an answer a virtual hour away comes in the same turn', () => {
    const { board, pacer } = paced(new EchoBoard(hour), 'max');
    const wire = pacer.wire(GATEWAY_LINE);
    let answer = '';
    wire.listen((bytes) => {
      answer = text(bytes);
    });
    pacer.start();
    wire.send(word('hello'));
    expect(answer).toBe('hello');
    expect(board.now).toBeGreaterThanOrEqual(hour);
    pacer.stop();
  });

  it('keeps the two lines apart', () => {
    const { clock, pacer } = paced(new EchoBoard(), 'max');
    const heard: string[] = [];
    pacer.wire(GATEWAY_LINE).listen((bytes) => heard.push(`gateway ${text(bytes)}`));
    pacer.wire(CONSOLE_LINE).listen((bytes) => heard.push(`console ${text(bytes)}`));
    pacer.start();
    pacer.wire(CONSOLE_LINE).send(word('c'));
    pacer.wire(GATEWAY_LINE).send(word('g'));
    clock.pass(10);
    expect(heard.sort()).toEqual(['console c', 'gateway g']);
    pacer.stop();
  });

  it.each([1, 20, 'max'] as const)(
    'at speed %s reports every input with the very time the board got it, so that the list repeats the run',
    (speed) => {
      const inputs: Parameters<NonNullable<PacerOptions['onInput']>>[0][] = [];
      const { board, clock, pacer } = paced(new EchoBoard(), speed, { onInput: (input) => inputs.push(input) });
      const wire = pacer.wire(GATEWAY_LINE);
      pacer.start();
      for (const letter of ['a', 'b', 'c', 'd']) {
        wire.send(word(letter));
        clock.pass(7);
      }
      expect(board.history.length).toBe(4);
      const again = new EchoBoard();
      for (const { timeNs, line, bytes } of inputs) {
        again.runUntil(timeNs);
        again.send(line, bytes);
      }
      again.runUntil(board.now);
      expect(again.history).toEqual(board.history);
      pacer.stop();
    },
  );

  it('asks before an answer reaches anybody, and stops when it may not', () => {
    const told: string[] = [];
    const errors: unknown[] = [];
    const { clock, pacer } = paced(new EchoBoard(), 1, {
      onOutput: () => {
        told.push('asked');
        if (told.length > 2) throw new Error('the disk is full');
      },
      onError: (error) => errors.push(error),
    });
    const wire = pacer.wire(GATEWAY_LINE);
    wire.listen((bytes) => told.push(text(bytes)));
    pacer.start();
    for (const letter of ['a', 'b', 'c']) {
      wire.send(word(letter));
      clock.pass(10);
    }
    expect(told).toEqual(['asked', 'a', 'asked']);
    expect(errors).toEqual([new Error('the disk is full')]);
  });

  it.each([1, 'max'] as const)('at speed %s lets a listener answer while the board transmits', (speed) => {
    const { clock, pacer } = paced(new EchoBoard(), speed);
    const wire = pacer.wire(CONSOLE_LINE);
    const heard: string[] = [];
    wire.listen((bytes) => {
      heard.push(text(bytes));
      if (heard.length < 3) wire.send(word(`${heard.length}`));
    });
    clock.lookCostMs = 0.01;
    pacer.start();
    wire.send(word('0'));
    clock.pass(20);
    expect(heard).toEqual(['0', '1', '2']);
    pacer.stop();
  });

  it('does not make good a wall clock that jumped: the board is not rushed through the time it missed', () => {
    const { board, clock, pacer } = paced(new EchoBoard(), 1);
    pacer.start();
    clock.pass(20);
    clock.spend(1800);
    pacer.wire(CONSOLE_LINE).send(word('x'));
    clock.pass(20);
    expect(board.now / 1e6).toBeLessThan(100);
    pacer.stop();
  });

  it('gives a line no more than it takes, and the rest as time passes', () => {
    const { clock, pacer } = paced(new EchoBoard(1_000_000, 100), 'max');
    const wire = pacer.wire(CONSOLE_LINE);
    let heard = '';
    wire.listen((bytes) => {
      heard += text(bytes);
    });
    pacer.start();
    const all = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
    wire.send(word(all));
    expect(wire.backlog).toBe(900);
    clock.pass(10);
    expect(heard).toBe(all);
    expect(wire.backlog).toBe(0);
    pacer.stop();
  });

  it('stops and reports when the board throws', () => {
    let reported: unknown;
    const { board, pacer } = paced(new EchoBoard(), 'max', { onError: (error) => (reported = error) });
    board.runUntil = () => {
      throw new Error('a bug in the bench');
    };
    pacer.start();
    pacer.wire(GATEWAY_LINE).send(word('x'));
    expect(String(reported)).toContain('a bug in the bench');
  });

  it('refuses a speed that is not above zero', () => {
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Pacer(new EchoBoard(), { speed })).toThrow('is not above 0');
    }
  });
});
