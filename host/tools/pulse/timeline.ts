// When each line ran: first, last, how often, with how little slack. Lines that never came to the real-time core are listed too.

import type { SequencerRun } from './run.ts';

export interface TimelineRow {
  /** Of the program, from 1. */
  line: number;
  text: string;
  firstNs: number | null;
  lastNs: number | null;
  count: number;
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
        minimumSlackNs: ran ? tally.minimumSlackNs[index] : null,
      },
    ];
  });
}

function withoutComment(line: string): string {
  return line.replace(/#.*/, '').trim().replace(/\s+/g, ' ');
}

/** Columns for people; the text is cut where the lines would be longer than `width`. */
export function timelineText(rows: TimelineRow[], width: number): string {
  const head = ['line', 'first ns', 'last ns', 'count', 'slack ns'];
  const cells = rows.map(({ line, firstNs, lastNs, count, minimumSlackNs }) => [
    ...[
      String(line),
      numberText(firstNs),
      numberText(lastNs),
      count === 0 ? 'never' : String(count),
      numberText(minimumSlackNs),
    ],
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column].length)));
  const numbers = (row: string[]) => row.map((cell, column) => cell.padStart(widths[column])).join('  ');
  const room = Math.max(8, width - widths.reduce((sum, one) => sum + one + 2, 0));
  const lines = cells.map((row, index) => `${numbers(row)}  ${cut(rows[index].text, room)}`);
  return [`${numbers(head)}  ${cut('instruction', room)}`, ...lines].join('\n');
}

function numberText(value: number | null): string {
  return value === null ? '' : String(value);
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
