// Lake Shore's Model 372: an AC resistance bridge with a scanner, sixteen channels of which it measures one at a time.
//
// On a fridge, channels are numbered as Bluefors does: 1 50K, 2 4K, 4 cold plate, 5 still, 6 mixing chamber; the rest are open. Sample
// heater (output 0) and warm-up heater (1) are on the mixing chamber, the still's on output 2, which starts at what the
// operator left on. A channel shows what was measured when the scanner was last there: `dwell` seconds each, after `pause`
// seconds in which a changed channel settles. A channel with nothing on it reads 0. TCP port 7777.

import type { StageName } from '../../plant/cryostat/stages.ts';
import type { CryostatView } from '../../plant/cryostat/view.ts';
import { ControlLoop, type Gains, type LoopMode } from './control-loop.ts';
import { figure, type Input, LakeShore, number, type Output, SAMPLE_NS } from './controller.ts';
import type { ScpiCommand } from './scpi-server.ts';

const CHANNELS = 16;
/** Bluefors' numbers. */
const channelOfStage: Record<StageName, number> = { '50K': 1, '4K': 2, CP: 4, Still: 5, MXC: 6 };
const RESISTANCE_OVER = 16;
const RESISTANCE_UNDER = 32;
const sampleAmperes = [0, 31.6e-6, 100e-6, 316e-6, 1e-3, 3.16e-3, 10e-3, 31.6e-3, 100e-3];
const SAMPLE_OHMS = 120;
const WARMUP_AMPERES = 0.45;
const WARMUP_OHMS = 25;
/** The still output is a voltage of up to 10 V. */
const STILL_VOLTS = 10;
const STILL_OHMS = 120;
/** What a bridge for millikelvin sensors puts into them, as QRDG and RDGPWR would tell. */
const EXCITATION_VOLTS = 6.32e-6;

export class Model372 extends LakeShore {
  protected readonly identity = 'LSCI,MODEL372,LSA0372/0000001,1.3';
  protected readonly modeNames: readonly LoopMode[] = ['off', 'monitor', 'open', 'zone', 'still', 'closed', 'warmup'];
  private channel = channelOfStage.MXC;
  private autoscan = true;
  /** Since the scanner came to this channel. */
  private seconds = 0;

  constructor(cryostat: CryostatView) {
    super(
      cryostat,
      Array.from({ length: CHANNELS }, (_, i) => inputOf(cryostat, i + 1)),
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
    // It has been scanning for days.
    for (const input of this.inputs) this.measure(input);
  }

  override sample(): void {
    this.scan(SAMPLE_NS / 1e9);
    super.sample();
  }

  protected override isMeasured(input: Input): boolean {
    return input.id === String(this.channel) && this.seconds >= pauseOf(input);
  }

  private scan(seconds: number): void {
    this.seconds += seconds;
    const input = this.inputs[this.channel - 1];
    if (!this.autoscan || this.seconds < pauseOf(input) + Number(inset(input, 1))) return;
    for (let step = 1; step <= CHANNELS; step++) {
      const next = this.inputs[(this.channel - 1 + step) % CHANNELS];
      if (inset(next, 0) !== '1') continue;
      this.moveTo(Number(next.id));
      return;
    }
  }

  private moveTo(channel: number): void {
    if (channel !== this.channel) this.seconds = 0;
    this.channel = channel;
  }

  protected statusOf(_input: Input, isOpen: boolean, isShort: boolean): number {
    if (isShort) return RESISTANCE_UNDER;
    return isOpen ? RESISTANCE_OVER : 0;
  }

  protected own({ name, words }: ScpiCommand): { answer?: string } | undefined {
    switch (name) {
      case 'SCAN?':
        return { answer: `${String(this.channel).padStart(2, '0')},${Number(this.autoscan)}` };
      case 'SCAN':
        this.moveTo(Math.trunc(figure(words[0], 1, CHANNELS)));
        this.autoscan = words[1] === '1';
        return {};
      case 'RDGR?':
        return { answer: number(this.input(words).signal) };
      case 'RDGPWR?': {
        const ohms = this.input(words).signal;
        return { answer: number(ohms > 0 ? (EXCITATION_VOLTS * EXCITATION_VOLTS) / ohms : 0) };
      }
      case 'STILL?':
        return { answer: number(this.outputs[2].loop.manualPercent) };
      case 'STILL':
        this.outputs[2].loop.manualPercent = figure(words[0], 0, 100);
        return {};
      default:
        return undefined;
    }
  }

  protected gainsOf([proportional = 0, integralSeconds = 0, derivativeSeconds = 0]: number[]): Gains {
    return { proportional, integralSeconds, derivativeSeconds };
  }

  protected gainWords({ loop: { gains } }: Output): number[] {
    return [gains.proportional, gains.integralSeconds, gains.derivativeSeconds];
  }

  protected inputNumber(id: string): string {
    return id;
  }

  protected inputOfNumber(word: string): string {
    return this.inputs.find(({ id }) => id === word.replace(/^0+/, ''))?.id ?? '';
  }
}

/** A word of INSET: enabled, dwell, pause, curve, coefficient. */
const inset = (input: Input, word: number): string =>
  (input.settings.get('INSET') ?? '').split(',')[word]?.trim() ?? '0';
const pauseOf = (input: Input): number => Number(inset(input, 2));

function inputOf(cryostat: CryostatView, channel: number): Input {
  const sensor = cryostat.sensors.findIndex(({ stage }) => channelOfStage[stage] === channel);
  const isConnected = sensor >= 0;
  return {
    ...{ id: String(channel), name: isConnected ? cryostat.sensors[sensor].name.slice(0, 15) : `Channel ${channel}` },
    ...{ sensor: isConnected ? sensor : undefined, limitKelvin: 0, kelvin: 0, lastKelvin: 0, signal: 0 },
    status: isConnected ? 0 : RESISTANCE_OVER,
    settings: new Map([
      ['INSET', `${Number(isConnected)},2,3,${20 + channel},1`],
      ['INTYPE', '0,2,1,15,0,1'],
    ]),
  };
}

function outputOf(id: string, stage: StageName, amperes: readonly number[], ohms: number, input: string): Output {
  return {
    ...{ id, stage, input, loop: new ControlLoop(), amperes, ohms },
    settings: new Map([
      ['OUTMODE', '0,0,0,1'],
      ['HTRSET', `${ohms},0,0,1`],
    ]),
  };
}
