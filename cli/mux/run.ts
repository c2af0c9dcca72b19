// A planned table on a board: the firmware is asked to execute it over SMP, virtual time passes, and what became of every cell is told.

import type { DeviceUnderTest } from '../../hil/rig/device.ts';
import { PulseDevice } from '../../hil/rig/pulse/pulse-device.ts';
import type { PulseProgram } from '../../hil/rig/pulse/run.ts';
import { millisecond, second } from '../../hil/rig/time.ts';
import { usualMultiplexer } from '../../host/board/multiplexer/bank.ts';
import type { Service } from '../../host/board/multiplexer/multiplexer-module.ts';
import type { Build } from '../../host/tools/build.ts';
import { errorRateInterval, type RateInterval } from '../../host/tools/multiplexer/error-rate.ts';
import type { Plan } from '../../host/tools/multiplexer/plan.ts';
import { timeText } from '../../host/tools/multiplexer/plot.ts';
import { driftMicrovoltsPerSecond, type MuxCell, type MuxProblem } from '../../host/tools/multiplexer/problem.ts';
import { type MuxTable, tableBytes } from '../../host/tools/multiplexer/table.ts';
import {
  cellState,
  configureCell,
  type MultiplexerStateAnswer,
  multiplexerState,
  runRefresh,
  uploadTable,
  writeCell,
} from '../../host/tools/smp/multiplexer.ts';
import { sequencerState } from '../../host/tools/smp/sequencer.ts';
import { Mux } from '../../protocol/multiplexer/module.ts';
import { SequencerFlag, SequencerState } from '../../protocol/q1/status.ts';
import { factoryDevice } from '../factory-device.ts';
import { counted } from '../words.ts';

/** The target that the field gives for switches: one error in a million. */
const SWITCH_ERROR_TARGET = 1e-6;
/** Of the interval at 95 %, at each side. */
const TAIL = 0.025;
const NANOVOLT_NS_A_MICROVOLT = 1e12;
const DRIFT_MOST = 1e9;
const TOLERANCES = [100, 10, 1] as const;
const stepNs = second / 4;
/**
 * So long every service is listened to, for the time that is stolen. With a listener the board executes each service by itself, a hundred times slower than it
 * passes over calm periods (docs/multiplexer.md), and the counts are the same.
 */
const listenedMostNs = 30 * second;
/** Programs that have ended are started again; this often somebody looks. */
const pulseStepNs = 10 * millisecond;

/** What plays beside the refreshing. */
export interface Pulses {
  programs: PulseProgram[];
  /** Markers that give pulse windows, one bit each: 4 n + m is marker m of sequencer n. */
  windowMarkers: number;
}

export interface MuxRunReport {
  virtualNs: number;
  services: number;
  /** Missed deadlines. */
  late: number;
  cells: { name: string; deadlineNs: number; largestGapNs: number; errorMicrovolts: number }[];
  /** Part of the time in which at least one line served or switched, over the first `dutyNs` of the run. */
  dutyStolen: number;
  dutyNs: number;
  /** Services beside the table: the first of every cell, and those that fresh cells needed. */
  extra: number;
  switches: number;
  /** Least that the time of the run needed, at the least of a period. */
  switchesLeast: number;
  switchErrors: number;
  /** Errors a switch: the exact interval at 95 %. */
  errorRate: RateInterval;
  /** What the rate should be at most, and whether the whole interval says that it is; null while the interval holds both. */
  errorTarget: number;
  meetsTarget: boolean | null;
  /** Beside pulse programs. */
  pulses?: PulseReport;
}

export interface PulseReport {
  /** How often the programs were started. */
  runs: number;
  windows: number;
  /** Services that waited for the end of a window, and those inside one because they could wait no longer. */
  waited: number;
  forced: number;
  /** Edges of markers that found no room. */
  edgesLost: number;
  /** Sequencers that played or acquired while a cell did not hold its value. */
  flagged: number[];
}

/** Executes a plan for so many virtual nanoseconds; yields how many have passed. */
export async function* runPlan(
  plan: Plan,
  problem: MuxProblem,
  build: Build,
  options: { runNs: number; seed: number; pulses?: Pulses },
): AsyncGenerator<number, MuxRunReport> {
  const { table } = plan;
  const device = await factoryDevice(build, {
    seed: options.seed,
    multiplexer: {
      cells: Math.max(usualMultiplexer.cells, ...table.cells.map(({ number }) => number + 1)),
      lines: Math.max(usualMultiplexer.lines, problem.lines),
    },
  });
  device.run(second);
  const client = device.client();
  const pulses = options.pulses && (await PulsesBeside.loaded(device, options.pulses));
  const codes = new Map(table.cells.map(({ number }) => [number, codeOf(problem, number)]));
  for (const { number } of table.cells) {
    const { tolerance, drift } = settingsOf(problem.cells[number]);
    await configureCell(client, number, 'USED', 1);
    await configureCell(client, number, 'TOLERANCE', tolerance);
    await configureCell(client, number, 'SETTLED', drift);
    if (options.pulses) await configureCell(client, number, 'SEQUENCERS', 2 ** options.pulses.programs.length - 1);
    await writeCell(client, number, codes.get(number) as number);
  }
  await uploadTable(client, tableBytes(table));
  await runRefresh(client, true);
  // Every cell has its first service before anything plays.
  if (pulses) device.run(table.periodSlots * table.slotNs + millisecond);
  const start = device.now;
  const end = start + options.runNs;
  // Beside pulses few periods are calm.
  const listenedNs = pulses ? options.runNs : Math.min(options.runNs, listenedMostNs);
  const duty = new Duty(table, start);
  device.board.multiplexer.listener = (service) => duty.take(service);
  while (device.now < end) {
    await pulses?.keepPlaying();
    const isListened = device.now < start + listenedNs;
    const until = isListened ? Math.min(end, start + listenedNs) : end;
    device.run(Math.max(1, Math.min(pulses ? pulseStepNs : stepNs, until - device.now)));
    if (isListened && device.now >= start + listenedNs) {
      // The multiplexer advances when somebody looks; the listener is to hear of every service.
      device.board.multiplexer.catchUp();
      device.board.multiplexer.listener = undefined;
    }
    yield device.now - start;
  }
  const virtualNs = device.now - start;
  const state = await multiplexerState(client);
  const cells: MuxRunReport['cells'] = [];
  for (const { name, number } of table.cells) {
    const { longestGapUs, microvolts } = await cellState(client, number);
    const errorMicrovolts = microvolts - (codes.get(number) as number) * Mux.CODE_MICROVOLTS;
    const { deadlineNs } = problem.cells[number];
    cells.push({ name, deadlineNs, largestGapNs: longestGapUs * 1000, errorMicrovolts });
  }
  // The last period may have ended only just.
  const periods = Math.max(0, Math.floor(virtualNs / (table.periodSlots * table.slotNs)) - 1);
  const errorRate = errorRateInterval(state.switchErrors, state.switches);
  return {
    ...{ virtualNs, cells, services: state.services, late: state.late, extra: state.extra, switches: state.switches },
    dutyStolen: duty.busyNsUntil(start + listenedNs) / listenedNs,
    dutyNs: listenedNs,
    switchesLeast: periods * plan.cost.switchesLeast,
    switchErrors: state.switchErrors,
    ...{ errorRate, errorTarget: SWITCH_ERROR_TARGET, meetsTarget: meetsTarget(errorRate) },
    ...(pulses && { pulses: pulses.report(state) }),
  };
}

function meetsTarget({ lower, upper }: RateInterval): boolean | null {
  if (upper <= SWITCH_ERROR_TARGET) return true;
  return lower > SWITCH_ERROR_TARGET ? false : null;
}

/** A value for each cell, all over the range of the converter; a row that is sampled has none. */
const codeOf = (problem: MuxProblem, number: number): number =>
  problem.serves === 'samples' ? 0 : 2000 + ((number * 331) % 20_000);

/** Pulse programs on the sequencers of the device, started again whenever all have ended. */
class PulsesBeside {
  private readonly device: PulseDevice;
  private readonly programs: PulseProgram[];
  private runs = 0;
  private flags = 0;

  private constructor(device: PulseDevice, programs: PulseProgram[]) {
    this.device = device;
    this.programs = programs;
  }

  static async loaded(device: DeviceUnderTest, { programs, windowMarkers }: Pulses): Promise<PulsesBeside> {
    const sequencers = new PulseDevice(device);
    await sequencers.load(programs);
    await configureCell(sequencers.client, 0, 'WINDOW_MARKERS', windowMarkers);
    return new PulsesBeside(sequencers, programs);
  }

  async keepPlaying(): Promise<void> {
    if ((await this.stillRun()) && this.runs > 0) return;
    this.runs++;
    await this.device.start(this.programs);
  }

  private async stillRun(): Promise<boolean> {
    let running = false;
    for (const sequencer of this.programs.keys()) {
      const { state, flags } = await sequencerState(this.device.client, sequencer);
      if ((flags & SequencerFlag.CELL_INVALID) !== 0) this.flags |= 1 << sequencer;
      if (state === SequencerState.RUNNING || state === SequencerState.Q1_STOPPED) running = true;
    }
    return running;
  }

  report({ windows, waited, forced, edgesLost, flagged }: MultiplexerStateAnswer): PulseReport {
    const bits = flagged | this.flags;
    return {
      ...{ runs: this.runs, windows, waited, forced, edgesLost },
      flagged: [...this.programs.keys()].filter((sequencer) => ((bits >> sequencer) & 1) === 1),
    };
  }
}

/** The cell's tolerance and the chip's drift; where the problem gives a deadline alone, settings by which it holds its value for so long. */
function settingsOf({ deadlineNs, toleranceMicrovolts }: MuxCell): { tolerance: number; drift: number } {
  if (toleranceMicrovolts !== undefined)
    return { tolerance: Math.max(1, Math.floor(toleranceMicrovolts)), drift: driftMicrovoltsPerSecond.settled * 1000 };
  const tolerance = TOLERANCES.find((each) => (each * NANOVOLT_NS_A_MICROVOLT) / deadlineNs <= DRIFT_MOST) ?? 1;
  const drift = Math.floor((tolerance * NANOVOLT_NS_A_MICROVOLT) / deadlineNs);
  return { tolerance, drift: Math.max(1, Math.min(DRIFT_MOST, drift)) };
}

/** Time in which at least one line serves or switches; services come in the order of their start. */
class Duty {
  private busyNs = 0;
  private readonly banks = new Map<number, number>();
  private readonly last = new Map<number, number>();
  private readonly switchNs: number;
  private end: number;

  constructor(table: MuxTable, startNs: number) {
    this.end = startNs;
    for (const { number, bank } of table.cells) this.banks.set(number, bank);
    this.switchNs = table.switchSlots * table.slotNs;
  }

  take({ line, cell, startNs, spanNs }: Service): void {
    const bank = this.banks.get(cell) ?? 0;
    const changes = this.last.get(line) !== bank;
    this.last.set(line, bank);
    const from = Math.max(this.end, startNs - (changes ? this.switchNs : 0));
    this.end = Math.max(this.end, startNs + spanNs);
    this.busyNs += Math.max(0, this.end - from);
  }

  /** What was begun before this moment may end after it. */
  busyNsUntil(ns: number): number {
    return this.busyNs - Math.max(0, this.end - ns);
  }
}

export function runText(report: MuxRunReport, problem: MuxProblem, plan: Plan): string {
  const { cells } = report;
  const tight = cells.reduce((a, b) => (b.largestGapNs / b.deadlineNs > a.largestGapNs / a.deadlineNs ? b : a));
  const worst = cells.reduce((a, b) => (Math.abs(b.errorMicrovolts) > Math.abs(a.errorMicrovolts) ? b : a));
  const seconds = report.virtualNs / second;
  return [
    `${problem.name}: ${report.late === 0 ? 'every deadline met' : `${report.late} deadlines missed`} in ${seconds} s on the board`,
    `  services       ${report.services}, ${report.extra} of them beside the table`,
    `  tightest cell  ${tight.name}: ${timeText(tight.largestGapNs)} of ${timeText(tight.deadlineNs)}`,
    ...(problem.serves === 'samples'
      ? []
      : [`  voltages       at most ${Math.abs(worst.errorMicrovolts)} uV off, at the end (${worst.name})`]),
    `  ${problem.serves === 'samples' ? 'busy  ' : 'stolen'}         ${(100 * report.dutyStolen).toFixed(2)} % of ${report.dutyNs < report.virtualNs ? `the first ${report.dutyNs / second} s` : 'the time'}`,
    ...(report.pulses ? pulseText(report.pulses) : []),
    `  bank switches  ${report.switches}, at least ${report.switchesLeast} are necessary`,
    `  switch errors  ${errorText(report, plan)}`,
  ].join('\n');
}

function pulseText({ runs, windows, waited, forced, edgesLost, flagged }: PulseReport): string[] {
  const kept = forced === 0 ? 'no service began in one' : `${forced} services could wait no longer and began in one`;
  return [
    `  pulse windows  ${windows}, in ${counted(runs, 'run')} of the programs; ${waited} services waited, ${kept}`,
    ...(edgesLost === 0
      ? []
      : [`  marker edges   ${edgesLost} lost: they came faster than the multiplexer can follow`]),
    flagged.length === 0
      ? '  pulses         every cell held its value whenever something was played or acquired'
      : `  pulses         CELL_INVALID on sequencer ${flagged.join(', ')}: it played or acquired while a cell did not hold its value`,
  ];
}

/** So many switches without an error show that the target is met. */
const enoughSwitches = Math.ceil(Math.log(TAIL) / Math.log1p(-SWITCH_ERROR_TARGET));

function errorText(report: MuxRunReport, { table, cost }: Plan): string {
  const { switchErrors, switches, errorRate, meetsTarget } = report;
  if (switches === 0) return 'none; no bank was switched';
  const { lower, upper } = errorRate;
  const rate = `${switchErrors}; ${lower.toPrecision(2)} to ${upper.toPrecision(2)} a switch (95 %), target ${SWITCH_ERROR_TARGET.toExponential()}`;
  if (meetsTarget !== null) return `${rate}: ${meetsTarget ? 'met' : 'missed'}`;
  const seconds = Math.ceil((enoughSwitches / cost.switches) * ((table.periodSlots * table.slotNs) / second));
  return `${rate}: too few switches to tell${switchErrors === 0 ? ` (--for ${seconds} are enough if none goes wrong)` : ''}`;
}
