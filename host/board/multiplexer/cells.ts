// The cells themselves: capacitors that are charged through a switch and leak.
//
//   after a service: value of the code, less what the converter has not settled to in the time of the service
//   then:            V(t) = V(0) - integral of (settled drift + excess * 2^(-t / half life)), towards 0 V
//
// A step leaves excess drift in proportion to its size and disturbs the cells beside it. Each cell's settled drift is a part of the largest one:
// seed, bias and temperature decide which. Drift is reported to depend strongly on bias, because charge leaks through the ESD paths
// (van Staveren et al., IEEE TQE 2025). That it doubles with bias and with each kelvin are scenario values: how it depends on temperature is not
// published. It is largest at full scale and at the highest temperature that is allowed, and there it is what the firmware assumes.
// Powers of two are interpolated linearly between whole exponents, so every machine computes the same bits. What must stay true: everything
// is in the state given to the constructor; a voltage does not depend on when it is looked at; while no value changes, the services of the last period of
// a table leave the same state as those of all periods, so those before it need not be executed.

import { Mux } from '../../../protocol/multiplexer/module.ts';
import { interlocks } from '../../../protocol/plant/interlocks.ts';
import type { Service } from './multiplexer-module.ts';
import { hash } from './switch-errors.ts';

/** Of a cell: voltage in nV and its time (ns), excess drift in nV/s at the last step and the time of that step, the code stored last. */
const placesOfCell = 5;
/** Of a line: what its converter put out last, in nV. */
const placesOfLine = 1;
/** Of all cells: the time of the last discharge (ns), 1 when a cell was charged since, and the temperature in steps. */
const placesOfAll = 3;
const nanovoltsPerCode = Mux.CODE_MICROVOLTS * 1000;
const halfLifeNs = Mux.HALF_LIFE_MS * 1e6;
/** The converter halves its distance to a new value in this time. */
const settlingHalfNs = 100;
/** The part of a step that couples into a neighbour: -90 dB. */
const kick = 1 / 32768;
/** The plate may be as warm as this in operation (the interlock PLATE_4K_HOT); there settled drift is largest. */
const warmest = (interlocks.find(({ name }) => name === 'PLATE_4K_HOT') as { threshold: number }).threshold / 1e6;
/** Temperature is followed in steps, so that the noise of a thermometer changes nothing. */
export const stepsPerKelvin = 16;

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

  /**
   * Power comes on: all cells are empty, and the temperature is not known yet. Each cell is only written when one is charged again: a proof cuts
   * power a million times.
   */
  discharge(timeNs: number): void {
    this.all.fill(0);
    this.all[0] = timeNs;
  }

  /** Voltage of a cell, in nV. */
  voltageAt(cell: number, timeNs: number): number {
    if (this.all[1] === 0) return 0;
    const at = cell * placesOfCell;
    const [voltage, since, excess, step] = [this.state[at], this.state[at + 1], this.state[at + 2], this.state[at + 3]];
    if (timeNs <= since) return voltage;
    const left = excess * (halvingSpan(timeNs - step) - halvingSpan(since - step));
    const drifted = (this.settledDrift(cell) * (timeNs - since) + left) / 1e9;
    return voltage > 0 ? Math.max(0, voltage - drifted) : Math.min(0, voltage + drifted);
  }

  /** A line stores a value. Returns the cell that the switch connected: with `isWrong` the neighbour of the one that was to be served. */
  serve(service: Service, isWrong: boolean): number {
    const cell = isWrong ? this.neighbour(service.cell) : service.cell;
    const output = this.count * placesOfCell + service.line;
    const target = service.code * nanovoltsPerCode;
    const value = target - (target - this.state[output]) * halving(service.spanNs / settlingHalfNs);
    this.state[output] = target;
    this.store(cell, value, service);
    return cell;
  }

  private store(cell: number, value: number, { code, startNs }: Service): void {
    if (this.all[1] === 0) this.writeDischarged();
    const { state } = this;
    const at = cell * placesOfCell;
    const step = code - state[at + 4];
    state[at] = value;
    state[at + 1] = startNs;
    if (step === 0) return;
    // Only a step disturbs the neighbours: a refresh moves the voltage by a millionth of a step.
    state[at + 2] =
      state[at + 2] * halving((startNs - state[at + 3]) / halfLifeNs) + Math.abs(step) * Mux.FRESH_DRIFT_PER_CODE;
    state[at + 3] = startNs;
    state[at + 4] = code;
    for (const beside of [cell - 1, cell + 1])
      if (beside >= 0 && beside < this.count) state[beside * placesOfCell] += step * nanovoltsPerCode * kick;
  }

  /** Temperature of the plate that the chip sits on, in steps. */
  get temperatureSteps(): number {
    return this.all[2];
  }

  /** From now on the cells drift as at this temperature. */
  setTemperature(steps: number, timeNs: number): void {
    for (let cell = 0; this.all[1] !== 0 && cell < this.count; cell++) {
      const at = cell * placesOfCell;
      const voltage = this.voltageAt(cell, timeNs);
      this.state[at] = voltage;
      this.state[at + 1] = Math.max(this.state[at + 1], timeNs);
    }
    this.all[2] = steps;
  }

  private writeDischarged(): void {
    for (let cell = 0; cell < this.count; cell++)
      this.state.set([0, this.all[0], 0, this.all[0], 0], cell * placesOfCell);
    this.all[1] = 1;
  }

  /** A quarter to all of the largest, at the temperature of operation; in nV/s. */
  private settledDrift(cell: number): number {
    const part = 1 + (hash(this.seed, cell) % 1000) / 1000;
    const bias = 1 + this.state[cell * placesOfCell + 4] / Mux.CODE_MAX;
    const colder = warmest - this.temperatureSteps / stepsPerKelvin;
    return ((Mux.SETTLED_DRIFT * part * bias) / 4) * power(-colder);
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

/** 2^x, linear between whole x; no more than 2^16. */
function power(x: number): number {
  const most = 16;
  return 2 ** most * halving(most - Math.min(x, most));
}

/** Integral of `halving` over a span, in ns: what a falling drift of 1 moves. */
function halvingSpan(spanNs: number): number {
  const x = spanNs / halfLifeNs;
  const whole = Math.min(Math.floor(x), 60);
  const part = Math.min(x - whole, 1);
  return halfLifeNs * (1.5 * (1 - 1 / 2 ** whole) + (part - (part * part) / 4) / 2 ** whole);
}
