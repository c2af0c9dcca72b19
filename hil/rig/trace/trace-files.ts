// The trace of a board as a file: a value change dump for waveform viewers, or a trace for ui.perfetto.dev.

import type { TimedRun } from '../../../host/tools/profile/call-profile.ts';
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

/**
 * Signals with named values are tracks of slices, the others counters; events are instants with their words. `runs` are those of a CallProfile: each
 * call is a slice, on a track for each module.
 */
export function boardPerfetto(
  { signals, events, zeroNs }: BoardTrace,
  endNs: number,
  runs: readonly TimedRun[] = [],
): Uint8Array {
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
  writeCalls(writer, runs, zeroNs);
  return writer.encoded();
}

function writeCalls(writer: TraceWriter, runs: readonly TimedRun[], zeroNs: number): void {
  if (runs.length === 0) return;
  const core = writer.process('core', 2);
  const tracks = new Map<string, number>();
  for (const { module, startNs, data } of runs) {
    const { role, image } = module;
    const track = tracks.get(image.hash) ?? writer.track(core, `calls in ${role} ${image.hash.slice(0, 8)}`);
    tracks.set(image.hash, track);
    for (let at = 0; at < data.length; at += 3) {
      const [functionIndex, cycles, timeNs] = data.subarray(at, at + 3);
      const atNs = Math.max(0, startNs + timeNs - zeroNs);
      if (functionIndex < 0) writer.end(track, atNs);
      else writer.begin(track, image.functionNames[functionIndex], atNs, { 'cycles of this run': cycles });
    }
  }
}
