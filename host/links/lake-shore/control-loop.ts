// One control output of a temperature controller: set point, ramp, PID, and the current it puts into a heater.
//
//   out % = P (e + ∫e dt / Ti + Td de/dt), e = set point - temperature in kelvin, held within 0 … 100 % of the range's full current;
//   heat = (out %)² I² R.
//
// The integral stops where the output is at an end and would go further (anti-windup). A set point takes effect with the next
// measurement but one, as on the real instruments, where a query right after SETP still gives the old one. The classic
// form of the law is the makers'; what P means in percent per kelvin is ours [G].
// What must stay true: the output is zero when the range is off, whatever the loop thinks.

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
  /** Of full current. */
  outputPercent = 0;
  gains: Gains = { proportional: 50, integralSeconds: 50, derivativeSeconds: 0 };
  private target = 0;
  private active = 0;
  private waiting: { kelvin: number; seconds: number } | undefined;
  private integral = 0;
  private lastKelvin: number | undefined;

  /** What a query gives. */
  get setpointKelvin(): number {
    return this.active;
  }

  get isRamping(): boolean {
    return this.rampOn && this.active !== this.target;
  }

  setSetpoint(kelvin: number): void {
    this.waiting = { kelvin, seconds: SETPOINT_DELAY_SECONDS };
  }

  /** Off, and everything forgotten that would make it start with a jump. */
  shut(): void {
    this.range = 0;
    this.outputPercent = 0;
    this.integral = 0;
  }

  /** After `seconds`, with a new temperature, or none where the sensor gives none. */
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
    // A controller that has lost its sensor heats no further.
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
        // A ramp begins where the stage is, if nothing was wanted of it before.
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
