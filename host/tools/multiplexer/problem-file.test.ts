import { describe, expect, it } from 'vitest';
import { deadlineOf } from './problem.ts';
import { parseProblem } from './problem-file.ts';
import { inSlots } from './slots.ts';

const file = `multiplexer: two
lines: 2
slot_ns: 1000
switch_ns: 1001
reserved:
  - { name: pulses, period_ns: 10000, offset_ns: 9500, length_ns: 1000 }
defaults: { tolerance_uV: 100, drift_uV_per_s: fresh, settle_ns: 1500.2, write_ns: 500 }
cells:
  - { name: G, count: 2 }
  - { name: slow, line: 1, bank: 3, drift_uV_per_s: settled, tolerance_uV: 10 }
`;

const withLine = (line: number, text: string) =>
  file
    .split('\n')
    .with(line - 1, text)
    .join('\n');

describe('a problem file', () => {
  it('gives each cell its deadline, rounded down, and its service, rounded up', () => {
    const { cells, lines } = parseProblem(file, 'two.yaml');
    expect(lines).toBe(2);
    expect(cells).toEqual([
      {
        name: 'G0',
        number: 0,
        lines: [0, 1],
        bank: 0,
        deadlineNs: 5_555_555,
        serviceNs: 2001,
        toleranceMicrovolts: 100,
      },
      {
        name: 'G1',
        number: 1,
        lines: [0, 1],
        bank: 0,
        deadlineNs: 5_555_555,
        serviceNs: 2001,
        toleranceMicrovolts: 100,
      },
      {
        name: 'slow',
        number: 2,
        lines: [1],
        bank: 3,
        deadlineNs: 166_666_666,
        serviceNs: 2001,
        toleranceMicrovolts: 10,
      },
    ]);
  });

  it('becomes slots on the safe side: windows and switches grow, deadlines shrink', () => {
    const { switchSlots, reserved, cells } = inSlots(parseProblem(file, 'two.yaml'));
    expect(switchSlots).toBe(2);
    expect([...reserved]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(cells[0]).toMatchObject({ deadline: 5555, service: 3 });
  });

  it('has the deadlines of the published drift figures', () => {
    const inMs = (tolerance: number, drift: number) => deadlineOf(tolerance, drift) / 1e6;
    expect(inMs(10, 18_000)).toBeCloseTo(0.56, 2);
    expect(inMs(250, 18_000)).toBeCloseTo(13.9, 1);
    expect(inMs(250, 60)).toBeCloseTo(4167, 0);
    expect(inMs(250, 0.96)).toBeCloseTo(260_417, 0);
  });

  it.each([
    [2, 'lines: 9', 'two.yaml:2: lines is 9; expected 1 to 8'],
    [3, 'slot_ns: 1.5', 'two.yaml:3: slot_ns is 1.5; expected a whole number'],
    [1, 'name: two', 'two.yaml:1: name is not known; expected multiplexer, about'],
    [6, '  - { name: x, period_ns: 100 }', 'two.yaml:6: reserved[0] lacks offset_ns'],
    [9, '  - { count: 2 }', 'two.yaml:9: cells[0] lacks name'],
    [10, '  - { name: G1 }', "two.yaml:10: cells[1] is called 'G1' like a cell before it"],
    [10, '  - { name: s, line: 2 }', 'two.yaml:10: cells[1].line is 2; expected 0 to 1'],
    [
      10,
      '  - { name: s, drift_uV_per_s: quick }',
      "two.yaml:10: cells[1].drift_uV_per_s is 'quick'; expected fresh or settled",
    ],
    [
      10,
      '  - { name: s, tolerance_uV: 1e-3, drift_uV_per_s: 1e9 }',
      'two.yaml:10: cells[1] would have a deadline of 0 ns',
    ],
    [7, 'defaults: { settle_ns: 1 }', 'two.yaml:9: cells[0] has no deadline'],
    [7, 'defaults: { deadline_ns: 5000 }', 'two.yaml:9: cells[0] takes no time to serve'],
  ])('with line %i changed to "%s" says "%s"', (line, text, says) => {
    expect(() => parseProblem(withLine(line, text), 'two.yaml')).toThrow(says);
  });

  it('says which windows repeat too seldom together', () => {
    const odd = withLine(6, '  - { name: odd, period_ns: 999999937, offset_ns: 0, length_ns: 10 }');
    expect(() => inSlots(parseProblem(odd, 'two.yaml'))).toThrow("the reserved window 'odd' comes every 999999937 ns");
  });
});
