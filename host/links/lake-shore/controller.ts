// What Lake Shore's temperature controllers have in common: inputs with sensors, outputs with loops, and the commands for both.
//
// A model adds its own numbers and commands (model-336.ts, model-372.ts). Sensors are read through the same converter the chip's are,
// noise and faults in it, ten times a second of virtual time; heaters put heat on a stage of the cryostat.
// What must stay true: all state is virtual time's; a query changes nothing.

import { curves, type SensorType } from '../../../protocol/sensors/curves.ts';
import { exp, ln, log10 } from '../../../protocol/sensors/elementary.ts';
import { readingKelvin } from '../../plant/cryostat/sensors.ts';
import type { StageName } from '../../plant/cryostat/stages.ts';
import type { CryostatView } from '../../plant/cryostat/view.ts';
import type { ControlLoop } from './control-loop.ts';
import { type ScpiCommand, ScpiError, type ScpiInstrument } from './scpi-server.ts';

export const SAMPLE_NS = 100_000_000;

export interface Input {
  /** As commands call it: A, or 5. */
  id: string;
  name: string;
  /** The cryostat's sensor on it; undefined: nothing is connected. */
  sensor: number | undefined;
  limitKelvin: number;
  /** What was measured last. 0 where there is nothing to read, as real ones say it. */
  kelvin: number;
  /** The last that was more than nothing. */
  lastKelvin: number;
  /** Volts or ohms. */
  signal: number;
  status: number;
  settings: Map<string, string>;
}

export interface Output {
  id: string;
  stage: StageName | undefined;
  loop: ControlLoop;
  /** Input it regulates by; empty for none. */
  input: string;
  /** Current at 100 % by range, in amperes; its first is off. */
  amperes: readonly number[];
  ohms: number;
  settings: Map<string, string>;
}

export abstract class LakeShore implements ScpiInstrument {
  readonly cryostat: CryostatView;
  readonly inputs: Input[];
  readonly outputs: Output[];
  protected abstract readonly identity: string;

  constructor(cryostat: CryostatView, inputs: Input[], outputs: Output[]) {
    this.cryostat = cryostat;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** Status word of an input: 0, or why its reading means nothing. */
  protected abstract statusOf(input: Input, isOpen: boolean, isShort: boolean): number;
  /** Commands only this model has; undefined hands on to those all have. */
  protected abstract own(command: ScpiCommand): { answer?: string } | undefined;
  protected abstract modeNames: readonly ControlLoop['mode'][];
  protected abstract gainsOf(words: number[]): ControlLoop['gains'];
  protected abstract gainWords(output: Output): number[];

  /** Heat each output puts on its stage, in watts. */
  heatWatts(output: Output): number {
    const share = output.loop.outputPercent / 100;
    const amperes = (output.amperes[output.loop.range] ?? 0) * share;
    return amperes * amperes * output.ohms;
  }

  /** Once every `SAMPLE_NS`, the cryostat being there already: measures, regulates. Sources on one stage are added by the lab. */
  sample(): void {
    for (const input of this.inputs) if (this.isMeasured(input)) this.measure(input);
    for (const output of this.outputs) {
      const input = this.inputs.find(({ id }) => id === output.input);
      if (input && input.limitKelvin > 0 && input.kelvin > input.limitKelvin) output.loop.shut();
      const isReadable = input?.status === 0;
      output.loop.step(isReadable ? input.kelvin : undefined, SAMPLE_NS / 1e9);
    }
  }

  /** A scanner looks at one input at a time. */
  protected isMeasured(_input: Input): boolean {
    return true;
  }

  protected measure(input: Input): void {
    if (input.sensor === undefined) return;
    const { type } = this.cryostat.sensors[input.sensor];
    const reading = this.cryostat.reading(input.sensor);
    const isShort = reading === 0;
    input.kelvin = readingKelvin(type, reading);
    if (input.kelvin > 0) input.lastKelvin = input.kelvin;
    input.status = this.statusOf(input, input.kelvin === 0 && !isShort, isShort);
    input.signal = reading / curves[type].stepsPerUnit;
  }

  execute(command: ScpiCommand): string | undefined {
    const own = this.own(command);
    return own ? own.answer : this.common(command);
  }

  private common({ name, words }: ScpiCommand): string | undefined {
    switch (name) {
      case '*IDN?':
        return this.identity;
      case '*OPC?':
        return '1';
      case '*TST?':
        return '0';
      case '*CLS':
      case '*WAI':
        return undefined;
      case 'KRDG?':
        return kelvinText(this.input(words).kelvin);
      case 'SRDG?':
        return number(this.input(words).signal);
      case 'RDGST?':
        return String(this.input(words).status);
      case 'INNAME?':
        return this.input(words).name;
      case 'INNAME':
        this.input(words).name = (words[1] ?? '').slice(0, 15);
        return undefined;
      case 'TLIMIT?':
        return number(this.input(words).limitKelvin);
      case 'TLIMIT':
        this.input(words).limitKelvin = figure(words[1], 0, 1500);
        return undefined;
      case 'INTYPE?':
      case 'INSET?':
      case 'INCRV?':
        return this.setting(this.input(words), name);
      case 'INTYPE':
      case 'INSET':
      case 'INCRV':
        this.input(words).settings.set(name, words.slice(1).join(','));
        return undefined;
      case 'CRVHDR?':
      case 'CRVPT?':
        return this.curve(name, words);
      default:
        return this.outputCommand(name, words);
    }
  }

  private outputCommand(name: string, words: string[]): string | undefined {
    const output = this.output(words);
    const { loop } = output;
    switch (name) {
      case 'SETP?':
        return kelvinText(loop.setpointKelvin);
      case 'SETP':
        loop.setSetpoint(figure(words[1], -273.15, 400));
        return undefined;
      case 'PID?':
        return this.gainWords(output).map(number).join(',');
      case 'PID':
        loop.gains = this.gainsOf(words.slice(1, 4).map((word) => figure(word, 0, 10_000)));
        return undefined;
      case 'RANGE?':
        return String(loop.range);
      case 'RANGE':
        loop.range = Math.trunc(figure(words[1], 0, output.amperes.length - 1));
        return undefined;
      case 'HTR?':
        return number(loop.outputPercent);
      case 'MOUT?':
        return number(loop.manualPercent);
      case 'MOUT':
        loop.manualPercent = figure(words[1], 0, 100);
        return undefined;
      case 'RAMP?':
        return `${Number(loop.rampOn)},${number(loop.rampKelvinPerMinute)}`;
      case 'RAMP':
        loop.rampOn = figure(words[1], 0, 1) === 1;
        loop.rampKelvinPerMinute = figure(words[2], 0, 100);
        return undefined;
      case 'RAMPST?':
        return String(Number(loop.isRamping));
      case 'OUTMODE?':
        return `${this.modeNames.indexOf(loop.mode)},${this.inputNumber(output.input)},${this.setting(output, name)}`;
      case 'OUTMODE':
        this.setMode(output, words);
        return undefined;
      case 'HTRSET?':
        return this.setting(output, name);
      case 'HTRSET':
        output.settings.set(name, words.slice(1).join(','));
        this.heaterChanged(output, words.slice(1));
        return undefined;
      default:
        throw new ScpiError(`no command ${name}`);
    }
  }

  /** An input as OUTMODE numbers it. */
  protected abstract inputNumber(id: string): string;
  protected abstract inputOfNumber(word: string): string;

  /** HTRSET may say what the heater is. */
  protected heaterChanged(_output: Output, _words: string[]): void {}

  private setMode(output: Output, words: string[]): void {
    const mode = this.modeNames[figure(words[1], 0, this.modeNames.length - 1)];
    output.loop.mode = mode;
    output.input = this.inputOfNumber(words[2] ?? '0');
    output.settings.set('OUTMODE', words.slice(3).join(','));
  }

  /** What was set, or came with the instrument. */
  private setting(place: Input | Output, query: string): string {
    const value = place.settings.get(query.slice(0, -1));
    if (value === undefined) throw new ScpiError(`no command ${query}`);
    return value;
  }

  /** Standard curves are numbered as inputs are: curve 21 belongs to the first. */
  private curve(name: string, words: string[]): string {
    const input = this.inputs[Number(words[0]) - 21];
    if (input?.sensor === undefined) return name === 'CRVHDR?' ? 'none,,2,0,1' : '0,0';
    const { type } = this.cryostat.sensors[input.sensor];
    if (name === 'CRVPT?') return curvePoint(type, Number(words[1]));
    const [, most] = curves[type].rangeKelvin;
    return `${type},standard,${curves[type].unit === 'volt' ? 2 : 4},${most},1`;
  }

  protected input(words: string[]): Input {
    const id = (words[0] ?? '').toUpperCase();
    const input = this.inputs.find((each) => each.id === id || each.id === id.replace(/^0+/, ''));
    if (!input) throw new ScpiError(`no input '${id}'; there are ${this.inputs.map((each) => each.id).join(', ')}`);
    return input;
  }

  protected output(words: string[]): Output {
    const output = this.outputs.find(({ id }) => id === words[0]);
    if (!output) {
      throw new ScpiError(`no output '${words[0] ?? ''}'; there are ${this.outputs.map(({ id }) => id).join(', ')}`);
    }
    return output;
  }
}

/** The n-th of 200 points of a curve, cold to warm; a resistor's signal as its logarithm. */
function curvePoint(type: SensorType, n: number): string {
  const { rangeKelvin, readingOf, unit } = curves[type];
  const [least, most] = rangeKelvin.map(ln);
  const kelvin = exp(least + ((figure(String(n), 1, 200) - 1) / 199) * (most - least));
  const signal = readingOf(kelvin);
  return `${number(unit === 'volt' ? signal : log10(signal))},${kelvinText(kelvin)}`;
}

/** A number in its range, or the command is not followed. */
export function figure(word: string | undefined, least: number, most: number): number {
  const value = Number(word);
  if (word === undefined || word === '' || !(value >= least && value <= most)) {
    throw new ScpiError(`'${word ?? ''}' is not a number from ${least} to ${most}`);
  }
  return value;
}

export const number = (value: number): string => `${value < 0 ? '' : '+'}${Number(value.toPrecision(6))}`;

/** Six digits, as these instruments print temperatures. */
export function kelvinText(kelvin: number): string {
  return `+${kelvin === 0 ? '0.00000E+00' : kelvin.toExponential(5).replace(/e([+-])(\d)$/, 'E$10$2')}`;
}
