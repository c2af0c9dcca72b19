// Lake Shore's Model 372: an AC resistance bridge with a scanner, sixteen channels of which it measures one at a time, and a control input A.
//
// On a fridge, channels have the numbers of Bluefors: 1 50K, 2 4K, 4 cold plate, 5 still, 6 mixing chamber; the others are open. The sample
// heater (output 0) and the warm-up heater (1) are on the mixing chamber. The still heater is output 2; it starts with the heat that the operator
// left on. A channel shows the last measurement of the scanner there: `dwell` seconds per channel, after `pause` seconds of settling. A channel
// without a sensor reads 0. A channel that is switched off, or that the scanner does not reach because it was stopped at another one, reads 0 as
// well, as on the real instrument [R], with the bit of a temperature that is too low [G]. TCP port 7777.

import type { StageName } from '../../plant/cryostat/stages.ts';
import type { CryostatView } from '../../plant/cryostat/view.ts';
import { ControlLoop, type Gains, type LoopMode } from './control-loop.ts';
import { FIRST_CURVE, type Input, LakeShore, neverNs, type Output, SAMPLE_NS, type Units } from './controller.ts';
import { ScpiError } from './scpi.ts';
import { curveHeader, sharedCommands, sharedPlaces } from './shared-commands.ts';
import {
  any,
  CommandTable,
  type Field,
  int,
  kelvinText,
  number,
  on,
  oneOf,
  type Places,
  type Row,
  real,
} from './table.ts';

const CHANNELS = 16;
const CONTROL = 'A';
/** The numbers of Bluefors. */
const channelOfStage: Record<StageName, number> = { '50K': 1, '4K': 2, CP: 4, Still: 5, MXC: 6 };
const modes: readonly LoopMode[] = ['off', 'monitor', 'open', 'zone', 'still', 'closed', 'warmup'];
const RESISTANCE_OVER = 16;
const RESISTANCE_UNDER = 32;
const TEMPERATURE_UNDER = 128;
const sampleAmperes = [0, 31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3];
const SAMPLE_OHMS = 120;
const WARMUP_AMPERES = 0.45;
const WARMUP_OHMS = 25;
/** The still output is a voltage of up to 10 V. */
const STILL_VOLTS = 10;
const STILL_OHMS = 120;
/** The excitation of a millikelvin sensor; QRDG? and RDGPWR? follow from it. */
const EXCITATION_VOLTS = 6.32e-6;

/** A channel, with or without a zero before it, or the control input. */
const channel: Field = (word) => {
  if (word.toUpperCase() === CONTROL) return { value: CONTROL };
  const value = int(1, CHANNELS)(word);
  return 'value' in value ? value : { expected: `a channel from 1 to ${CHANNELS}, or ${CONTROL}` };
};

/** … or 0 for none. */
const channelOrNone: Field = (word) => (word === '0' ? { value: word } : channel(word));

const places: Places = {
  ...sharedPlaces,
  input: [channel],
  // Without a number it is the sample heater; programs of laboratories ask for it as HTR? and PID? [R2].
  output: [(word) => (word === '' ? { value: '0' } : int(0, 2)(word))],
  analog: [int(1, 2)],
  zone: [int(0, 1), int(1, 10)],
};

const the372 = (instrument: LakeShore): Model372 => instrument as Model372;

const own: readonly Row<LakeShore>[] = [
  // The name of KRDG? in the older Model 370; programs for a 372 still use it [R2].
  { name: 'RDGK', of: 'input', get: (i, place) => i.each(place, ({ kelvin }) => kelvinText(kelvin)) },
  { name: 'RDGR', of: 'input', get: (i, place) => number(i.input(place).signal) },
  // The bridge is balanced, so that no part of the signal is out of phase.
  { name: 'QRDG', of: 'input', get: () => '+0' },
  { name: 'RDGPWR', of: 'input', get: (i, place) => number(powerWatts(i.input(place).signal)) },
  {
    // Enabled, dwell, pause, curve, coefficient (0 where no curve is chosen).
    ...{ name: 'INSET', of: 'input', fields: [on, int(0, 200), int(0, 100), int(0, 59), int(0, 2)] },
    starts: (i, place) => `${Number(i.input(place).sensor !== undefined)},2,3,${curveOf(place)},1`,
  },
  {
    // Excitation mode (0 voltage, 1 current), excitation, autorange, range, current source shunted, units (1 kelvin, 2 ohms).
    ...{ name: 'INTYPE', of: 'input', fields: [on, int(1, 22), int(0, 2), int(1, 22), on, int(1, 2)] },
    starts: (_, place) => (place === CONTROL ? '1,1,0,15,0,1' : '0,2,1,15,0,1'),
    set: (_, place, [mode, excitation]) => refuseExcitation(place, mode, Number(excitation)),
  },
  // Ohms, their logarithm, ohms along a cubic spline.
  curveHeader(oneOf('3', '4', '7')),
  { name: 'FILTER', of: 'input', fields: [on, int(1, 200), int(1, 80)], starts: '1,10,10' },
  { name: 'FREQ', of: 'input', fields: [int(1, 5)], starts: '1' },
  { name: 'ALARM', of: 'input', fields: [on, int(0, 4), any, any, any, on, on, on], starts: '0,1,1000,0,0,0,1,1' },
  {
    ...{ name: 'SCAN', fields: [int(1, CHANNELS), on] },
    get: (i) => the372(i).scannerWords(),
    set: (i, _, [to, isAuto]) => the372(i).moveScanner(Number(to), isAuto === '1'),
  },
  {
    // Mode, input, powerup enable, polarity, filter, delay.
    ...{ name: 'OUTMODE', of: 'output', fields: [int(0, 6), channelOrNone, on, on, on, int(1, 255)] },
    starts: (i, place) => `${modes.indexOf(i.output(place).loop.mode)},${i.output(place).input},0,0,0,1`,
    set: (i, place, [mode, input]) => {
      const output = i.output(place);
      output.loop.mode = modes[Number(mode)];
      output.input = input === '0' ? '' : input;
    },
  },
  {
    // Resistance, greatest current by number and in amperes, display. The resistance of the warm-up heater is by number.
    ...{ name: 'HTRSET', of: 'output', fields: [real(0, 2000), int(0, 2), real(0, 1), int(1, 2)] },
    starts: (_, place) => (place === '1' ? '1,1,+0.45,1' : '+120,0,+0,1'),
    set: (i, place, [ohms]) => the372(i).setHeaterOhms(place, Number(ohms)),
  },
  {
    // Polarity, mode, input, source, high, low, manual.
    ...{ name: 'ANALOG', of: 'analog', fields: [on, int(0, 6), channelOrNone, int(0, 3), any, any, real(-100, 100)] },
    starts: (_, place) => (place === '2' ? '0,4,5,1,+1000,+0,+0' : '0,0,6,1,+1000,+0,+0'),
  },
  {
    ...{ name: 'STILL', fields: [real(0, 100)] },
    get: (i) => number(i.output('2').loop.manualPercent),
    set: (i, _, [percent]) => {
      i.output('2').loop.manualPercent = Number(percent);
    },
  },
  { name: 'WARMUP', fields: [on, real(0, 100)], starts: '0,+0' },
  {
    // Upper bound, P, I, D, manual output, range, rate, relays.
    ...{ name: 'ZONE', of: 'zone' },
    fields: [any, real(0, 1000), real(0, 10_000), real(0, 2500), real(0, 100), int(0, 8), real(0, 100), on, on],
    starts: '+0,+10,+20,+0,+0,0,+0.1,0,0',
  },
  { name: 'MONITOR', fields: [int(0, 6)], starts: '0' },
  {
    // Line end, EOI, address: the query gives the address only.
    ...{ name: 'IEEE', fields: [int(0, 3), on, int(1, 30)], starts: '0,0,12' },
    get: (i) => i.settings('IEEE', '')[2],
  },
  { name: 'BEEP', fields: [on], starts: '1' },
  { name: 'CMR', fields: [on], starts: '1' },
  { name: 'DOUT', fields: [int(0, 31)], starts: '0' },
  { name: 'DISPLAY', fields: [int(0, 2), int(0, 2), int(0, 3)], starts: '2,1,1' },
  { name: 'EMUL', fields: [on], isCommandOnly: true },
];

const table = () => new CommandTable<LakeShore>(places, [...sharedCommands, ...own]);

export class Model372 extends LakeShore {
  readonly table = table();
  protected readonly offStatus = TEMPERATURE_UNDER;
  protected readonly linearFormat = 3;
  private channel = channelOfStage.MXC;
  private autoscan = true;
  /** Time since the scanner reached this channel. */
  private seconds = 0;

  constructor(cryostat: CryostatView) {
    super(
      'LSCI,MODEL372,LSA0372/0000001,1.3',
      cryostat,
      [...Array.from({ length: CHANNELS }, (_, i) => inputOf(cryostat, i + 1)), inputOf(cryostat, undefined)],
      [
        outputOf('0', 'MXC', sampleAmperes, SAMPLE_OHMS, '6'),
        outputOf('1', 'MXC', [0, WARMUP_AMPERES], WARMUP_OHMS, '6'),
        outputOf('2', 'Still', [0, STILL_VOLTS / STILL_OHMS], STILL_OHMS, '5'),
      ],
    );
    const still = this.outputs[2].loop;
    still.mode = 'still';
    still.range = 1;
    const watts = cryostat.stages.includes('Still') ? cryostat.heatWatts('heater', 'Still') : 0;
    still.manualPercent = (100 * Math.sqrt(watts * STILL_OHMS)) / STILL_VOLTS;
    // At power-on of the lab the scanner has been running for days.
    for (const input of this.inputs) this.measure(input);
  }

  override sample(): void {
    this.scan(SAMPLE_NS / 1e9);
    super.sample();
  }

  isRefreshed(input: Input): boolean {
    if (this.inset(input, 0) !== '1') return false;
    return this.autoscan || input.id === String(this.channel);
  }

  protected override isMeasured(input: Input): boolean {
    const isThere = input.id === String(this.channel) && this.seconds >= Number(this.inset(input, 2));
    return isThere && this.isRefreshed(input);
  }

  private scan(seconds: number): void {
    this.seconds += seconds;
    const input = this.inputs[this.channel - 1];
    const isDone = this.seconds >= Number(this.inset(input, 2)) + Number(this.inset(input, 1));
    if (!this.autoscan || (!isDone && this.inset(input, 0) === '1')) return;
    for (let step = 1; step <= CHANNELS; step++) {
      const next = this.inputs[(this.channel - 1 + step) % CHANNELS];
      if (this.inset(next, 0) !== '1') continue;
      this.moveTo(Number(next.id));
      return;
    }
  }

  /** A word of INSET: enabled, dwell, pause, curve, coefficient. */
  private inset({ id }: Input, word: number): string {
    return this.settings('INSET', id)[word];
  }

  private moveTo(to: number): void {
    if (to !== this.channel) this.seconds = 0;
    this.channel = to;
  }

  scannerWords(): string {
    return `${String(this.channel).padStart(2, '0')},${Number(this.autoscan)}`;
  }

  moveScanner(to: number, isAuto: boolean): void {
    this.moveTo(to);
    this.autoscan = isAuto;
  }

  setHeaterOhms(place: string, ohms: number): void {
    const output = this.output(place);
    if (place === '1') output.ohms = ohms === 2 ? 2 * WARMUP_OHMS : WARMUP_OHMS;
    else if (ohms >= 1) output.ohms = ohms;
    else throw new ScpiError('execution', `HTRSET: a heater of ${ohms} ohms; it must have at least 1`);
  }

  protected statusOf(isOpen: boolean, isShort: boolean): number {
    if (isShort) return RESISTANCE_UNDER;
    return isOpen ? RESISTANCE_OVER : 0;
  }

  protected alarmWords(input: string): string[] {
    return this.settings('ALARM', input);
  }

  unitsOf(input: string): Units {
    return input !== '' && this.settings('INTYPE', input)[5] === '2' ? 'sensor' : 'kelvin';
  }

  gainsOf([proportional = 0, integralSeconds = 0, derivativeSeconds = 0]: number[]): Gains {
    return { proportional, integralSeconds, derivativeSeconds };
  }

  gainWords({ loop: { gains } }: Output): number[] {
    return [gains.proportional, gains.integralSeconds, gains.derivativeSeconds];
  }
}

/** The control input has six excitation currents; a channel has 12 voltages and 22 currents [R]. */
function refuseExcitation(place: string, mode: string, excitation: number): void {
  if (place === CONTROL && mode === '0')
    throw new ScpiError('execution', 'INTYPE: the control input has no voltage excitation; mode 1 is a current');
  const most = place === CONTROL ? 6 : mode === '0' ? 12 : 22;
  if (excitation > most)
    throw new ScpiError('execution', `INTYPE: excitation ${excitation}; this mode has 1 to ${most}`);
}

/** Power in a sensor. */
export const powerWatts = (ohms: number): number => (ohms > 0 ? (EXCITATION_VOLTS * EXCITATION_VOLTS) / ohms : 0);
const curveOf = (place: string): number => (place === CONTROL ? 0 : FIRST_CURVE - 1 + Number(place));

/** The control input has no number, and nothing on it here. */
function inputOf(cryostat: CryostatView, number: number | undefined): Input {
  const sensor = cryostat.sensors.findIndex(({ stage }) => channelOfStage[stage] === number);
  const isConnected = sensor >= 0;
  const id = number === undefined ? CONTROL : String(number);
  return {
    ...{ id, name: isConnected ? cryostat.sensors[sensor].name.slice(0, 15) : `Channel ${id}` },
    ...{ sensor: isConnected ? sensor : undefined, kelvin: 0, lastKelvin: 0, lastNs: neverNs, measuredNs: neverNs },
    ...{ signal: 0, extremes: [0, 0], status: isConnected ? 0 : RESISTANCE_OVER },
  };
}

function outputOf(id: string, stage: StageName, amperes: readonly number[], ohms: number, input: string): Output {
  return { id, stage, input, loop: new ControlLoop(), amperes, ohms };
}
