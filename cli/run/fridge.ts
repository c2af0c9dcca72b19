// The cryostat of a run: which one, its faults and their times, and one sample per second.
//
// What must stay true: an observer changes nothing; faults are inputs that are given at power-on, in the order of the command line, so that a
// replay can give them again.

import { disturbanceOf, type Fault, FaultSyntaxError, parseFault } from '../../hil/rig/faults/language.ts';
import { WiredCryostat } from '../../hil/rig/wiring.ts';
import type { Board } from '../../host/board/board.ts';
import { openReading, Reading } from '../../host/board/surroundings.ts';
import type { BoardView } from '../../host/board/view.ts';
import { readingKelvin } from '../../host/plant/cryostat/sensors.ts';
import { CryostatView } from '../../host/plant/cryostat/view.ts';
import { openFridge, presets, textOfFridge } from '../../host/tools/open-fridge.ts';
import { RECORDER } from '../../protocol/generated/registers.ts';
import { Channel, channelSensors } from '../../protocol/plant/places.ts';
import { Beat } from '../../protocol/telemetry/heartbeat.ts';
import { ExitCode, Failure } from '../failure.ts';
import { readAsText } from '../files.ts';
import { systemReason } from '../system-error.ts';
import type { LogLine } from './log-line.ts';

export interface Sample {
  seconds: number;
  /** By stage, kelvin. */
  temperatures: Record<string, number>;
  /** The readings of the chip's thermometers on the 4 K plate, kelvin; NaN for one without a reading. */
  thermometers: Record<string, number>;
  /** Heat of faults on stages, milliwatts; stages without such heat are left out. */
  faultMilliwatts: Record<string, number>;
  /** The estimate of the firmware and its budget, milliwatts. */
  powerMilliwatts: number;
  budgetMilliwatts: number;
}

export interface Mark {
  seconds: number;
  text: string;
}

/** The two thermometers on the plate of the chip. */
const plateThermometers = [
  ['thermometer 1', Channel.PLATE_4K],
  ['thermometer 2', Channel.PLATE_4K_B],
] as const;

/** The part that views and plots get: it cannot change the run. */
export type WatchedFridge = Pick<RunFridge, 'name' | 'cryostat' | 'faults' | 'samples' | 'marks'>;

/** The events that get a mark in a plot. */
const markedEvents = new Set([
  'interlock-tripped',
  'reset',
  'clock-switched',
  'load-shed',
  'sensor-lost',
  'signal-lost',
]);

export class RunFridge {
  readonly name: string;
  /** Of its file; undefined for a preset. */
  readonly text: string | undefined;
  readonly wired: WiredCryostat;
  readonly faults: readonly Fault[];
  readonly samples: Sample[] = [];
  readonly marks: Mark[] = [];
  private nextSample = 0;
  private seen: CryostatView | undefined;

  /** `text`: of its file as a recording has it. Without, the file is read. */
  constructor(name: string, faults: readonly string[], seed: number, text?: string) {
    this.name = name;
    this.faults = faults.map(faultOf);
    const opened = fridgeOf(name, text);
    this.text = opened.text;
    this.wired = new WiredCryostat(opened.fridge, { seed });
  }

  /** A read-only view of the cryostat, once a board is in it. */
  get cryostat(): CryostatView {
    this.seen ??= new CryostatView(this.wired.cryostat);
    return this.seen;
  }

  /** Gives the board its faults; call it at power-on. */
  disturb(board: Board): void {
    for (const fault of this.faults) {
      board.disturb(disturbanceOf(fault, board.now));
      this.marks.push({ seconds: (board.now + fault.afterNs) / 1e9, text: fault.text.replace(/ (after|for) .*/, '') });
    }
  }

  /** Call it with every record of the log: it stores one sample per second. */
  watch(board: BoardView, timeNs: number): void {
    const seconds = timeNs / 1e9;
    if (seconds < this.nextSample) return;
    this.nextSample = Math.floor(seconds) + 1;
    this.samples.push({
      seconds,
      temperatures: this.temperatures(),
      thermometers: this.thermometers(board),
      faultMilliwatts: this.faultMilliwatts(),
      powerMilliwatts: beatOf(board, Beat.POWER_MICROWATTS) / 1000,
      budgetMilliwatts: beatOf(board, Beat.BUDGET_MICROWATTS) / 1000,
    });
  }

  /** Call it with every line of the live log. */
  mark({ timeNs, event, facts }: LogLine): void {
    const isFirst = !this.marks.some(({ text }) => text === String(facts.interlock ?? event));
    if (markedEvents.has(event) && isFirst && timeNs > 1e9)
      this.marks.push({ seconds: timeNs / 1e9, text: String(facts.interlock ?? event) });
  }

  private thermometers(board: BoardView): Record<string, number> {
    const shown = ([name, channel]: readonly [string, number]) => {
      const reading = board.reading(Reading.THERMOMETER + channel);
      const kelvin = reading === openReading ? 0 : readingKelvin(channelSensors[channel], reading);
      return [name, kelvin === 0 ? Number.NaN : kelvin] as const;
    };
    return Object.fromEntries(plateThermometers.map(shown));
  }

  private faultMilliwatts(): Record<string, number> {
    const { cryostat } = this;
    const heat = cryostat.stages.map((stage) => [stage, cryostat.heatWatts('fault', stage) * 1e3] as const);
    return Object.fromEntries(heat.filter(([, milliwatts]) => milliwatts !== 0));
  }

  temperatures(): Record<string, number> {
    const { cryostat } = this;
    return Object.fromEntries(cryostat.stages.map((stage) => [stage, cryostat.temperatureKelvin(stage)]));
  }
}

/** A word of the last heartbeat record of the board. */
export function beatOf(board: BoardView, word: number): number {
  return board.register(RECORDER, 'HEARTBEAT', word);
}

/** The file is read once, so that the text is that of the fridge. */
function fridgeOf(name: string, recorded?: string) {
  try {
    const text = recorded ?? textOfFridge(name, readAsText);
    return { text, fridge: openFridge(name, text === undefined ? readAsText : () => text) };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const said = systemReason(error) ?? (error instanceof Error ? error.message : String(error));
    const why = isMissing ? `there is no such file, and presets are ${presets.join(', ')}` : said;
    throw new Failure('FRIDGE', `--fridge ${name}: ${why}`, { exitCode: ExitCode.USAGE, cause: error });
  }
}

function faultOf(text: string): Fault {
  try {
    return parseFault(text);
  } catch (error) {
    if (!(error instanceof FaultSyntaxError)) throw error;
    throw new Failure('FAULT', error.message, { exitCode: ExitCode.USAGE });
  }
}
