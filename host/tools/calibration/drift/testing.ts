// For tests of the drift watch: seeded normal numbers, and series of the model of whiten.ts.

/** A generator of numbers from 0 to 1. */
export interface Chance {
  fraction(): number;
}

export class Normal {
  private readonly random: Chance;
  private spare: number | undefined;

  constructor(random: Chance) {
    this.random = random;
  }

  /** Box and Muller. */
  next(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.random.fraction()));
    const angle = 2 * Math.PI * this.random.fraction();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** AR(1) with variance 1, plus white noise. */
export class Resembling {
  private readonly normal: Normal;
  private readonly phi: number;
  private readonly noise: number;
  private state: number;

  constructor(random: Chance, phi: number, noise = 0) {
    this.normal = new Normal(random);
    this.phi = phi;
    this.noise = noise;
    this.state = this.normal.next();
  }

  next(): number {
    const value = this.state + (this.noise > 0 ? this.noise * this.normal.next() : 0);
    this.state = this.phi * this.state + Math.sqrt(1 - this.phi ** 2) * this.normal.next();
    return value;
  }
}
