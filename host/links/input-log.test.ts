import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EchoBoard } from './fake-line.ts';
import { InputLogWriter, readInputLog, replaySteps } from './input-log.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-inputs-'));
  path = join(folder, 'run.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const head = '{"coldrig":"input log","version":1,"seed":7,"device":"ab"}';
const logWith = (...lines: string[]) => writeFileSync(path, [head, ...lines, ''].join('\n'));

describe('the input log', () => {
  it('gives back what was written', () => {
    const writer = new InputLogWriter(path, { seed: 7, device: 'ab' });
    writer.input({ timeNs: 10, line: 0, bytes: Uint8Array.of(0xc0, 1) });
    writer.input({ timeNs: 10, line: 1, bytes: Uint8Array.of(6) });
    writer.close({ endNs: 20, logHash: 'cd' });
    const log = readInputLog(path);
    expect(log).toMatchObject({ seed: 7, device: 'ab', end: { endNs: 20, logHash: 'cd' } });
    expect(log.inputs.map(({ timeNs, line, bytes }) => [timeNs, line, ...bytes])).toEqual([
      [10, 0, 0xc0, 1],
      [10, 1, 6],
    ]);
  });

  it('repeats a run on another board', () => {
    logWith('{"timeNs":5,"line":0,"bytes":"aa"}', '{"timeNs":9,"line":1,"bytes":"bb"}', '{"endNs":50,"logHash":""}');
    const board = new EchoBoard(10);
    Array.from(replaySteps(board, readInputLog(path)));
    expect(board.history).toEqual(['15 0 aa', '19 1 bb']);
    expect(board.now).toBe(50);
  });

  it('reads the log of a run that was killed', () => {
    logWith('{"timeNs":5,"line":0,"bytes":"aa"}');
    expect(readInputLog(path).inputs).toHaveLength(1);
    expect(readInputLog(path).end).toBeUndefined();
  });

  it.each([
    ['a line cut short', '{"timeNs":5,"li', ':2: not a JSON object'],
    ['a time that goes back', '{"timeNs":-1,"line":0,"bytes":""}', ':2: expected timeNs (not before 0)'],
    ['a third line', '{"timeNs":5,"line":2,"bytes":""}', 'line 0 or 1'],
  ])('refuses %s and says where', (_, line, message) => {
    logWith(line);
    expect(() => readInputLog(path)).toThrow(message);
  });

  it('refuses a file that is no input log', () => {
    writeFileSync(path, '{"hello":1}\n');
    expect(() => readInputLog(path)).toThrow('not a coldrig input log');
  });
});
