// The common part of Lake Shore's temperature controllers: inputs with sensors, outputs with loops, and their effect on a cryostat.
//
// A model adds its numbers and its table of commands (model-336.ts, model-372.ts). Sensors are read through the same converter as those of the
// chip, with its noise and faults, ten times per second of virtual time. Heaters put heat on a stage of the cryostat, through the lab. What must
// stay true: all state depends on virtual time only; only queries that clear an event register change anything; an input that is not measured
// shows no temperature, so that an old reading is never taken for a new one.

import { curves, type SensorType } from '../../../protocol/sensors/curves.ts';
import { exp, ln, log10 } from '../../../protocol/sensors/elementary.ts';
import { readingKelvin } from '../../plant/cryostat/sensors.ts';
import type { StageName } from '../../plant/cryostat/stages.ts';
import type { CryostatView } from '../../plant/cryostat/view.ts';
import { Alarms } from './alarms.ts';
import type { ControlLoop } from './control-loop.ts';
import { Ieee488, Operation, type Resettable } from './ieee-488.ts';
import { type ScpiCommand, ScpiError, type ScpiInstrument } from './scpi.ts';
import { type CommandTable, kelvinText, number } from './table.ts';

export const SAMPLE_NS = 100_000_000;

export interface Input {
  /** Its name in commands: A, or 5. */
  id: string;
  name: string;
  /** The connected sensor of the cryostat; undefined for none. */
  sensor: number | undefined;
  /** The last measurement; 0 when there is nothing to read, as on the real instruments. */
  kelvin: number;
  /** When that was, in virtual nanoseconds. */
  measuredNs: number;
  /** The last measurement that was not 0, and its time. */
  lastKelvin: number;
  lastNs: number;
  /** Volts or ohms. */
  signal: number;
  status: number;
  /** The least and the greatest measurement since they were cleared. */
  extremes: [number, number];
}

export interface Output {
  id: string;
  stage: StageName | undefined;
  loop: ControlLoop;
  /** The input of the control loop; empty for none. */
  input: string;
  /** The current at 100 %, by range, in amperes; the first range is off. */
  amperes: readonly number[];
  ohms: number;
}

export const neverNs = Number.NEGATIVE_INFINITY;

/** The units of the setpoints of an output: those of its input. */
export type Units = 'kelvin' | 'celsius' | 'sensor';

export const CELSIUS_KELVIN = 273.15;
/** The curve of the first input. */
export const FIRST_CURVE = 21;
const CURVE_POINTS = 200;

/** The curve format of a resistor's logarithm. */
const LOG_OHMS = 4;

export abstract class LakeShore implements ScpiInstrument, Resettable {
  readonly cryostat: CryostatView;
  readonly inputs: Input[];
  readonly outputs: Output[];
  readonly alarms = new Alarms();
  protected readonly status: Ieee488;

  constructor(identity: string, cryostat: CryostatView, inputs: Input[], outputs: Output[]) {
    this.status = new Ieee488(identity, this);
    this.cryostat = cryostat;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  abstract readonly table: CommandTable<LakeShore>;
  /** Status word of an input: 0, or the reason why its reading is not valid. */
  protected abstract statusOf(isOpen: boolean, isShort: boolean): number;
  /** The status of an input that is switched off, or that the scanner does not reach. */
  protected abstract readonly offStatus: number;
  /** The curve format of a linear signal: volts per kelvin on a 336, ohms per kelvin on a 372. */
  protected abstract readonly linearFormat: number;
  abstract gainsOf(words: number[]): ControlLoop['gains'];
  abstract gainWords(output: Output): number[];
  abstract unitsOf(input: string): Units;

  /** Whether this input is measured regularly. */
  abstract isRefreshed(input: Input): boolean;

  /** Whether it is measured in this sample: a scanner measures one input at a time. */
  protected isMeasured(input: Input): boolean {
    return this.isRefreshed(input);
  }

  /** The heat of each output on its stage, in watts. */
  heatWatts(output: Output): number {
    const share = output.loop.outputPercent / 100;
    const amperes = (output.amperes[output.loop.range] ?? 0) * share;
    return amperes * amperes * output.ohms;
  }

  /** Called every `SAMPLE_NS`, when the cryostat has reached this time: measures and controls. The lab adds the heat of several sources. */
  sample(): void {
    for (const input of this.inputs) {
      if (this.isMeasured(input)) this.measure(input);
      else if (!this.isRefreshed(input)) this.blank(input);
      const [isOn, , ...levels] = this.alarmWords(input.id);
      const [high, low, deadband, latch] = levels.map(Number);
      this.alarms.look(input.id, input.kelvin, { isOn: isOn === '1', high, low, deadband, isLatched: latch === 1 });
    }
    this.status.happened(this.operation | Operation.NEW_READING);
    for (const output of this.outputs) {
      const input = this.inputs.find(({ id }) => id === output.input);
      const limit = input ? Number(this.settings('TLIMIT', input.id)[0]) : 0;
      if (input && limit > 0 && input.kelvin > limit) output.loop.shut();
      const isReadable = input?.status === 0;
      output.loop.step(isReadable ? input.kelvin : undefined, SAMPLE_NS / 1e9);
    }
  }

  /** On, source, high, low, deadband, latch. */
  protected abstract alarmWords(input: string): string[];

  protected measure(input: Input): void {
    if (input.sensor === undefined) return;
    const { type } = this.cryostat.sensors[input.sensor];
    const reading = this.cryostat.reading(input.sensor);
    const isShort = reading === 0;
    input.measuredNs = this.cryostat.timeNs;
    input.kelvin = readingKelvin(type, reading);
    input.status = this.statusOf(input.kelvin === 0 && !isShort, isShort);
    input.signal = reading / curves[type].stepsPerUnit;
    if (input.kelvin === 0) return;
    input.lastKelvin = input.kelvin;
    input.lastNs = this.cryostat.timeNs;
    const [least, most] = input.extremes;
    input.extremes = [least === 0 ? input.kelvin : Math.min(least, input.kelvin), Math.max(most, input.kelvin)];
  }

  private blank(input: Input): void {
    input.kelvin = 0;
    input.signal = 0;
    if (input.sensor !== undefined) input.status = this.offStatus;
  }

  execute(command: ScpiCommand): string | undefined {
    const common = this.status.execute(command);
    return common ? common.answer : this.table.execute(this, command);
  }

  refused(error: ScpiError): void {
    this.status.refused(error);
  }

  settings(name: string, place: string): string[] {
    return this.table.settings(this, name, place);
  }

  get operation(): number {
    const [one, two] = this.outputs.map(({ loop }) => loop.rampOn && !loop.isRamping);
    return (
      (this.alarms.isAny ? Operation.ALARM : 0) |
      (this.inputs.some(({ sensor, status }) => sensor !== undefined && status !== 0) ? Operation.OVERLOAD : 0) |
      (one ? Operation.RAMP_1_DONE : 0) |
      (two ? Operation.RAMP_2_DONE : 0)
    );
  }

  setpoint(place: string): number {
    const output = this.output(place);
    const kelvin = output.loop.setpointKelvin;
    const units = this.unitsOf(output.input);
    if (units === 'celsius') return kelvin - CELSIUS_KELVIN;
    const type = units === 'sensor' ? this.typeOn(output.input) : undefined;
    return type === undefined || kelvin <= 0 ? kelvin : curves[type].readingOf(kelvin);
  }

  setSetpoint(place: string, value: number): void {
    const output = this.output(place);
    const units = this.unitsOf(output.input);
    const type = units === 'sensor' ? this.typeOn(output.input) : undefined;
    const kelvin =
      units === 'celsius'
        ? value + CELSIUS_KELVIN
        : type === undefined
          ? value
          : readingKelvin(type, Math.round(value * curves[type].stepsPerUnit));
    output.loop.setSetpoint(kelvin);
  }

  setRange(place: string, range: number): void {
    const output = this.output(place);
    const most = output.amperes.length - 1;
    if (range > most) throw new ScpiError('execution', `RANGE: output ${place} has ranges from 0 to ${most}`);
    output.loop.range = range;
  }

  /** Switches every output off, except those that are set to come on at power-up. */
  powerUp(): void {
    for (const { id, loop } of this.outputs) if (this.settings('OUTMODE', id)[2] !== '1') loop.shut();
  }

  forgetExtremes(): void {
    for (const input of this.inputs) input.extremes = [input.kelvin, input.kelvin];
  }

  /** DFLT: every setting as from the factory, every output off. */
  factoryDefaults(): void {
    this.table.forget();
    this.alarms.clear();
    for (const { loop } of this.outputs) {
      loop.shut();
      loop.mode = 'off';
      loop.manualPercent = 0;
      loop.rampOn = false;
    }
  }

  /** Of one input, or with 0 of all. */
  each(place: string, tell: (input: Input) => string): string {
    return place === '0' ? this.inputs.map(tell).join(',') : tell(this.input(place));
  }

  /** Standard curves have the order of the inputs: curve 21 belongs to the first. */
  private sensorOfCurve(curve: number): SensorType | undefined {
    const input = this.inputs[curve - FIRST_CURVE];
    return input?.sensor === undefined ? undefined : this.cryostat.sensors[input.sensor].type;
  }

  curveHeader(curve: number): string {
    const type = this.sensorOfCurve(curve);
    if (type === undefined) return `none,,${this.linearFormat},+0,1`;
    const [, most] = curves[type].rangeKelvin;
    return `${type},standard,${curves[type].unit === 'volt' ? this.linearFormat : LOG_OHMS},${number(most)},1`;
  }

  /** The n-th of 200 points of a curve, from cold to warm; the signal of a resistor is given as its logarithm. */
  curvePoint(curve: number, n: number): string {
    const type = this.sensorOfCurve(curve);
    if (type === undefined) return '+0,+0,+0';
    const { rangeKelvin, readingOf, unit } = curves[type];
    const [least, most] = rangeKelvin.map(ln);
    const kelvin = exp(least + ((n - 1) / (CURVE_POINTS - 1)) * (most - least));
    const signal = readingOf(kelvin);
    return `${number(unit === 'volt' ? signal : log10(signal))},${kelvinText(kelvin)},+0`;
  }

  /** Curves below the first input's are those of the factory, and readings come from the sensors' own: what is written to either would be of no use. */
  refuseFixedCurve(command: string, place: string): void {
    const curve = Number.parseInt(place, 10);
    if (curve < FIRST_CURVE)
      throw new ScpiError(
        'execution',
        `${command}: curve ${curve} is the factory's; those of users begin with ${FIRST_CURVE}`,
      );
    if (this.sensorOfCurve(curve) !== undefined)
      throw new ScpiError('execution', `${command}: curve ${curve} is a sensor's own here and stays`);
  }

  deleteCurve(place: string): void {
    this.refuseFixedCurve('CRVDEL', place);
    this.table.forgetPlace(['CRVHDR', 'CRVPT'], place);
  }

  private typeOn(id: string): SensorType | undefined {
    const sensor = this.inputs.find((input) => input.id === id)?.sensor;
    return sensor === undefined ? undefined : this.cryostat.sensors[sensor].type;
  }

  input(id: string): Input {
    const input = this.inputs.find((each) => each.id === id);
    if (!input)
      throw new ScpiError('execution', `no input '${id}'; there are ${this.inputs.map((each) => each.id).join(', ')}`);
    return input;
  }

  output(id: string): Output {
    const output = this.outputs.find((each) => each.id === id);
    if (!output)
      throw new ScpiError(
        'execution',
        `no output '${id}'; there are ${this.outputs.map((each) => each.id).join(', ')}`,
      );
    return output;
  }
}

export const figuresOf = (words: string[]): number[] => words.map(Number);
