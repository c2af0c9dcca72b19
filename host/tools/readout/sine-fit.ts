// A four-parameter sine fit after IEEE 1241: amplitude, phase, offset and frequency of a sampled sine, by least squares.
//
// Each round solves for A cos + B sin + C + D t (-A sin + B cos) at the present frequency, which is linear, and moves the frequency by D. It
// starts from a frequency that must be known to about one cycle in the record. What is left is noise and distortion of the converter.

export interface SineFit {
  amplitude: number;
  /** Of the cosine, in turns. */
  phaseTurns: number;
  offset: number;
  /** Cycles a sample. */
  frequency: number;
  /** Root mean square of what the sine does not explain. */
  residual: number;
}

const ROUNDS_MOST = 30;
const UNKNOWNS = 4;

export function fitSine(samples: ArrayLike<number>, frequency: number): SineFit {
  if (samples.length < 2 * UNKNOWNS) throw new RangeError(`sine fit: ${samples.length} samples are too few`);
  let cycles = frequency;
  let [a, b] = [0, 0];
  for (let round = 0; round < ROUNDS_MOST; round++) {
    const solution = solve(normalEquations(samples, cycles, a, b, round === 0 ? UNKNOWNS - 1 : UNKNOWNS));
    [a, b] = solution;
    const change = round === 0 ? 1 : solution[3] / (2 * Math.PI);
    if (round > 0) cycles += change;
    if (Math.abs(change) * samples.length < 1e-9) break;
  }
  const [cosine, sine, offset] = solve(normalEquations(samples, cycles, 0, 0, UNKNOWNS - 1));
  let square = 0;
  for (let i = 0; i < samples.length; i++) {
    const angle = 2 * Math.PI * cycles * i;
    const off = samples[i] - cosine * Math.cos(angle) - sine * Math.sin(angle) - offset;
    square += off * off;
  }
  return {
    amplitude: Math.hypot(cosine, sine),
    phaseTurns: Math.atan2(-sine, cosine) / (2 * Math.PI),
    ...{ offset, frequency: cycles, residual: Math.sqrt(square / samples.length) },
  };
}

/** Rows of the normal equations, each with its right side at the end. */
function normalEquations(
  samples: ArrayLike<number>,
  cycles: number,
  a: number,
  b: number,
  unknowns: number,
): number[][] {
  const rows = Array.from({ length: unknowns }, () => new Array<number>(unknowns + 1).fill(0));
  const middle = samples.length / 2;
  const basis = [0, 0, 1, 0];
  for (let i = 0; i < samples.length; i++) {
    const angle = 2 * Math.PI * cycles * i;
    [basis[0], basis[1]] = [Math.cos(angle), Math.sin(angle)];
    // Counted from the middle, so that the change of frequency is not mistaken for one of phase.
    basis[3] = (i - middle) * (b * basis[0] - a * basis[1]);
    for (let row = 0; row < unknowns; row++) {
      for (let column = row; column < unknowns; column++) rows[row][column] += basis[row] * basis[column];
      rows[row][unknowns] += basis[row] * samples[i];
    }
  }
  for (let row = 0; row < unknowns; row++)
    for (let column = 0; column < row; column++) rows[row][column] = rows[column][row];
  return rows;
}

/** Gauss, with the largest element of each column. */
function solve(rows: number[][]): number[] {
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let best = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(rows[row][column]) > Math.abs(rows[best][column])) best = row;
    [rows[column], rows[best]] = [rows[best], rows[column]];
    if (rows[column][column] === 0) throw new RangeError('sine fit: the frequency is not one of these samples');
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const share = rows[row][column] / rows[column][column];
      for (let i = column; i <= size; i++) rows[row][i] -= share * rows[column][i];
    }
  }
  return rows.map((row, i) => row[size] / row[i]);
}
