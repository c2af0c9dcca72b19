// The trace of a board as a file: a value change dump for waveform viewers, or a trace for ui.perfetto.dev.

import { TraceWriter } from '../../../host/tools/trace/perfetto-writer.ts';
import { Changes, Signal, vcdText } from '../../../host/tools/trace/vcd-signals.ts';
import type { BoardTrace } from './board-trace.ts';

export function boardVcd({ signals }: BoardTrace, endNs: number): string {
  const changes = new Changes();
  const written = signals.map(({ name, kind, changes: values }, number) => {
    const signal = new Signal(name, kind, number, changes);
    for (const [timeNs, value] of values) signal.set(timeNs, value);
    return signal;
  });
  return vcdText('coldrig', [{ name: 'board', signals: written }], changes, endNs);
}

/** Signals with named values are tracks of slices, the others counters; events are instants with their words. */
export function boardPerfetto({ signals, events }: BoardTrace, endNs: number): Uint8Array {
  const writer = new TraceWriter();
  const board = writer.process('board', 1);
  const track = writer.track(board, 'events');
  for (const { timeNs, name, text } of events) writer.instant(track, name, timeNs, { text });
  for (const { name, values, unit, changes } of signals) {
    const own = writer.track(board, name, values === undefined ? (unit ?? '') : undefined);
    for (const [index, [timeNs, value]] of changes.entries())
      if (values === undefined) writer.counter(own, timeNs, value);
      else writer.slice(own, values[value], timeNs, changes[index + 1]?.[0] ?? endNs);
  }
  return writer.encoded();
}
