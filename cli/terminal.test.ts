import { describe, expect, it } from 'vitest';
import { connectText } from './run/lines.ts';
import { buildNotes } from './run/new-device.ts';
import { hang, paint, styleOf, table, wrap } from './terminal.ts';

const stream = (columns?: number, isTTY = true) => ({ columns, isTTY });

describe('text on a terminal', () => {
  it('is wrapped at spaces, and no line is longer than asked for', () => {
    const text = 'one flipped bit is refused before it ever ran, and the board runs on';
    for (const width of [20, 40, 60]) {
      const lines = wrap(text, width).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines.join(' ')).toBe(text);
    }
  });

  it('keeps a word that is longer than the line whole', () => {
    expect(wrap('a 0123456789abcdef b', 8)).toBe('a\n0123456789abcdef\nb');
  });

  it('hangs below the column it began at', () => {
    expect(hang('one two three four five six', 30, 15)).toBe('one two three four\n               five six');
  });

  it('lines up columns', () => {
    const rows = [
      ['slot A', '1.0.0', 'active'],
      ['B', '1.10.0', ''],
    ];
    expect(table(rows)).toBe('slot A  1.0.0   active\nB       1.10.0');
  });
});

describe('the style of a stream', () => {
  it('is written over only where there is a cursor: the notes of a build are lines on a dumb terminal', () => {
    const written = (terminal: string) => {
      let text = '';
      const stderr = { isTTY: true, write: (piece: string) => (text += piece) } as unknown as NodeJS.WriteStream;
      const note = buildNotes(false, stderr, { TERM: terminal });
      for (const what of ['the firmware', 'the bootloader', '']) note(what);
      return text;
    };
    expect(written('dumb')).toBe('building the firmware …\nbuilding the bootloader …\n');
    expect(written('xterm')).toContain('\x1b[2K');
  });

  it('shows commands that can be typed as they stand, also where a path has a space', () => {
    expect(connectText(['serial:///tmp/coldrig'], 100)).toContain('smpmgr --port /tmp/coldrig image');
    expect(connectText(["serial:///tmp/my rig's/tty"], 100)).toContain("smpmgr --port '/tmp/my rig'\\''s/tty' image");
  });

  it('has colours on a terminal, unless NO_COLOR or a dumb terminal says otherwise', () => {
    expect(styleOf(stream(100), {}).colour).toBe(true);
    expect(styleOf(stream(100), { NO_COLOR: '1' }).colour).toBe(false);
    expect(styleOf(stream(100), { TERM: 'dumb' }).colour).toBe(false);
    expect(styleOf(stream(100, false), {}).colour).toBe(false);
  });

  it('has the width of the terminal, within what can be read', () => {
    expect(styleOf(stream(60), {}).width).toBe(60);
    expect(styleOf(stream(300), {}).width).toBe(110);
    expect(styleOf(stream(10), {}).width).toBe(40);
    expect(styleOf(stream(undefined, false), {}).width).toBe(80);
    expect(styleOf(stream(undefined, false), { COLUMNS: '66' }).width).toBe(66);
  });

  it('paints only where there are colours', () => {
    expect(paint({ colour: false, width: 80 }, 'red', 'x')).toBe('x');
    expect(paint({ colour: true, width: 80 }, 'red', 'x')).toBe('\x1b[31mx\x1b[0m');
  });
});
