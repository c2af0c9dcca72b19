// A trace of the run for ui.perfetto.dev, as native TrackEvent protocol buffers: nanoseconds stay exact, and every slice has its line and slack.
//
// One process per sequencer, with these tracks:
//   real time     one slice per instruction: its text, the line, the slack
//   waveforms     the name of what plays on path 0 and path 1, until it ends or is replaced
//   markers       one slice while a marker is high
//   acquisitions  windows, by name and bin
//   triggers      sent and received
//   slack, frequency   counters

import { TriggerNetwork } from '../../../protocol/q1/network.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { TraceWriter } from '../trace/perfetto-writer.ts';
import { endsBefore, type RecordView } from './records.ts';
import type { PulseRun, SequencerRun } from './run.ts';
import { timeBaseOf } from './time-base.ts';

export function perfettoTrace(run: PulseRun): Uint8Array {
  const writer = new TraceWriter();
  const base = timeBaseOf(run);
  for (const [index, sequencer] of run.sequencers.entries()) {
    new SequencerTracks(writer, sequencer, index + 1, base.zeroNs).write();
  }
  return writer.encoded();
}

/** Something that lasts until it is replaced or ends by itself. */
interface Playing {
  name: string;
  fromNs: number;
  toNs: number;
}

class SequencerTracks {
  private readonly writer: TraceWriter;
  private readonly run: SequencerRun;
  private readonly zeroNs: number;
  private readonly tracks: Record<string, number> = {};
  private readonly pid: number;
  private readonly playing: (Playing | undefined)[] = [undefined, undefined];
  /** When each of the tracks for acquisitions is free again: windows may overlap, but slices of one track may not. */
  private readonly acquiringUntil: { track: number; timeNs: number }[] = [];
  private parent = 0;
  private readonly markersSince: (number | undefined)[] = [undefined, undefined, undefined, undefined];

  constructor(writer: TraceWriter, run: SequencerRun, pid: number, zeroNs: number) {
    this.writer = writer;
    this.run = run;
    this.pid = pid;
    this.zeroNs = zeroNs;
  }

  write(): void {
    const { name, records, tally } = this.run;
    const parent = this.writer.process(name, this.pid);
    this.parent = parent;
    const names = ['real time', 'path 0', 'path 1', 'marker 1', 'marker 2', 'marker 3', 'marker 4', 'triggers'];
    for (const track of names) this.tracks[track] = this.writer.track(parent, track);
    this.tracks.slack = this.writer.track(parent, 'slack', 'ns');
    this.tracks.frequency = this.writer.track(parent, 'frequency', 'Hz');
    const view = records.view();
    for (let index = 0; index < view.length; index += 1) {
      view.at = index;
      if (endsBefore(view, this.zeroNs)) continue;
      this.record(view, Math.max(0, view.timeNs - this.zeroNs));
    }
    const endNs = tally.originNs - this.zeroNs + this.run.endNs;
    for (const path of [0, 1]) this.stopPlaying(path, Math.max(endNs, this.playing[path]?.toNs ?? 0));
    this.setMarkers(endNs, 0);
  }

  private record(view: RecordView, timeNs: number): void {
    switch (view.kind) {
      case SequencerRecord.EXECUTE:
        this.instruction(view, timeNs, view.word(4), (view.word(5) & 1) !== 0);
        break;
      case SequencerRecord.COMMIT:
        this.instruction(view, timeNs, view.word(4) & 0xffff, false);
        this.setMarkers(timeNs, (view.word(4) >>> 16) & 0xf);
        if (((view.word(4) >>> 20) & 1) !== 0) {
          this.play(0, view.word(7) & 0xffff, timeNs);
          this.play(1, view.word(7) >>> 16, timeNs);
        }
        break;
      case SequencerRecord.NCO:
        this.writer.counter(this.tracks.frequency, timeNs, view.signed(4) / 4);
        break;
      case SequencerRecord.ACQUIRE:
        this.acquire(view, timeNs);
        break;
      case SequencerRecord.TRIGGER:
        this.trigger(view, timeNs);
        break;
      case SequencerRecord.VALUE:
        this.writer.instant(this.tracks['real time'], 'register out of range', timeNs, {
          ...{ line: this.lineOf(view), held: view.signed(4), taken: view.signed(5) },
        });
        break;
      case SequencerRecord.UNDERFLOW:
        this.writer.instant(this.tracks['real time'], 'underflow', timeNs, { 'slack ns': view.slackNs });
        break;
      default:
    }
  }

  private instruction(view: RecordView, timeNs: number, durationNs: number, skipped: boolean): void {
    const { program } = this.run.sequence;
    const one = program.instructions[view.instruction];
    if (one === undefined) return;
    const text = program.source.lines[one.line - 1] ?? '';
    const facts = { line: one.line, text: text.trim(), 'slack ns': view.slackNs };
    const name = skipped ? `${one.instruction.mnemonic} (skipped)` : one.instruction.mnemonic;
    // Times before zero are the wait for the other sequencers; only the part after zero is shown.
    const endNs = Math.max(0, view.timeNs - this.zeroNs + durationNs);
    this.writer.slice(this.tracks['real time'], name, timeNs, endNs, facts);
    this.writer.counter(this.tracks.slack, timeNs, view.slackNs);
  }

  private lineOf({ instruction }: RecordView): number {
    return this.run.sequence.program.instructions[instruction]?.line ?? 0;
  }

  private play(path: number, index: number, timeNs: number): void {
    const waveform = this.run.sequence.parts.waveforms.find((candidate) => candidate.index === index);
    this.stopPlaying(path, timeNs);
    if (waveform === undefined) return;
    this.playing[path] = { name: waveform.name, fromNs: timeNs, toNs: timeNs + waveform.samples.length };
  }

  private stopPlaying(path: number, timeNs: number): void {
    const playing = this.playing[path];
    if (playing === undefined) return;
    this.writer.slice(this.tracks[`path ${path}`], playing.name, playing.fromNs, Math.min(playing.toNs, timeNs));
    this.playing[path] = undefined;
  }

  private setMarkers(timeNs: number, mask: number): void {
    for (const [index, since] of this.markersSince.entries()) {
      const high = ((mask >> index) & 1) !== 0;
      if (high === (since !== undefined)) continue;
      if (since !== undefined) this.writer.slice(this.tracks[`marker ${index + 1}`], 'high', since, timeNs);
      this.markersSince[index] = high ? timeNs : undefined;
    }
  }

  private acquire(view: RecordView, timeNs: number): void {
    const index = view.word(5) & 0xff;
    const entry = this.run.sequence.parts.acquisitions.find((candidate) => candidate.index === index);
    const facts = { acquisition: index, bin: view.word(4), 'length ns': view.word(6) };
    const name = `${entry?.name ?? `acquisition ${index}`} [${view.word(4)}]`;
    const endNs = timeNs + view.word(6);
    let lane = this.acquiringUntil.find((candidate) => candidate.timeNs <= timeNs);
    if (lane === undefined) {
      lane = { track: this.writer.track(this.parent, 'acquisitions'), timeNs: 0 };
      this.acquiringUntil.push(lane);
    }
    lane.timeNs = endNs;
    this.writer.slice(lane.track, name, timeNs, endNs, facts);
  }

  private trigger(view: RecordView, timeNs: number): void {
    const address = view.word(4);
    const lost = (view.word(6) & 1) !== 0 ? 'conflict' : (view.word(6) & 2) !== 0 ? 'missed' : undefined;
    const facts = { address, 'waited for the grid ns': view.word(5) };
    this.writer.instant(this.tracks.triggers, lost === undefined ? `sent ${address}` : `lost: ${lost}`, timeNs, facts);
    if (lost === undefined) {
      this.writer.instant(this.tracks.triggers, `received ${address}`, timeNs + TriggerNetwork.LATENCY_NS, { address });
    }
  }
}
