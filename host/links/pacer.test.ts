import { afterEach, describe, expect, it } from 'vitest';
import { EchoBoard, eventually } from './fake-line.ts';
import { CONSOLE_LINE, GATEWAY_LINE } from './link.ts';
import { type Input, Pacer, type Speed } from './pacer.ts';

let pacer: Pacer | undefined;
afterEach(() => pacer?.stop());

function paced(board: EchoBoard, speed: Speed, onInput?: (input: Input) => void): Pacer {
  pacer = new Pacer(board, { speed, onInput });
  return pacer;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('the pacer', () => {
  it('at speed 1 lets a virtual second take a second', async () => {
    const board = new EchoBoard();
    const begin = performance.now();
    paced(board, 1).start();
    await sleep(300);
    pacer?.wire(CONSOLE_LINE).send(Buffer.from('x'));
    const wallMs = performance.now() - begin;
    expect(Math.abs(board.now / 1e6 - wallMs)).toBeLessThan(25);
  });

  it('at speed 100 lets a virtual second take ten milliseconds', async () => {
    const board = new EchoBoard(1e9);
    const begin = performance.now();
    const wire = paced(board, 100).wire(GATEWAY_LINE);
    let answeredMs = 0;
    wire.listen(() => {
      answeredMs = performance.now() - begin;
    });
    pacer?.start();
    wire.send(Buffer.from('x'));
    await eventually('the answer', () => answeredMs > 0);
    expect(answeredMs).toBeGreaterThanOrEqual(9);
    expect(answeredMs).toBeLessThan(100);
  });

  it('at speed max waits for nothing: an answer a virtual hour away comes at once', async () => {
    const board = new EchoBoard(3600e9);
    const wire = paced(board, 'max').wire(GATEWAY_LINE);
    let answer = '';
    wire.listen((bytes) => {
      answer = text(bytes);
    });
    pacer?.start();
    wire.send(Buffer.from('hello'));
    await eventually('the answer', () => answer === 'hello');
    expect(board.now).toBeGreaterThanOrEqual(3600e9);
  });

  it('at speed max stands still when nothing is left to happen', async () => {
    const board = new EchoBoard();
    paced(board, 'max').start();
    await sleep(30);
    expect(board.now).toBe(0);
  });

  it('keeps the two lines apart', async () => {
    const board = new EchoBoard();
    paced(board, 'max');
    const heard: string[] = [];
    pacer?.wire(GATEWAY_LINE).listen((bytes) => heard.push(`gateway ${text(bytes)}`));
    pacer?.wire(CONSOLE_LINE).listen((bytes) => heard.push(`console ${text(bytes)}`));
    pacer?.start();
    pacer?.wire(CONSOLE_LINE).send(Buffer.from('c'));
    pacer?.wire(GATEWAY_LINE).send(Buffer.from('g'));
    await eventually('both', () => heard.length === 2);
    expect(heard.sort()).toEqual(['console c', 'gateway g']);
  });

  it('reports every input with the very time the board got it, so that the list repeats the run', async () => {
    const board = new EchoBoard();
    const inputs: Input[] = [];
    const wire = paced(board, 20, (input) => inputs.push(input)).wire(GATEWAY_LINE);
    pacer?.start();
    for (const word of ['a', 'b', 'c', 'd']) {
      wire.send(Buffer.from(word));
      await sleep(7);
    }
    await eventually('the answers', () => board.history.length === 4);
    const again = new EchoBoard();
    for (const { timeNs, line, bytes } of inputs) {
      again.runUntil(timeNs);
      again.send(line, bytes);
    }
    again.runUntil(board.now);
    expect(again.history).toEqual(board.history);
  });

  it('lets a listener answer while the board transmits', async () => {
    const board = new EchoBoard();
    const wire = paced(board, 'max').wire(CONSOLE_LINE);
    const heard: string[] = [];
    wire.listen((bytes) => {
      heard.push(text(bytes));
      if (heard.length < 3) wire.send(Buffer.from(`${heard.length}`));
    });
    pacer?.start();
    wire.send(Buffer.from('0'));
    await eventually('three rounds', () => heard.length === 3);
    expect(heard).toEqual(['0', '1', '2']);
  });

  it('does not make good a wall clock that jumped: the board is not rushed through the time it missed', async () => {
    const board = new EchoBoard();
    paced(board, 1).start();
    await sleep(20);
    const end = performance.now() + 800;
    while (performance.now() < end);
    await sleep(20);
    pacer?.wire(CONSOLE_LINE).send(Buffer.from('x'));
    expect(board.now / 1e6).toBeLessThan(400);
  });

  it('gives a line no more than it takes, and the rest as time passes', async () => {
    const board = new EchoBoard(1_000_000, 100);
    const wire = paced(board, 'max').wire(CONSOLE_LINE);
    let heard = '';
    wire.listen((bytes) => {
      heard += text(bytes);
    });
    pacer?.start();
    const all = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
    wire.send(Buffer.from(all));
    expect(wire.backlog).toBe(900);
    await eventually('everything', () => heard.length === 1000);
    expect(heard).toBe(all);
    expect(wire.backlog).toBe(0);
  });

  it('stops and reports when the board throws', async () => {
    const board = new EchoBoard();
    let reported: unknown;
    pacer = new Pacer(board, {
      speed: 'max',
      onError: (error) => {
        reported = error;
      },
    });
    board.runUntil = () => {
      throw new Error('a bug in the bench');
    };
    pacer.start();
    pacer.wire(GATEWAY_LINE).send(Buffer.from('x'));
    await eventually('the report', () => reported !== undefined);
    expect(String(reported)).toContain('a bug in the bench');
  });

  it('refuses a speed that is not above zero', () => {
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Pacer(new EchoBoard(), { speed })).toThrow('is not above 0');
    }
  });
});
