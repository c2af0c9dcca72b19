// The dilution unit: still, cold plate and mixing chamber, as functions of the flow.
//
//   still     its heat evaporates helium-3: H(T_still) watts, which sets the flow n. Warmer gas that comes down adds to that heat.
//   mixing    Q = e · 84 J/mol/K² · n T² - P0: the textbook law times e = 0.78, less the heat that the stream brings [C].
//             P0 grows with the flow and with the temperature of the cold plate. Below 15 mK the measured fridge is better than this
//             law (or its thermometer reads too low; it is not known which): `excess` is that difference, per flow.
//   plate     A √n T² (1 + c T²) less the heat that the stream from the mixing chamber brings to it.
//
// The formulas are physics where it is known, else the simplest that fit every row of the UTS campaign [R] (1,796 equilibria): T_MXC within
// 2.7 %, T_CP within 0.4 % rms, T_Still within 2.6 mK rms. The fridge file has the numbers. During a cooldown or after a fault, temperatures
// leave that range: there `tamed` lets the laws go to zero, as phase separation does.
// What must stay true: without flow there is neither cooling nor heat; a colder stage is never cooled more.

import { MonotoneCubic } from '../../../protocol/sensors/monotone.ts';

export interface DilutionData {
  /** Knots of the still: temperature, the heat that it takes there, and the flow that this heat causes. All rise. */
  still: { kelvin: number[]; milliwatts: number[]; millimolesPerSecond: number[] };
  /** 4 K plate at which the knots were taken, and the 50 K plate. */
  referenceFourKelvin: number;
  referenceFiftyKelvin: number;
  /** Heat that the stream brings into the still: n (a + b n) mW for each kelvin of the 4 K plate above its reference. */
  streamMilliwattsPerKelvin: [number, number];
  /** … and for each kelvin of the 50 K plate, in mW. */
  warmStreamMilliwattsPerKelvin: number;
  /** The flow rises by a fraction (a + b n) for each kelvin of the 4 K plate. */
  flowPerKelvin: [number, number];
  /** Heat that the stream leaves at 50K and 4K, in J/mol. */
  fiftyJoulesPerMole: number;
  fourJoulesPerMole: number;
  coldPlate: {
    /** A, mW/K² per √(mmol/s), at 0.8 mmol/s; its change per mmol/s; and by how much it grows with T², per K². */
    cooling: [number, number, number];
    /** µW per mmol/s: constant, per flow, per mK² of the mixing chamber, per K and K² of the still above 1 K. */
    load: [number, number, number, number, number];
    /** µW per √(mmol/s). */
    rootLoad: number;
  };
  mixing: {
    efficiency: [number, number, number];
    /** P0 in µW per mmol/s: constant, per flow, per K² of the cold plate. */
    load: [number, number, number];
    /** µW per mmol/s, its change with flow, and the squares of temperature (mK²) where it begins and ends. */
    excess: [number, number, number, number];
  };
}

const REFERENCE_FLOW = 0.8;
const TEXTBOOK = 84;
/** mmol/s; below this flow, the heat that the stream brings goes to zero with the flow. */
const LEAST_MEASURED_FLOW = 0.35;
/** The cold plate was measured up to 155 mK. */
const GROWS_TO_SQUARE_KELVIN = 0.03;
const FLOW_RANGE_KELVIN = 0.6;
/** µW per mmol/s that the stream always brings: with it, such a unit reaches 3 mK and no less. */
const LEAST_STREAM = 0.5;

/** T² while there are two phases; above 0.7 K it falls again. */
function tamed(kelvin: number): number {
  const square = kelvin * kelvin;
  const ratio = square / 0.49;
  return square / (1 + ratio * ratio);
}

const between = (least: number, most: number, value: number) => Math.min(most, Math.max(least, value));

export class DilutionUnit {
  readonly data: DilutionData;
  private readonly heatOverKelvin: MonotoneCubic;
  private readonly flowOverHeat: MonotoneCubic;
  /** The result of the last call of `flow`, mmol/s. */
  flowMillimoles = 0;
  /** Heat that left each stage at the last `solve`, in watts; negative values heat the stage. */
  fiftyWatts = 0;
  fourWatts = 0;
  stillWatts = 0;
  coldPlateWatts = 0;
  mixingWatts = 0;

  constructor(data: DilutionData) {
    this.data = data;
    const { kelvin, milliwatts, millimolesPerSecond } = data.still;
    this.heatOverKelvin = new MonotoneCubic(kelvin, milliwatts);
    this.flowOverHeat = new MonotoneCubic(milliwatts, millimolesPerSecond);
  }

  /** `share`: the part of the mixture that is condensed and circulates, 0 to 1. */
  solve(share: number, fifty: number, four: number, still: number, coldPlate: number, mixing: number): void {
    const { data } = this;
    const perKelvin = data.streamMilliwattsPerKelvin;
    const warmer = between(-1, 2, four - data.referenceFourKelvin);
    const evaporated = Math.max(0, this.heatOverKelvin.at(still));
    const quiet = Math.max(0, this.flowOverHeat.at(evaporated));
    // The campaign measured half a kelvin upwards; above that the flow stays constant.
    const near = between(-FLOW_RANGE_KELVIN, FLOW_RANGE_KELVIN, warmer);
    const n = share * quiet * (1 + (data.flowPerKelvin[0] + data.flowPerKelvin[1] * quiet) * near);
    this.flowMillimoles = n;
    this.fiftyWatts = -n * 1e-3 * data.fiftyJoulesPerMole;
    this.fourWatts = -n * 1e-3 * data.fourJoulesPerMole;
    const hotter = between(-10, 30, fifty - data.referenceFiftyKelvin);
    const flows = Math.min(1, n / LEAST_MEASURED_FLOW);
    const stream = n * (perKelvin[0] + perKelvin[1] * n) * warmer + flows * data.warmStreamMilliwattsPerKelvin * hotter;
    this.stillWatts = 1e-3 * (share * evaporated - stream);
    this.coldPlateWatts = 1e-6 * this.coldPlate(n, between(0.6, 1.3, still), coldPlate, Math.min(mixing, 0.1));
    this.mixingWatts = 1e-6 * this.mixing(n, Math.min(coldPlate, 0.5), mixing);
  }

  private coldPlate(n: number, still: number, plate: number, mixing: number): number {
    const { cooling, load, rootLoad } = this.data.coldPlate;
    const root = Math.sqrt(n);
    const above = still - 1;
    const stream = load[0] + load[1] * n + load[2] * 1e6 * mixing * mixing + above * (load[3] + above * load[4]);
    const growth = 1 + cooling[2] * Math.min(plate * plate, GROWS_TO_SQUARE_KELVIN);
    const ideal = (cooling[0] + cooling[1] * (n - REFERENCE_FLOW)) * 1e3 * root * tamed(plate);
    return ideal * growth - n * stream - root * rootLoad;
  }

  private mixing(n: number, plate: number, mixing: number): number {
    const { efficiency, load, excess } = this.data.mixing;
    const more = n - REFERENCE_FLOW;
    const e = Math.max(0, efficiency[0] * (1 + more * (efficiency[1] + more * efficiency[2])));
    const square = mixing * mixing * 1e6;
    const u = square * square;
    const sets = u / (u + excess[2] * excess[2]);
    const dies = 1 / (1 + u / (excess[3] * excess[3]));
    const gain = n * excess[0] * (1 + excess[1] * more) * sets * dies;
    // 84 J/mol/K² · 1 mmol/s · 1 K² is 84 mW.
    const ideal = TEXTBOOK * 1e3 * n * tamed(mixing);
    const fitted = load[0] + load[1] * n + load[2] * plate * plate;
    // At a small flow the fit of P0 is negative, which must not cool a chamber that is already at absolute zero.
    const stream = Math.max(fitted, fitted * sets + LEAST_STREAM * (1 - sets));
    return e * ideal - n * stream + gain;
  }
}
