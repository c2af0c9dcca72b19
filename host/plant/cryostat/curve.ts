// Functions of temperature as tables, because the integrator reads them a million times in a run.
//
// 0.25 mK to 1024 K on a grid of 32 cells per octave. Each cell is a cubic through the values and slopes at its ends. The exponent and the top
// five bits of the mantissa of T give the cell: no logarithm, no search.
// What must stay true: values and slopes are continuous, so that the integrator's steps stay long.

const CELLS_AN_OCTAVE = 32;
const LOWEST_EXPONENT = -12;
const OCTAVES = 22;
const CELLS = CELLS_AN_OCTAVE * OCTAVES;
/** 1 / 4096 K. */
export const LOWEST_KELVIN = 2.44140625e-4;

// The top word of a double is its sign, exponent and first 20 bits of mantissa.
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const HIGH_WORD = isLittleEndian ? 1 : 0;
const FIRST_KEY = (LOWEST_EXPONENT + 1023) * CELLS_AN_OCTAVE;

/** Index of the cell of T. */
function cellOf(kelvin: number): number {
  double[0] = kelvin;
  const cell = (words[HIGH_WORD] >>> 15) - FIRST_KEY;
  return cell < 0 ? 0 : cell >= CELLS ? CELLS - 1 : cell;
}

/** Temperature at the lower edge of a cell; exact. */
export function gridKelvin(cell: number): number {
  const octave = Math.floor(cell / CELLS_AN_OCTAVE);
  let scale = LOWEST_KELVIN;
  for (let i = 0; i < octave; i++) scale *= 2;
  return scale * (1 + (cell % CELLS_AN_OCTAVE) / CELLS_AN_OCTAVE);
}

export class TemperatureCurve {
  /** Five numbers per cell: its lower edge, then four coefficients in powers of the distance from that edge in kelvin. */
  private readonly cells: Float64Array;
  /** The slope at the temperature of the last call of `value`. */
  slope = 0;

  private constructor(cells: Float64Array) {
    this.cells = cells;
  }

  /** Makes a curve from values and slopes at the edges of the cells. */
  static through(value: (kelvin: number) => number, slope: (kelvin: number) => number): TemperatureCurve {
    const cells = new Float64Array(CELLS * 5);
    for (let cell = 0; cell < CELLS; cell++) {
      const [low, high] = [gridKelvin(cell), gridKelvin(cell + 1)];
      const width = high - low;
      const [from, to] = [value(low), value(high)];
      const [rise, end] = [slope(low), slope(high)];
      const mean = (to - from) / width;
      cells.set(
        [low, from, rise, (3 * mean - 2 * rise - end) / width, (rise + end - 2 * mean) / width / width],
        cell * 5,
      );
    }
    return new TemperatureCurve(cells);
  }

  /** The integral of a positive function from 0 K, by Gauss-Legendre with three points per cell; below the grid the function is a power law. */
  static integralOf(integrand: (kelvin: number) => number): TemperatureCurve {
    const sums = new Float64Array(CELLS + 1);
    sums[0] = powerLawBelow(integrand);
    for (let cell = 0; cell < CELLS; cell++) {
      const [low, high] = [gridKelvin(cell), gridKelvin(cell + 1)];
      const [middle, half] = [(low + high) / 2, (high - low) / 2];
      const reach = half * Math.sqrt(0.6);
      const sum = 8 * integrand(middle) + 5 * (integrand(middle - reach) + integrand(middle + reach));
      sums[cell + 1] = sums[cell] + (half * sum) / 9;
    }
    const at = new Map<number, number>();
    for (let cell = 0; cell <= CELLS; cell++) at.set(gridKelvin(cell), sums[cell]);
    return TemperatureCurve.through((kelvin) => at.get(kelvin) as number, integrand);
  }

  /** Σ weight · curve. */
  static sum(terms: readonly { weight: number; curve: TemperatureCurve }[]): TemperatureCurve {
    const cells = new Float64Array(CELLS * 5);
    for (let i = 0; i < cells.length; i++) {
      if (i % 5 === 0) cells[i] = gridKelvin(i / 5);
      else for (const { weight, curve } of terms) cells[i] += weight * curve.cells[i];
    }
    return new TemperatureCurve(cells);
  }

  value(kelvin: number): number {
    const { cells } = this;
    const i = cellOf(kelvin) * 5;
    const x = kelvin - cells[i];
    const b = cells[i + 2];
    const c = cells[i + 3];
    const d = cells[i + 4];
    this.slope = b + x * (2 * c + x * 3 * d);
    return cells[i + 1] + x * (b + x * (c + x * d));
  }
}

/** Integral from 0 to the grid's first temperature of c T^n, n from two values. */
function powerLawBelow(integrand: (kelvin: number) => number): number {
  const [at, twice] = [integrand(LOWEST_KELVIN), integrand(2 * LOWEST_KELVIN)];
  // A precision of a quarter for n is enough: this part is 1e-5 of the integral to 10 mK.
  const ratio = twice / at;
  let exponent = 0;
  for (let quarter = 1, power = 1.189207115002721; power <= ratio * 1.0001 && quarter < 16; quarter++) {
    exponent = quarter / 4;
    power *= 1.189207115002721;
  }
  return (at * LOWEST_KELVIN) / (exponent + 1);
}
