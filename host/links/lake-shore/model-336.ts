// Lake Shore's Model 336: four inputs A to D, two heater outputs of up to 1 A, two analog ones that drive nothing here.
//
// On a fridge: A is the 50K plate, B the 4K plate, C and D what else has a sensor that a 336 can read (not the millikelvin ones).
// Output 1 heats 4K, output 2 heats 50K. I is given as 1000 / seconds and D as percent of a quarter of that time, as its manual has
// it [G]. TCP port 7777.

import type { CryostatView } from '../../plant/cryostat/view.ts';
import { ControlLoop, type Gains, type LoopMode } from './control-loop.ts';
import { type Input, kelvinText, LakeShore, type Output } from './controller.ts';
import type { ScpiCommand } from './scpi-server.ts';

const ids = ['A', 'B', 'C', 'D'];
const INVALID = 1;
const UNITS_ZERO = 64;
const UNITS_OVER = 128;
const FULL_AMPERES = 1;
const HEATER_OHMS = 25;
/** Low, medium and high are 1, 10 and 100 % of the power. */
const rangeAmperes = (full: number) => [0, full * 0.1, full * Math.sqrt(0.1), full];
/** By HTRSET's number. */
const maximumAmperes = [undefined, Math.SQRT1_2, 1, 1.141, 1.732];

export class Model336 extends LakeShore {
  protected readonly identity = 'LSCI,MODEL336,LSA0336/0000001,2.9';
  protected readonly modeNames: readonly LoopMode[] = ['off', 'closed', 'zone', 'open', 'monitor', 'warmup'];

  constructor(cryostat: CryostatView) {
    const readable = [...cryostat.sensors.entries()].filter(([, { type }]) => type !== 'RX-102A');
    const warm = readable.filter(([, { stage }]) => stage === '50K' || stage === '4K').map(([channel]) => channel);
    super(
      cryostat,
      ids.map((id, i) => inputOf(cryostat, id, warm[i], i)),
      [outputOf('1', '4K', 'B'), outputOf('2', '50K', 'A'), outputOf('3', undefined, ''), outputOf('4', undefined, '')],
    );
  }

  protected statusOf(_input: Input, isOpen: boolean, isShort: boolean): number {
    if (isShort) return INVALID + UNITS_ZERO;
    return isOpen ? INVALID + UNITS_OVER : 0;
  }

  protected own({ name, words }: ScpiCommand): { answer?: string } | undefined {
    // 0 asks for all four.
    if (name === 'KRDG?' && words[0] === '0') {
      return { answer: this.inputs.map(({ kelvin }) => kelvinText(kelvin)).join(',') };
    }
    return name === 'CRDG?' ? { answer: kelvinText(this.input(words).kelvin - 273.15) } : undefined;
  }

  protected gainsOf([proportional = 0, reset = 0, rate = 0]: number[]): Gains {
    const integralSeconds = reset === 0 ? 0 : 1000 / reset;
    return { proportional, integralSeconds, derivativeSeconds: (integralSeconds * rate) / 400 };
  }

  protected gainWords({ loop: { gains } }: Output): number[] {
    const { proportional, integralSeconds, derivativeSeconds } = gains;
    if (integralSeconds === 0) return [proportional, 0, 0];
    return [proportional, 1000 / integralSeconds, (400 * derivativeSeconds) / integralSeconds];
  }

  protected inputNumber(id: string): string {
    return String(ids.indexOf(id) + 1);
  }

  protected inputOfNumber(word: string): string {
    return ids[Number(word) - 1] ?? '';
  }

  protected override heaterChanged(output: Output, [, resistance, maximum, user]: string[]): void {
    output.ohms = resistance === '2' ? 50 : HEATER_OHMS;
    output.amperes = rangeAmperes(maximumAmperes[Number(maximum)] ?? Math.min(1.732, Number(user) || FULL_AMPERES));
  }
}

function inputOf(cryostat: CryostatView, id: string, sensor: number | undefined, index: number): Input {
  const type = sensor === undefined ? undefined : cryostat.sensors[sensor].type;
  const kind = type === undefined ? 0 : type === 'DT-670' ? 1 : 3;
  return {
    ...{ id, name: sensor === undefined ? `Input ${id}` : cryostat.sensors[sensor].name.slice(0, 15), sensor },
    ...{ limitKelvin: 0, kelvin: 0, lastKelvin: 0, signal: 0, status: sensor === undefined ? INVALID + UNITS_OVER : 0 },
    settings: new Map([
      ['INTYPE', `${kind},1,${kind === 3 ? 6 : 0},0,1`],
      ['INCRV', String(21 + index)],
    ]),
  };
}

function outputOf(id: string, stage: Output['stage'], input: string): Output {
  return {
    ...{ id, stage, input, loop: new ControlLoop(), ohms: HEATER_OHMS },
    amperes: stage === undefined ? [0, 0, 0, 0] : rangeAmperes(FULL_AMPERES),
    settings: new Map([
      ['OUTMODE', '0'],
      ['HTRSET', '0,1,2,1.0,2'],
    ]),
  };
}
