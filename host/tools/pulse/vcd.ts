// Writes a value change dump (IEEE 1364-2005, clause 18) for GTKWave, Surfer and other waveform viewers. One scope per sequencer.
//
//   path0, path1     real       output in full scale
//   marker1 ...      wire 1
//   line             integer    line of the program that the real-time core executes
//   skipped          wire 1     the condition of the instruction is false
//   acquiring        wire 1     an acquisition window is open; `acquisition` and `bin` say which
//   frequency        real       of the oscillator, in Hz
//   slack            integer    ns that the instruction waited in the queue; negative (two's complement) when it came too late
//   underflow        wire 1     from the instruction that came too late to the end
//   trigger          integer    address of the trigger that is on the network, 0 where there is none

import { TriggerNetwork } from '../../../protocol/q1/network.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { Changes, Signal, type SignalKind, vcdText } from '../trace/vcd-signals.ts';
import { endsBefore } from './records.ts';
import type { PulseRun, SequencerRun } from './run.ts';
import { sampleTable } from './samples.ts';
import { timeBaseOf } from './time-base.ts';

const signalKinds = {
  path0: 'real',
  path1: 'real',
  marker1: 'wire',
  marker2: 'wire',
  marker3: 'wire',
  marker4: 'wire',
  line: 'integer',
  skipped: 'wire',
  acquiring: 'wire',
  acquisition: 'integer',
  bin: 'integer',
  frequency: 'real',
  slack: 'integer',
  underflow: 'wire',
  trigger: 'integer',
} as const satisfies Record<string, SignalKind>;
type Signals = Record<keyof typeof signalKinds, Signal>;

/** `toNs` is the end of the samples of the paths. All other signals end where the stored records end. */
export function vcdFile(run: PulseRun, toNs: number): string {
  const changes = new Changes();
  const base = timeBaseOf(run);
  const samples = sampleTable(run, 0, toNs);
  let number = 0;
  const scopes = run.sequencers.map((sequencer, index) => {
    const signals = Object.fromEntries(
      Object.entries(signalKinds).map(([name, kind]) => [name, new Signal(name, kind, number++, changes)]),
    ) as Signals;
    for (const signal of Object.values(signals)) signal.set(0, 0);
    addSamples(signals.path0, samples.columns[index * 2].samples);
    addSamples(signals.path1, samples.columns[index * 2 + 1].samples);
    addRecords(signals, sequencer, base.zeroNs);
    return { name: sequencer.name, signals: Object.values(signals) };
  });
  return vcdText('coldrig pulse', scopes, changes, base.endNs);
}

function addSamples(signal: Signal, samples: Int16Array): void {
  for (let index = 0; index < samples.length; index += 1) signal.set(index, samples[index] / 32768);
}

function addRecords(signals: Signals, { sequence: { program }, records }: SequencerRun, zeroNs: number): void {
  const view = records.view();
  let windowEndNs = 0;
  let triggerEndNs = 0;
  const closeBefore = (timeNs: number) => {
    if (windowEndNs !== 0 && windowEndNs <= timeNs) {
      signals.acquiring.set(windowEndNs, 0);
      windowEndNs = 0;
    }
    if (triggerEndNs !== 0 && triggerEndNs <= timeNs) {
      signals.trigger.set(triggerEndNs, 0);
      triggerEndNs = 0;
    }
  };
  for (let index = 0; index < view.length; index += 1) {
    view.at = index;
    // Records before zero are the wait for the other sequencers.
    const timeNs = Math.max(0, view.timeNs - zeroNs);
    if (endsBefore(view, zeroNs)) continue;
    closeBefore(timeNs);
    switch (view.kind) {
      case SequencerRecord.EXECUTE:
      case SequencerRecord.COMMIT:
        signals.line.set(timeNs, program.instructions[view.instruction]?.line ?? 0);
        signals.slack.set(timeNs, view.slackNs);
        signals.skipped.set(timeNs, view.kind === SequencerRecord.EXECUTE ? view.word(5) & 1 : 0);
        if (view.kind === SequencerRecord.COMMIT) setMarkers(signals, timeNs, view.word(4) >>> 16);
        break;
      case SequencerRecord.NCO:
        signals.frequency.set(timeNs, view.signed(4) / 4);
        break;
      case SequencerRecord.ACQUIRE:
        windowEndNs = Math.max(windowEndNs, timeNs + view.word(6));
        signals.acquiring.set(timeNs, 1);
        signals.acquisition.set(timeNs, view.word(5) & 0xff);
        signals.bin.set(timeNs, view.word(4));
        break;
      case SequencerRecord.UNDERFLOW:
        signals.line.set(timeNs, program.instructions[view.instruction]?.line ?? 0);
        signals.slack.set(timeNs, view.slackNs);
        signals.underflow.set(timeNs, 1);
        break;
      case SequencerRecord.TRIGGER:
        if ((view.word(6) & 3) !== 0) break;
        triggerEndNs = timeNs + TriggerNetwork.LATENCY_NS;
        signals.trigger.set(timeNs, view.word(4));
        break;
      default:
    }
  }
  closeBefore(Number.POSITIVE_INFINITY);
}

function setMarkers(signals: Signals, timeNs: number, mask: number): void {
  const markers = [signals.marker1, signals.marker2, signals.marker3, signals.marker4];
  for (const [index, marker] of markers.entries()) marker.set(timeNs, (mask >> index) & 1);
}
