// Lake Shore's Model 336: four inputs A to D, two heater outputs of up to 1 A, and two analog outputs that drive nothing here.
//
// On a fridge, A is the 50K plate and B the 4K plate; C and D are open (a 336 cannot read the millikelvin sensors). Output 1 heats 4K, output
// 2 heats 50K. I is given as 1000 / seconds and D as percent of a quarter of that time, as in its manual [G]. An input of type 0 is off: it reads
// 0 K, and its status says that the reading is invalid. TCP port 7777. The table below has its commands.

import type { CryostatView } from '../../plant/cryostat/view.ts';
import { ControlLoop, type Gains, type LoopMode } from './control-loop.ts';
import { CELSIUS_KELVIN, FIRST_CURVE, type Input, LakeShore, neverNs, type Output, type Units } from './controller.ts';
import { ScpiError } from './scpi.ts';
import { curveHeader, sharedCommands, sharedPlaces } from './shared-commands.ts';
import { any, CommandTable, int, kelvinText, number, on, oneOf, type Places, type Row, real, text } from './table.ts';

const ids = ['A', 'B', 'C', 'D'];
const modes: readonly LoopMode[] = ['off', 'closed', 'zone', 'open', 'monitor', 'warmup'];
const INVALID = 1;
const UNITS_ZERO = 64;
const UNITS_OVER = 128;
const FULL_AMPERES = 1;
const HEATER_OHMS = 25;
/** Low, medium and high are 1, 10 and 100 % of the power. */
const rangeAmperes = (full: number) => [0, full * 0.1, full * Math.sqrt(0.1), full];
/** By HTRSET's number. */
const maximumAmperes = [undefined, Math.SQRT1_2, 1, 1.141, 1.732];
const MOST_AMPERES = 2;

const places: Places = {
  ...sharedPlaces,
  input: [oneOf(...ids, '0')],
  output: [int(1, 4)],
  analog: [int(3, 4)],
  heater: [int(1, 2)],
  zone: [int(1, 2), int(1, 10)],
};

const own: readonly Row<LakeShore>[] = [
  { name: 'CRDG', of: 'input', get: (i, place) => i.each(place, ({ kelvin }) => kelvinText(kelvin - CELSIUS_KELVIN)) },
  {
    // Type, autorange, range, compensation, units.
    ...{ name: 'INTYPE', of: 'input', fields: [int(0, 4), on, int(0, 8), on, int(1, 3)] },
    starts: (i, place) => typeWords(i, place),
  },
  curveHeader(int(1, 4)),
  { name: 'INCRV', of: 'input', fields: [int(0, 59)], starts: (_, place) => String(FIRST_CURVE + ids.indexOf(place)) },
  { name: 'DIOCUR', of: 'input', fields: [on], starts: '0' },
  { name: 'FILTER', of: 'input', fields: [on, int(2, 64), int(1, 10)], starts: '0,8,10' },
  { name: 'ALARM', of: 'input', fields: [on, any, any, any, on, on, on], starts: '0,+1000,+0,+0,0,1,1' },
  {
    // Mode, input (0: none), powerup enable.
    ...{ name: 'OUTMODE', of: 'output', fields: [int(0, 5), int(0, 4), on] },
    starts: (i, place) => `${modes.indexOf(i.output(place).loop.mode)},${ids.indexOf(i.output(place).input) + 1},0`,
    set: (i, place, [mode, input]) => {
      const output = i.output(place);
      output.loop.mode = modes[Number(mode)];
      output.input = ids[Number(input) - 1] ?? '';
    },
  },
  {
    // Resistance (1: 25, 2: 50 ohms), greatest current by number (0: the next), greatest current in amperes, display.
    ...{ name: 'HTRSET', of: 'heater', fields: [int(1, 2), int(0, 4), real(0, MOST_AMPERES), int(1, 2)] },
    starts: '1,2,+1,2',
    set: (i, place, [resistance, maximum, user]) => {
      const output = i.output(place);
      output.ohms = resistance === '2' ? 2 * HEATER_OHMS : HEATER_OHMS;
      output.amperes = rangeAmperes(maximumAmperes[Number(maximum)] ?? (Number(user) || FULL_AMPERES));
    },
  },
  { name: 'ANALOG', of: 'analog', fields: [int(0, 4), int(1, 3), any, any, on], starts: '0,1,+100,+0,0' },
  { name: 'POLARITY', of: 'analog', fields: [on], starts: '0' },
  { name: 'WARMUP', of: 'analog', fields: [on, real(0, 100)], starts: '0,+0' },
  {
    // Upper bound, P, I, D, manual output, range, input, rate.
    ...{ name: 'ZONE', of: 'zone' },
    fields: [
      real(0, 1500),
      real(0, 1000),
      real(0, 1000),
      real(0, 200),
      real(0, 100),
      int(0, 3),
      int(0, 4),
      real(0, 100),
    ],
    starts: '+0,+50,+20,+0,+0,0,0,+0.1',
  },
  { name: 'DISPLAY', fields: [int(0, 7), int(0, 3), int(1, 4)], starts: '4,0,1' },
  {
    // Standard curve, curve to write, serial number, then temperature and sensor value three times.
    ...{ name: 'SCAL', isCommandOnly: true },
    fields: [int(1, 7), int(21, 59), text(10), ...Array.from({ length: 6 }, () => any)],
    set: () => {
      throw new ScpiError('execution', 'soft calibration is not emulated; write points with CRVPT');
    },
  },
  { name: 'IEEE', fields: [int(1, 30)], starts: '12' },
  { name: 'LEDS', fields: [on], starts: '1' },
  // The terminals of the thermocouple option are at room temperature.
  { name: 'TEMP', get: () => number(295) },
];

const table = () => new CommandTable<LakeShore>(places, [...sharedCommands, ...own]);

export class Model336 extends LakeShore {
  readonly table = table();
  protected readonly offStatus = INVALID;
  protected readonly linearFormat = 2;

  constructor(cryostat: CryostatView) {
    const readable = [...cryostat.sensors.entries()].filter(([, { type }]) => type !== 'RX-102A');
    const warm = readable.filter(([, { stage }]) => stage === '50K' || stage === '4K').map(([channel]) => channel);
    super(
      'LSCI,MODEL336,LSA0336/0000001,2.9',
      cryostat,
      ids.map((id, i) => inputOf(cryostat, id, warm[i])),
      [outputOf('1', '4K', 'B'), outputOf('2', '50K', 'A'), outputOf('3', undefined, ''), outputOf('4', undefined, '')],
    );
  }

  protected statusOf(isOpen: boolean, isShort: boolean): number {
    if (isShort) return INVALID + UNITS_ZERO;
    return isOpen ? INVALID + UNITS_OVER : 0;
  }

  isRefreshed({ id }: Input): boolean {
    return this.settings('INTYPE', id)[0] !== '0';
  }

  protected alarmWords(input: string): string[] {
    const [isOn, ...others] = this.settings('ALARM', input);
    return [isOn, '1', ...others];
  }

  unitsOf(input: string): Units {
    const units: Record<string, Units> = { 2: 'celsius', 3: 'sensor' };
    return input === '' ? 'kelvin' : (units[this.settings('INTYPE', input)[4]] ?? 'kelvin');
  }

  gainsOf([proportional = 0, reset = 0, rate = 0]: number[]): Gains {
    const integralSeconds = reset === 0 ? 0 : 1000 / reset;
    return { proportional, integralSeconds, derivativeSeconds: (integralSeconds * rate) / 400 };
  }

  gainWords({ loop: { gains } }: Output): number[] {
    const { proportional, integralSeconds, derivativeSeconds } = gains;
    if (integralSeconds === 0) return [proportional, 0, 0];
    return [proportional, 1000 / integralSeconds, (400 * derivativeSeconds) / integralSeconds];
  }
}

/** A diode is of type 1 and in volts, a resistor that falls with temperature of type 3. */
function typeWords(instrument: LakeShore, place: string): string {
  const { sensor } = instrument.input(place);
  if (sensor === undefined) return '0,0,0,0,1';
  return instrument.cryostat.sensors[sensor].type === 'DT-670' ? '1,1,0,0,1' : '3,1,6,0,1';
}

function inputOf(cryostat: CryostatView, id: string, sensor: number | undefined): Input {
  return {
    ...{ id, name: sensor === undefined ? `Input ${id}` : cryostat.sensors[sensor].name.slice(0, 15), sensor },
    ...{ kelvin: 0, lastKelvin: 0, lastNs: neverNs, measuredNs: neverNs, signal: 0, extremes: [0, 0] },
    status: sensor === undefined ? INVALID + UNITS_OVER : 0,
  };
}

function outputOf(id: string, stage: Output['stage'], input: string): Output {
  return {
    ...{ id, stage, input, loop: new ControlLoop(), ohms: HEATER_OHMS },
    amperes: stage === undefined ? [0, 0, 0, 0] : rangeAmperes(FULL_AMPERES),
  };
}
