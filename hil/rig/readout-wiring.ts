// The readout chain in a cryostat: what the chain needs to know of its surroundings, latched once a second, and the samples of a window.
//
//   every whole second: temperatures, power of the chip, age of connectors ──▶ ring of latches ──┐
//   faults and references: functions of the moment ──────────────────────────────────────────────┴─▶ SlowState at the opening of a window ─▶ samples
//
// A window may be asked for long after it opened, and the cryostat is then ahead of it. So a window takes the latch of its own second, and
// faults at its own moment. What must stay true: samples do not depend on when they are asked for, as long as their second is among the
// latches; all state is in the memory of the board.

import type { SampleRequest } from '../../host/board/samples.ts';
import { jitterFemtoseconds, unlockedJitter } from '../../host/plant/cryostat/clock-source.ts';
import { OPEN_MILLIDECIBEL } from '../../host/plant/cryostat/connectors.ts';
import type { Cryostat } from '../../host/plant/cryostat/cryostat.ts';
import { FOUR, STAGES, stageNames } from '../../host/plant/cryostat/stages.ts';
import type { ReadoutChain, SlowState } from '../../host/plant/readout/chain-data.ts';
import { restPeak } from '../../host/plant/readout/line-state.ts';
import { sampleWindow } from '../../host/plant/readout/sampler.ts';
import { Signal } from '../../protocol/plant/places.ts';
import type { CryoFaults } from './faults/fault-list.ts';
import { second } from './time.ts';

/** Seconds that can be looked back at: the firmware looks at its converters far more often. */
const LATCHES = 8;
const Word = {
  SECOND: 0,
  KELVIN: 1,
  CHIP_WATTS: 1 + STAGES,
  SEND: 2 + STAGES,
  RETURN: 3 + STAGES,
  PEAK: 4 + STAGES,
  COUNT: 5 + STAGES,
} as const;
/** [0] the reference in use, [1] the one before, [2] when it changed. */
const REFERENCE_WORDS = 3;

export class WiredReadout {
  readonly chain: ReadoutChain;
  private readonly seed: number;
  private words: Float64Array = new Float64Array(0);
  private references: Float64Array = new Float64Array(0);

  constructor(chain: ReadoutChain, seed: number) {
    this.chain = chain;
    this.seed = seed;
  }

  attach(memory: (places: number) => Float64Array): void {
    this.words = memory(LATCHES * Word.COUNT);
    this.references = memory(REFERENCE_WORDS);
    // A latch that was never taken has a second that no window is in.
    for (let place = 0; place < LATCHES; place++) this.words[place * Word.COUNT + Word.SECOND] = -1;
  }

  /** The whole seconds until `timeNs` whose latch has to be taken; the first latch of all is taken at once. */
  due(nowNs: number, timeNs: number): number[] {
    const last = Math.floor(timeNs / second);
    const begun = this.latchOf(Math.floor(nowNs / second)) !== undefined;
    const first = Math.max(Math.floor(nowNs / second) + (begun ? 1 : 0), last - LATCHES + 1);
    const seconds: number[] = [];
    for (let at = first; at <= last; at++) seconds.push(at);
    return seconds;
  }

  /** Takes a latch of the cryostat as it is now, for a second. */
  latch(at: number, cryostat: Cryostat, chipWatts: number): void {
    const words = this.words.subarray((at % LATCHES) * Word.COUNT, (at % LATCHES) * Word.COUNT + Word.COUNT);
    words[Word.SECOND] = at;
    for (const [stage, name] of stageNames.entries()) {
      // A stage that the fridge does not have is as cold as its coldest one.
      const present = cryostat.stages.includes(name) ? name : (cryostat.stages.at(-1) ?? '4K');
      words[Word.KELVIN + stage] = cryostat.temperatureKelvin(present);
    }
    words[Word.CHIP_WATTS] = chipWatts;
    words[Word.SEND] = cryostat.wornMilliDecibel(Signal.READOUT_SEND);
    words[Word.RETURN] = cryostat.wornMilliDecibel(Signal.READOUT_RETURN);
    words[Word.PEAK] = restPeak(this.chain, 0, slowOf(words));
  }

  select(reference: number, timeNs: number): void {
    const { references } = this;
    if (references[0] === reference) return;
    references.set([reference, references[0], timeNs]);
  }

  sample(request: SampleRequest, into: Int32Array, cryostat: Cryostat, faults: CryoFaults): void {
    sampleWindow(this.chain, this.stateAt(request.openedNs, cryostat, faults), this.seed, request, into);
  }

  /** Everything that changes slowly, at a moment. */
  stateAt(timeNs: number, cryostat: Cryostat, faults: CryoFaults): SlowState {
    const latch = this.latchOf(Math.floor(timeNs / second)) ?? this.nearest(timeNs);
    const lossOf = (line: number, worn: number): number => {
      const isOpen = faults.isLoose(line, timeNs) && cryostat.isContactOpen(line, timeNs);
      return worn + faults.lossMillidecibel(line, timeNs) + (isOpen ? OPEN_MILLIDECIBEL : 0);
    };
    const reference = this.referenceAt(timeNs);
    const quiet = jitterFemtoseconds(latch[Word.KELVIN + FOUR]);
    const jitter = faults.isReferenceGone(reference, timeNs)
      ? unlockedJitter(quiet)
      : quiet + faults.jitterFemtoseconds(reference, timeNs);
    const slow = slowOf(latch);
    slow.jitterFemtoseconds = jitter;
    slow.sendMillidecibel = lossOf(Signal.READOUT_SEND, slow.sendMillidecibel);
    slow.returnMillidecibel = lossOf(Signal.READOUT_RETURN, slow.returnMillidecibel);
    slow.intruder = faults.intruder(Signal.READOUT_RETURN, timeNs);
    return slow;
  }

  /** Largest sample of the first line at rest in thousandths of full scale, as it was at the last whole second. */
  peakAt(timeNs: number): number {
    return 1000 * (this.latchOf(Math.floor(timeNs / second)) ?? this.nearest(timeNs))[Word.PEAK];
  }

  private referenceAt(timeNs: number): number {
    return this.references[timeNs < this.references[2] ? 1 : 0];
  }

  private latchOf(at: number): Float64Array | undefined {
    const start = (at % LATCHES) * Word.COUNT;
    return this.words[start + Word.SECOND] === at ? this.words.subarray(start, start + Word.COUNT) : undefined;
  }

  /** Of a window from before the oldest latch the oldest, of one after the newest the newest. */
  private nearest(timeNs: number): Float64Array {
    const all = Array.from({ length: LATCHES }, (_, place) =>
      this.words.subarray(place * Word.COUNT, (place + 1) * Word.COUNT),
    );
    const taken = all.filter((words) => words[Word.SECOND] >= 0);
    if (taken.length === 0) throw new Error('wired: a window was asked for before the cryostat was looked at');
    const away = (words: Float64Array) => Math.abs(words[Word.SECOND] - timeNs / second);
    return taken.reduce((best, words) => (away(words) < away(best) ? words : best));
  }
}

/** What a latch says, without faults. */
function slowOf(latch: Float64Array): SlowState {
  return {
    stageKelvin: latch.subarray(Word.KELVIN, Word.KELVIN + STAGES),
    chipWatts: latch[Word.CHIP_WATTS],
    sendMillidecibel: latch[Word.SEND],
    returnMillidecibel: latch[Word.RETURN],
    jitterFemtoseconds: 0,
    intruder: 0,
  };
}
