import { describe, expect, it } from 'vitest';
import { EchoBoard } from './fake-line.ts';
import { InputLogWriter, readInputLog, replaySteps } from './input-log.ts';

const head = '{"coldrig":"input log","version":1,"seed":7,"device":"ab"}';
const logWith = (...lines: string[]) => [head, ...lines, ''].join('\n');
const first = '{"timeNs":5,"line":0,"bytes":"aa"}';
const read = (text: string, options?: { salvage: boolean }) => readInputLog(text, 'run.jsonl', options);

describe('the input log', () => {
  it('gives back what was written, and ends by putting it on the disk', () => {
    let text = '';
    let finished = '';
    const file = {
      write: (piece: string) => {
        text += piece;
      },
      finish: () => {
        finished = text;
      },
    };
    const writer = new InputLogWriter(file, { seed: 7, device: 'ab' });
    writer.input({ timeNs: 10, line: 0, bytes: Uint8Array.of(0xc0, 1) });
    writer.input({ timeNs: 10, line: 1, bytes: Uint8Array.of(6) });
    writer.close({ endNs: 20, logHash: 'cd' });
    expect(finished).toBe(text);
    const log = read(text);
    expect(log).toMatchObject({ seed: 7, device: 'ab', end: { endNs: 20, logHash: 'cd' } });
    expect(log.inputs.map(({ timeNs, line, bytes }) => [timeNs, line, ...bytes])).toEqual([
      [10, 0, 0xc0, 1],
      [10, 1, 6],
    ]);
  });

  it('repeats a run on another board', () => {
    const text = logWith(first, '{"timeNs":9,"line":1,"bytes":"bb"}', '{"endNs":50,"logHash":""}');
    const board = new EchoBoard(10);
    Array.from(replaySteps(board, read(text)));
    expect(board.history).toEqual(['15 0 aa', '19 1 bb']);
    expect(board.now).toBe(50);
  });

  it('reads the log of a run that was killed', () => {
    expect(read(logWith(first)).inputs).toHaveLength(1);
    expect(read(logWith(first)).end).toBeUndefined();
  });

  it.each([
    ['a line that is no JSON', '{"timeNs":5,"li', ':2: not a JSON object'],
    ['a time that goes back', '{"timeNs":-1,"line":0,"bytes":""}', ':2: expected timeNs (not before 0)'],
    ['a third line', '{"timeNs":5,"line":2,"bytes":""}', 'line 0 or 1'],
    ['bytes that are cut', '{"timeNs":5,"line":0,"bytes":"aab"}', 'bytes in hex'],
    ['an end without its hash', '{"endNs":5}', ':2: expected endNs (not before 0) and logHash'],
  ])('refuses %s and says where', (_, line, message) => {
    expect(() => read(logWith(line))).toThrow(message);
  });

  it('says that a file is cut, at which line, and what is whole', () => {
    const text = logWith(first, '{"timeNs":9,"line":1,"by').trimEnd();
    expect(() => read(text)).toThrow(
      /^run.jsonl:3: .*ends in the middle of this line.* the 1 input before .* add --salvage$/,
    );
    expect(read(text, { salvage: true })).toMatchObject({
      inputs: [{ timeNs: 5 }],
      leftOut: { fromLine: 3, lines: 1 },
    });
  });

  it('is cut at every byte to a log that is refused or has a part of the inputs, and never others', () => {
    const whole = logWith(first, '{"timeNs":9,"line":1,"bytes":"bb"}', '{"endNs":50,"logHash":"cd"}');
    for (let size = head.length + 1; size < whole.length; size++) {
      const { inputs, end } = read(whole.slice(0, size), { salvage: true });
      expect(read(whole).inputs.slice(0, inputs.length)).toEqual(inputs);
      if (end) expect(size).toBe(whole.length - 1);
    }
  });

  it('leaves out everything behind a damaged line when it is salvaged', () => {
    const text = logWith(first, '\0\0\0', '{"timeNs":9,"line":1,"bytes":"bb"}', '{"endNs":50,"logHash":"cd"}');
    const log = read(text, { salvage: true });
    expect(log).toMatchObject({ inputs: [{ timeNs: 5 }], leftOut: { fromLine: 3, lines: 3 } });
    expect(log.end).toBeUndefined();
  });

  it('refuses a file that is no input log', () => {
    for (const text of ['{"hello":1}\n', '', '\n'])
      expect(() => read(text, { salvage: true })).toThrow('not a coldrig input log');
  });
});
