// When each line ran: first, last, how often, with what least slack. Lines that the real-time core never reached are listed too.

import type { SequencerRun } from './run.ts';

export interface TimelineRow {
  /** Of the program, from 1. */
  line: number;
  text: string;
  firstNs: number | null;
  lastNs: number | null;
  /** How often the real-time core reached it, and how often its condition skipped it. */
  count: number;
  skipped: number;
  minimumSlackNs: number | null;
}

/** Real-time instructions only: the others take no time of the experiment. */
export function timelineOf({ sequence: { program }, tally }: SequencerRun): TimelineRow[] {
  return program.instructions.flatMap((one, index) => {
    if (one.instruction.class !== 'realTime') return [];
    const count = tally.count[index];
    const ran = count > 0;
    return [
      {
        line: one.line,
        text: withoutComment(program.source.lines[one.line - 1] ?? ''),
        firstNs: ran ? tally.firstNs[index] - tally.originNs : null,
        lastNs: ran ? tally.lastNs[index] - tally.originNs : null,
        count,
        skipped: tally.skipped[index],
        minimumSlackNs: ran ? tally.minimumSlackNs[index] : null,
      },
    ];
  });
}

function withoutComment(line: string): string {
  return line.replace(/#.*/, '').trim().replace(/\s+/g, ' ');
}

/** A table for people; the program text is cut so that no line is longer than `width`. */
export function timelineText(rows: TimelineRow[], width: number): string {
  const columns: [title: string, cell: (row: TimelineRow) => string][] = [
    ['line', ({ line }) => String(line)],
    ['first ns', ({ firstNs }) => numberText(firstNs)],
    ['last ns', ({ lastNs }) => numberText(lastNs)],
    ['count', ({ count }) => (count === 0 ? 'never' : String(count))],
    ...(rows.some(({ skipped }) => skipped > 0)
      ? [['skipped', ({ skipped }) => (skipped === 0 ? '' : String(skipped))] as [string, (row: TimelineRow) => string]]
      : []),
    ['slack ns', ({ minimumSlackNs }) => numberText(minimumSlackNs)],
  ];
  const widths = columns.map(([title, cell]) => Math.max(title.length, ...rows.map((row) => cell(row).length)));
  const room = Math.max(8, width - widths.reduce((sum, one) => sum + one + 2, 0));
  const line = (cells: string[], text: string) =>
    `${cells.map((cell, column) => cell.padStart(widths[column])).join('  ')}  ${cut(text, room)}`;
  const head = line(
    columns.map(([title]) => title),
    'instruction',
  );
  return [
    head,
    ...rows.map((row) =>
      line(
        columns.map(([, cell]) => cell(row)),
        row.text,
      ),
    ),
  ].join('\n');
}

function numberText(value: number | null): string {
  return value === null ? '' : String(value);
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
