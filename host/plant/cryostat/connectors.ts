// Connectors of the signal lines: a small loss that grows with every mating and every thermal cycle, and intermittent contacts.
//
// No field data on cryogenic connectors are published: every number that says how fast they age is a scenario value (fridge file, and
// below). SMA is rated for 500 matings [R]; the number at which one fails is drawn from a Weibull distribution around that.
// What must stay true: the loss at a moment depends on that moment and on the last changes only.

import { ln, power } from '../../../protocol/sensors/elementary.ts';
import type { ConnectorData } from './fridge.ts';
import { uniform } from './noise.ts';
import type { StateVector } from './state-vector.ts';

export const ConnectorFault = { NONE: 0, OPEN: 1, INTERMITTENT: 2 } as const;
export type ConnectorFault = (typeof ConnectorFault)[keyof typeof ConnectorFault];

const RATED_MATINGS = 500;
const WEIBULL_SHAPE = 3;
const WORN_MILLIDECIBEL = 1000;
export const OPEN_MILLIDECIBEL = 60_000;
/** The share of its time windows in which an intermittent contact is open. */
const OPEN_SHARE = 0.3;
const WINDOW_NS = 10_000_000;
const CHANNEL = 0x1_0000;

const Word = {
  matings: 0,
  fault: 1,
  extraMillidecibel: 2,
  count: 3,
} as const;

export class Connectors {
  static wordsFor = (count: number): number => Word.count * count;
  readonly data: readonly ConnectorData[];
  private readonly seed: number;
  private readonly words: Float64Array[];

  constructor(state: StateVector, data: readonly ConnectorData[], seed: number) {
    this.data = data;
    this.seed = seed;
    this.words = data.map(() => state.take(Word.count));
  }

  /** In whole thousandths of a decibel. `thermalCycles` are those of the whole cryostat. */
  lossMillidecibel(connector: number, timeNs: number, thermalCycles: number): number {
    const open = this.isOpen(connector, timeNs) ? OPEN_MILLIDECIBEL : 0;
    return Math.round(this.wornMillidecibel(connector, thermalCycles) + open);
  }

  /** The same without an open contact, not rounded. */
  wornMillidecibel(connector: number, thermalCycles: number): number {
    const words = this.connector(connector);
    const { lossMillidecibel, perMatingMillidecibel, perCycleMillidecibel } = this.data[connector];
    const aged = words[Word.matings] * perMatingMillidecibel + thermalCycles * perCycleMillidecibel;
    const worn = words[Word.matings] > this.lifetime(connector) ? WORN_MILLIDECIBEL : 0;
    return lossMillidecibel + aged + worn + words[Word.extraMillidecibel];
  }

  mate(connector: number): void {
    this.connector(connector)[Word.matings] += 1;
  }

  setFault(connector: number, fault: ConnectorFault, extraMillidecibel: number): void {
    const words = this.connector(connector);
    words[Word.fault] = fault;
    words[Word.extraMillidecibel] = extraMillidecibel;
  }

  private isOpen(connector: number, timeNs: number): boolean {
    const fault = this.words[connector][Word.fault];
    if (fault !== ConnectorFault.INTERMITTENT) return fault === ConnectorFault.OPEN;
    return this.opensAt(connector, timeNs);
  }

  /** Whether an intermittent contact is open at a moment. */
  opensAt(connector: number, timeNs: number): boolean {
    return uniform(this.seed, CHANNEL + connector, Math.floor(timeNs / WINDOW_NS)) < OPEN_SHARE;
  }

  /** How many matings this connector survives. */
  private lifetime(connector: number): number {
    return RATED_MATINGS * power(-ln(uniform(this.seed, CHANNEL + connector, -1)), 1 / WEIBULL_SHAPE);
  }

  private connector(connector: number): Float64Array {
    const words = this.words[connector];
    if (!words) throw new RangeError(`cryostat: there is no connector ${connector}; there are ${this.words.length}`);
    return words;
  }
}
