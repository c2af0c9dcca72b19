// The cells themselves: capacitors that are charged through a switch and leak.
//
//   after a service: value of the code, less what the converter has not settled to in the time of the service
//   then:            V(t) = V(0) - integral of (settled drift + excess * 2^(-t / half life)), towards 0 V
//
// A step leaves excess drift in proportion to its size and disturbs the cells beside it. Each cell's settled drift is a fraction of the data
// sheet's maximum; seed and bias decide which (chips leak through their ESD paths, more at high bias). Powers of two are interpolated linearly
// between whole exponents, so every machine computes the same bits. What must stay true: everything is in the state given to the constructor.

import { Mux } from '../../../protocol/multiplexer/module.ts';
import type { Service } from './multiplexer-module.ts';

/** Of a cell: voltage in nV, the time of that voltage (ns), excess drift at that time in nV/s, the code stored last. */
const placesOfCell = 4;
/** Of a line: what its converter put out last, in nV. */
const placesOfLine = 1;
/** Of all cells: the time of the last discharge (ns), and 1 when a cell was charged since. */
const placesOfAll = 2;
const nanovoltsPerCode = Mux.CODE_MICROVOLTS * 1000;
const halfLifeNs = Mux.HALF_LIFE_MS * 1e6;
/** The converter halves its distance to a new value in this time. */
const settlingHalfNs = 100;
/** The part of a step that couples into a neighbour: -90 dB. */
const kick = 1 / 32768;
/** The data sheet's largest drift long after a step, in nV/s. */
const settledMost = 60_000;
/** One switch in ten million connects the wrong cell. */
const switchErrorsPerBillion = 100;

export class Cells {
  readonly count: number;
  private readonly state: Float64Array;
  /** What is said of all cells. */
  private readonly all: Float64Array;
  private readonly seed: number;

  /** Places that `count` cells behind `lines` lines need. */
  static placesFor(count: number, lines: number): number {
    return count * placesOfCell + lines * placesOfLine + placesOfAll;
  }

  /** `state`: zeroed, with as many places as `placesFor` says. */
  constructor(count: number, seed: number, state: Float64Array) {
    this.count = count;
    this.seed = seed;
    this.state = state;
    this.all = state.subarray(state.length - placesOfAll);
  }

  /** Power is lost: all cells lose their values. Each one is only written when one is charged again: a proof cuts power a million times. */
  discharge(timeNs: number): void {
    this.all[0] = timeNs;
    this.all[1] = 0;
  }

  /** Voltage of a cell, in nV. */
  voltageAt(cell: number, timeNs: number): number {
    if (this.all[1] === 0) return 0;
    const at = cell * placesOfCell;
    const [voltage, since, excess] = [this.state[at], this.state[at + 1], this.state[at + 2]];
    const span = Math.max(0, timeNs - since);
    const drifted = (this.settledDrift(cell) * span + excess * halvingSpan(span)) / 1e9;
    return voltage > 0 ? Math.max(0, voltage - drifted) : Math.min(0, voltage + drifted);
  }

  /** A line stores a value. Returns the cell that the switch connected, which in rare cases is a wrong one. */
  serve(service: Service, changesBank: boolean, number: number): number {
    const cell = changesBank && this.errs(number) ? this.neighbour(service.cell) : service.cell;
    const output = this.count * placesOfCell + service.line;
    const target = service.code * nanovoltsPerCode;
    const value = target - (target - this.state[output]) * halving(service.spanNs / settlingHalfNs);
    this.state[output] = target;
    this.store(cell, value, service);
    return cell;
  }

  private store(cell: number, value: number, { code, startNs }: Service): void {
    if (this.all[1] === 0) this.writeDischarged();
    const at = cell * placesOfCell;
    const before = this.voltageAt(cell, startNs);
    const excess = this.state[at + 2] * halving((startNs - this.state[at + 1]) / halfLifeNs);
    const step = Math.abs(code - this.state[at + 3]) * Mux.FRESH_DRIFT_PER_CODE;
    this.put(cell, value, startNs, excess + step, code);
    for (const beside of [cell - 1, cell + 1]) {
      if (beside < 0 || beside >= this.count) continue;
      this.state[beside * placesOfCell] += (value - before) * kick;
    }
  }

  private writeDischarged(): void {
    for (let cell = 0; cell < this.count; cell++) this.put(cell, 0, this.all[0], 0, 0);
    this.all[1] = 1;
  }

  private put(cell: number, voltage: number, timeNs: number, excess: number, code: number): void {
    this.state.set([voltage, timeNs, excess, code], cell * placesOfCell);
  }

  /** A third to all of the data sheet's, more at high bias; in nV/s. */
  private settledDrift(cell: number): number {
    const part = 1 + (hash(this.seed, cell) % 1000) / 1000;
    const bias = 1 + this.state[cell * placesOfCell + 3] / Mux.CODE_MAX;
    return (settledMost * part * bias) / 4;
  }

  private errs(number: number): boolean {
    return hash(this.seed ^ 0x5eed, number) % 1_000_000_000 < switchErrorsPerBillion;
  }

  private neighbour(cell: number): number {
    const other = cell ^ 1;
    return other < this.count ? other : cell;
  }
}

/** 2^-x, linear between whole x. */
function halving(x: number): number {
  const whole = Math.floor(x);
  return whole > 60 ? 0 : (1 - (x - whole) / 2) / 2 ** whole;
}

/** Integral of `halving` over a span, in ns: what a falling drift of 1 moves. */
function halvingSpan(spanNs: number): number {
  const x = spanNs / halfLifeNs;
  const whole = Math.min(Math.floor(x), 60);
  const part = Math.min(x - whole, 1);
  return halfLifeNs * (1.5 * (1 - 1 / 2 ** whole) + (part - (part * part) / 4) / 2 ** whole);
}

function hash(seed: number, number: number): number {
  // The last constant keeps a zero input from the result zero, which would be a switch error.
  let word =
    Math.imul(seed, 0x9e37_79b1) + Math.imul(number | 0, 0x2545_f491) + Math.floor(number / 2 ** 32) + 0x7f4a_7c15;
  word = Math.imul(word ^ (word >>> 15), 0x9e37_79b1);
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
