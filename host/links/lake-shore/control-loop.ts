// One control output of a temperature controller: set point, ramp, PID, and the current into a heater.
//
//   out % = P (e + ∫e dt / Ti + Td de/dt), e = set point - temperature in kelvin, held within 0 … 100 % of the range's full current;
//   heat = (out %)² I² R.
//
// The integral stops while the output is at its limit (anti-windup). A set point takes effect at the second measurement after it, as on the
// real instruments, where a query right after SETP still gives the old value. The law has its classic form, as in the manuals; the meaning of P in
// percent per kelvin is ours [G]. What must stay true: the output is zero when the range is off.

export type LoopMode = 'off' | 'monitor' | 'open' | 'zone' | 'still' | 'closed' | 'warmup';

export interface Gains {
  proportional: number;
  /** Seconds; 0 switches the term off. */
  integralSeconds: number;
  derivativeSeconds: number;
}

const SETPOINT_DELAY_SECONDS = 0.25;

export class ControlLoop {
  mode: LoopMode = 'off';
  /** 0 is off. */
  range = 0;
  manualPercent = 0;
  rampOn = false;
  rampKelvinPerMinute = 0;
  /** A share of the full current. */
  outputPercent = 0;
  gains: Gains = { proportional: 50, integralSeconds: 50, derivativeSeconds: 0 };
  private target = 0;
  private active = 0;
  private waiting: { kelvin: number; seconds: number } | undefined;
  private integral = 0;
  private lastKelvin: number | undefined;

  /** The value that a query gives. */
  get setpointKelvin(): number {
    return this.active;
  }

  get isRamping(): boolean {
    return this.rampOn && this.active !== this.target;
  }

  setSetpoint(kelvin: number): void {
    this.waiting = { kelvin, seconds: SETPOINT_DELAY_SECONDS };
  }

  /** Switches off, and clears the state that would cause a jump at the next start. */
  shut(): void {
    this.range = 0;
    this.outputPercent = 0;
    this.integral = 0;
  }

  /** One step of `seconds` with a new temperature; without one when the sensor gives none. */
  step(kelvin: number | undefined, seconds: number): void {
    this.moveSetpoint(kelvin, seconds);
    if (this.range === 0 || this.mode === 'off' || this.mode === 'monitor') {
      this.outputPercent = 0;
      this.integral = 0;
      this.lastKelvin = undefined;
      return;
    }
    if (this.mode === 'open' || this.mode === 'still' || this.mode === 'warmup') {
      this.outputPercent = held(this.manualPercent);
      return;
    }
    // A controller without a sensor reading does not heat.
    if (kelvin === undefined) {
      this.outputPercent = 0;
      return;
    }
    this.regulate(kelvin, seconds);
  }

  private regulate(kelvin: number, seconds: number): void {
    const { proportional, integralSeconds, derivativeSeconds } = this.gains;
    const error = this.active - kelvin;
    const speed = this.lastKelvin === undefined ? 0 : (this.lastKelvin - kelvin) / seconds;
    this.lastKelvin = kelvin;
    const integral = integralSeconds === 0 ? 0 : this.integral + (error * seconds) / integralSeconds;
    const wanted = proportional * (error + integral + derivativeSeconds * speed) + this.manualPercent;
    const isAtEnd = (wanted > 100 && error > 0) || (wanted < 0 && error < 0);
    if (!isAtEnd) this.integral = integral;
    this.outputPercent = held(wanted);
  }

  private moveSetpoint(kelvin: number | undefined, seconds: number): void {
    if (this.waiting) {
      this.waiting.seconds -= seconds;
      if (this.waiting.seconds <= 0) {
        // A first ramp begins at the temperature of the stage.
        if (this.rampOn && this.active === 0 && kelvin !== undefined) this.active = kelvin;
        this.target = this.waiting.kelvin;
        this.waiting = undefined;
      }
    }
    const most = this.rampOn && this.rampKelvinPerMinute > 0 ? (this.rampKelvinPerMinute * seconds) / 60 : Infinity;
    const way = this.target - this.active;
    this.active = Math.abs(way) <= most ? this.target : this.active + Math.sign(way) * most;
  }
}

const held = (percent: number): number => Math.min(100, Math.max(0, percent));
