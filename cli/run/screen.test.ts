// The live view on terminals of every kind: what is on the screen in the end, as a terminal would show it.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { RunScreen, type Terminal } from './screen.ts';

const escapeCharacter = String.fromCharCode(27);

/** A terminal that folds long lines, moves its cursor up and clears below: its lines are what a person sees. */
class FakeTerminal implements Terminal {
  isTTY = true;
  written = '';
  private rowsSeen: string[] = [''];
  private resized: () => void = () => {};

  columns: number;
  rows: number;

  constructor(columns: number, rows = 50) {
    this.columns = columns;
    this.rows = rows;
  }

  on(_event: 'resize', call: () => void): void {
    this.resized = call;
  }

  off(): void {
    this.resized = () => {};
  }

  /** As a terminal does that folds its lines anew when it is made narrower. */
  resize(columns: number): void {
    const cursor = this.rowsSeen.pop() ?? '';
    this.rowsSeen = [...this.rowsSeen.flatMap((row) => fold(row, columns)), cursor];
    this.columns = columns;
    this.resized();
  }

  write(text: string): void {
    this.written += text;
    for (const part of text.split(new RegExp(`(${escapeCharacter}\\[\\d*[AJ]|\n)`))) {
      if (part === '\n') this.rowsSeen.push('');
      else if (part.endsWith('A') && part.startsWith(escapeCharacter)) this.up(Number(part.slice(2, -1)));
      else if (!part.startsWith(escapeCharacter)) this.put(part);
    }
  }

  get seen(): string[] {
    return this.rowsSeen.slice(0, -1);
  }

  private up(count: number): void {
    this.rowsSeen.splice(Math.max(0, this.rowsSeen.length - 1 - count));
    this.rowsSeen.push('');
  }

  private put(text: string): void {
    const rows = fold((this.rowsSeen.pop() ?? '') + text, this.columns);
    this.rowsSeen.push(...rows);
  }
}

const fold = (text: string, columns: number): string[] =>
  text === '' ? [''] : (text.match(new RegExp(`.{1,${columns || ''}}`, 'g')) ?? ['']);

const view = (columns: number) => ['-'.repeat(columns), 'stage  4K', '='.repeat(columns - 1)];

afterEach(() => vi.useRealTimers());

describe('the live view', () => {
  it('stands below the log, once, however often it is drawn', () => {
    vi.useFakeTimers();
    const terminal = new FakeTerminal(80);
    const screen = new RunScreen(view, terminal, 'xterm');
    screen.begin();
    vi.advanceTimersByTime(600);
    screen.print('one');
    vi.advanceTimersByTime(600);
    screen.print('two');
    vi.advanceTimersByTime(300);
    expect(terminal.seen).toEqual(['one', 'two', ...view(80)]);
    screen.end();
    expect(terminal.seen).toEqual(['one', 'two', '', ...view(80)]);
  });

  it('leaves nothing of itself behind when the terminal gets narrower or wider', () => {
    vi.useFakeTimers();
    const terminal = new FakeTerminal(100);
    const screen = new RunScreen(view, terminal, 'xterm');
    screen.begin();
    screen.print('one');
    vi.advanceTimersByTime(300);
    for (const columns of [60, 45, 110]) {
      terminal.resize(columns);
      expect(terminal.seen).toEqual(['one', ...view(columns)]);
    }
    screen.end();
  });

  it('is cut to what a low terminal can show, for a cursor cannot go above the first line', () => {
    vi.useFakeTimers();
    const terminal = new FakeTerminal(80, 4);
    const screen = new RunScreen(view, terminal, 'xterm');
    screen.begin();
    vi.advanceTimersByTime(300);
    expect(terminal.seen).toEqual(view(80).slice(0, 2));
    screen.end();
  });

  it('is whole, and goes away, on a terminal that does not know its size', () => {
    vi.useFakeTimers();
    const terminal = new FakeTerminal(0, 0);
    const screen = new RunScreen(view, terminal, 'xterm');
    screen.begin();
    vi.advanceTimersByTime(300);
    const drawn = `${view(80).join('\n')}\n`;
    expect(terminal.written).toBe(drawn);
    screen.print('one');
    expect(terminal.written).toBe(`${drawn}${escapeCharacter}[3A${escapeCharacter}[Jone\n`);
    screen.end();
  });

  it.each([
    ['a terminal without a cursor (TERM=dumb)', true, 'dumb'],
    ['a pipe', false, 'xterm'],
  ])('comes once, at the end, and without escapes on %s', (_, isTTY, kind) => {
    vi.useFakeTimers();
    const terminal = new FakeTerminal(80);
    terminal.isTTY = isTTY;
    const screen = new RunScreen(view, terminal, kind);
    screen.begin();
    vi.advanceTimersByTime(1000);
    screen.print('one');
    screen.end();
    expect(terminal.written).toBe(`one\n\n${view(80).join('\n')}\n`);
  });
});
