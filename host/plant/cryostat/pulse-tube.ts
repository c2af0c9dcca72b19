// A two-stage pulse tube: how much heat its stages take at given plate temperatures.
//
//   map      measured in the other direction: temperatures of both cold heads for given loads (a grid, bilinear in between)
//   link     each plate is connected to its head by a thermal resistance: T_plate = T_head + R Q
//   here     (T_plate 1, T_plate 2) -> (Q1, Q2), by Newton's method on the map with the links added, which keeps it bilinear
//
// The map is that of the PT415, digitised by a third party from the vendor's curve [R]; its second-stage points scatter by 0.15 K. Above 18 K
// nothing is published: one more row and column let the cooler take 80 W and 250 W at 300 K (scenario values, fitted to a cooldown within a
// day). Below its range the map is extended by a straight line, so that a plate which is colder than the cooler is warmed by it.
// What must stay true: both temperatures rise with their own load, so that there is exactly one solution.

/** Loads of the map in watts. */
export const mapFirstWatts = [0, 25, 50, 75, 100, 250];
export const mapSecondWatts = [0, 0.5, 1.35, 5, 8, 10, 80];

/** Head temperatures, one row per second-stage load. The last row and column are ours, see above. */
const firstKelvin = [
  [30.6, 33.8, 39.3, 50.2, 71.5, 300],
  [30.9, 34.0, 40.0, 51.1, 71.5, 300],
  [31.0, 34.4, 41.3, 54.1, 71.8, 300],
  [32.4, 38.4, 51.4, 62.0, 74.9, 300],
  [34.3, 43.5, 52.8, 64.4, 77.4, 300],
  [35.0, 44.1, 54.2, 65.2, 78.1, 300],
  [50.0, 60.0, 70.0, 82.0, 96.0, 305],
];
const secondKelvin = [
  [2.69, 2.64, 2.59, 2.83, 2.53, 4],
  [3.48, 3.41, 3.36, 3.42, 3.35, 6],
  [4.51, 4.4, 4.33, 4.18, 4.42, 9],
  [8.34, 8.29, 8.71, 8.79, 9.38, 20],
  [10.67, 10.88, 10.83, 11.94, 14.06, 30],
  [11.97, 12.23, 13.52, 15.08, 17.59, 36],
  [296, 296, 297, 298, 299, 302],
];

export interface PulseTubeData {
  /** How many coolers of this model work in parallel. */
  count: number;
  /** Capacity of a stage relative to the map: mains frequency, remote motor, ageing, another model. */
  firstScale: number;
  secondScale: number;
  /** The thermal resistance between head and plate. */
  firstLinkKelvinPerWatt: number;
  secondLinkKelvinPerWatt: number;
}

export class PulseTube {
  /** Heat taken from each plate at the last `solve`; the next `solve` starts from it. */
  readonly watts: Float64Array;
  private readonly data: PulseTubeData;
  private readonly first: readonly number[];
  private readonly second: readonly number[];
  private readonly at = new Float64Array(6);

  constructor(data: PulseTubeData, watts: Float64Array) {
    this.data = data;
    this.watts = watts;
    this.first = mapFirstWatts.map((load) => load * data.firstScale * data.count);
    this.second = mapSecondWatts.map((load) => load * data.secondScale * data.count);
  }

  /** Head temperatures under loads. */
  headKelvin(firstWatts: number, secondWatts: number): [first: number, second: number] {
    this.interpolate(firstWatts, secondWatts);
    return [this.at[0], this.at[3]];
  }

  /** Writes the heat that is taken from the plates at these temperatures into `watts`. */
  solve(firstKelvin: number, secondKelvin: number): void {
    const { watts, at, data } = this;
    let q1 = this.first[2];
    let q2 = this.second[1];
    for (let round = 0; round < 40; round++) {
      this.interpolate(q1, q2);
      const error1 = at[0] + data.firstLinkKelvinPerWatt * q1 - firstKelvin;
      const error2 = at[3] + data.secondLinkKelvinPerWatt * q2 - secondKelvin;
      const a = at[1] + data.firstLinkKelvinPerWatt;
      const b = at[2];
      const c = at[4];
      const d = at[5] + data.secondLinkKelvinPerWatt;
      const determinant = a * d - b * c;
      const step1 = (error1 * d - error2 * b) / determinant;
      const step2 = (a * error2 - c * error1) / determinant;
      // The map has kinks, at which full steps may oscillate without end.
      const stride = round < 12 ? 1 : 0.5;
      q1 -= stride * step1;
      q2 -= stride * step2;
      if (Math.abs(step1) < 1e-10 && Math.abs(step2) < 1e-11) break;
    }
    watts[0] = q1;
    watts[1] = q2;
  }

  /** at = [T1, dT1/dQ1, dT1/dQ2, T2, dT2/dQ1, dT2/dQ2]; outside of the map its outermost cells are extended. */
  private interpolate(q1: number, q2: number): void {
    const { first, second, at } = this;
    const i = cellOf(first, q1);
    const j = cellOf(second, q2);
    const w1 = first[i + 1] - first[i];
    const w2 = second[j + 1] - second[j];
    const x = (q1 - first[i]) / w1;
    const y = (q2 - second[j]) / w2;
    for (let stage = 0; stage < 2; stage++) {
      const map = stage === 0 ? firstKelvin : secondKelvin;
      const a = map[j][i];
      const c = map[j + 1][i];
      const low = a + x * (map[j][i + 1] - a);
      const high = c + x * (map[j + 1][i + 1] - c);
      at[stage * 3] = low + y * (high - low);
      at[stage * 3 + 1] = (map[j][i + 1] - a + y * (map[j + 1][i + 1] - c - (map[j][i + 1] - a))) / w1;
      at[stage * 3 + 2] = (high - low) / w2;
    }
  }
}

function cellOf(edges: readonly number[], at: number): number {
  let cell = 0;
  while (cell < edges.length - 2 && at >= edges[cell + 1]) cell++;
  return cell;
}
