// What a run was like from its beginning to its end, for a report: tracks over virtual time, figures for a comparison of two images, and the log.
//
//   log of the device ──┐
//   registers, counts ──┼──▶ Chronicle ──▶ ChronicleData, plain and bounded
//   cryostat ───────────┘
//
// `BoardTrace` (../trace/board-trace.ts) keeps every change, for viewers; this keeps a bounded number, because a report has many runs and some last for
// days. What must stay true: it only looks, through views, so a run with it is the same run, to the log hash.

import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { BoardView } from '../../../host/board/view.ts';
import type { StageName } from '../../../host/plant/cryostat/stages.ts';
import { CryostatView } from '../../../host/plant/cryostat/view.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { taskName } from '../../../protocol/firmware/tasks.ts';
import { FLASH, INTERLOCK, MULTIPLEXER, OUTPUTS, RAILS, RECORDER } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { MuxLoad } from '../../../protocol/multiplexer/module.ts';
import { Activity, activityPicojoules, idleMicrowatts } from '../../../protocol/plant/energies.ts';
import { interlocks } from '../../../protocol/plant/interlocks.ts';
import { EventKind, eventKinds } from '../../../protocol/telemetry/events.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import type { DeviceUnderTest } from '../device.ts';
import { isTold, recordText } from '../event-log.ts';
import { recordWords } from '../event-words.ts';
import { TimeBins, TimedTexts } from '../trace/bounded.ts';
import type { WiredCryostat } from '../wiring.ts';
import { gateNames, healthNames, interlockNames, namesOf, railNames, sequencerNames } from './bit-names.ts';
import type { ChronicleData, RunFigures, Track } from './chronicle-data.ts';
import { doneTracks, faultTracks } from './input-tracks.ts';
import type { RecordedBoard } from './recorded-board.ts';

const LOG_FIRST = 60;
const LOG_LAST = 140;
const { ERASE_SECTOR } = FLASH.registers.COMMAND.fields.OPERATION.values;
const { BOOT_STATE_0, BOOT_STATE_1, SECTOR_SIZE, SLOT_B } = MemoryMap;

/** Records that come with every step of the board: what they change is seen at the next other record. */
const steps: readonly number[] = [LogKind.RUN, LogKind.EVENT, LogKind.OUTPUT, LogKind.READINGS];
const boots: readonly number[] = [LogKind.RESET, LogKind.POWER_CUT, LogKind.FAULT, LogKind.HALT, LogKind.HANDOVER];
const bootEvents: readonly number[] = [EventKind.BOOT_DECISION, EventKind.BOOT_REJECT, EventKind.SAFE_MODE];
/** Events that a track of their own shows. */
const silent: readonly number[] = [
  ...[EventKind.HEARTBEAT, EventKind.SAFE_MODE_BEAT, EventKind.BOOT_START, EventKind.BOOT_HANDOVER],
  ...[EventKind.SEQUENCER_STARTED, EventKind.SEQUENCER_STOPPED, EventKind.SEQUENCER_LOADED],
];

export class Chronicle {
  private readonly device: DeviceUnderTest;
  private readonly board: RecordedBoard;
  private readonly view: BoardView;
  private readonly cryostat: CryostatView | undefined;
  private readonly beganNs: number;
  private readonly amounts = new Map<string, { unit: string; bins: TimeBins }>();
  private readonly texts = new Map<string, TimedTexts>();
  private readonly kelvin = new Map<StageName, TimeBins>();
  private readonly countsAtStart: readonly number[];
  private refreshes: number;
  private isSafeMode = false;
  private busy = 0;
  private slot: string;
  private resetNs: number | undefined;
  private poweredNs = 0;
  private lookedNs: number;
  private readonly figures: RunFigures = {
    ...{ cycles: 0, leastSlackUs: null, leastSlackTask: null, heatMillijoules: 0, heatMilliwatts: 0 },
    ...{ flashErases: 0, flashPrograms: 0, bootMs: null },
  };

  /** Begins at the present state of the board. Call `record` with every record of its log. */
  constructor(device: DeviceUnderTest, board: RecordedBoard, view: BoardView, wired: WiredCryostat | undefined) {
    [this.device, this.board, this.view] = [device, board, view];
    this.cryostat = wired && new CryostatView(wired.cryostat);
    this.beganNs = board.now;
    this.lookedNs = board.now;
    this.countsAtStart = this.counts();
    this.refreshes = this.countsAtStart[Activity.REFRESHES];
    this.isSafeMode = device.events('SAFE_MODE').length > 0 && view.state === 'bootloader';
    this.slot = 'AB'[view.register(RECORDER, 'HEARTBEAT', Beat.SLOT)] ?? 'A';
    this.slots();
    this.look(board.now);
  }

  record(record: LogRecord): void {
    const { timeNs, kind, a, b } = record;
    if (kind === LogKind.RUN) {
      this.figures.cycles += b;
      this.amount('core busy', 'core cycles', timeNs, b);
    }
    if (steps.includes(kind)) return;
    const at = timeNs - this.beganNs;
    if (kind === LogKind.RECORDER) this.event(at, record);
    else if (boots.includes(kind)) this.boot(at, record);
    if (kind === LogKind.INPUT) this.amount('requests', 'bytes to the device', timeNs, a & 0xff_ffff);
    this.flash(record);
    this.parts(at, record);
    this.look(timeNs);
  }

  /** The whole run so far, as plain data. */
  end(): ChronicleData {
    const { board, beganNs, figures } = this;
    this.look(board.now);
    this.slots();
    const endNs = board.now - beganNs;
    const spent = this.counts().map((count, kind) => (count - this.countsAtStart[kind]) * activityPicojoules[kind]);
    const picojoules = spent.reduce((sum, each) => sum + each, 0) + this.poweredNs * idleMicrowatts * 1e-3;
    figures.heatMillijoules = picojoules * 1e-9;
    figures.heatMilliwatts = endNs === 0 ? 0 : picojoules / endNs;
    return { endNs, tracks: this.tracks(endNs), figures: { ...figures }, log: this.log() };
  }

  // --- what a record tells -----------------------------------------------------------------------------------------------

  private event(at: number, record: LogRecord): void {
    const { timeNs, a, b } = record;
    const event = a & 0xffff;
    if (event === EventKind.HEARTBEAT) this.amount('heartbeats', 'heartbeats', timeNs, 1);
    if (event === EventKind.SAFE_MODE) this.isSafeMode = true;
    if (silent.includes(event)) return;
    const name = nameOf(eventKinds, event) ?? `${event}`;
    const interlock = name.startsWith('INTERLOCK_') && interlocks[b] ? ` (${interlocks[b].name})` : '';
    const track = bootEvents.includes(event) ? 'boots and resets' : 'events';
    this.text(track).add(at, recordWords(record) + interlock);
  }

  private boot(at: number, record: LogRecord): void {
    const { timeNs, kind, a } = record;
    this.text('boots and resets').add(at, recordWords(record));
    if (kind === LogKind.HANDOVER) this.slot = a >= SLOT_B ? 'B' : 'A';
    else {
      this.isSafeMode = false;
      this.busy = 0;
    }
    if (kind === LogKind.RESET) this.resetNs = timeNs;
    if (kind !== LogKind.HANDOVER || this.resetNs === undefined) return;
    this.figures.bootMs = Math.max(this.figures.bootMs ?? 0, (timeNs - this.resetNs) / 1e6);
    this.resetNs = undefined;
  }

  private flash({ timeNs, kind, a }: LogRecord): void {
    if (kind === LogKind.FLASH_START) {
      const isErase = a === ERASE_SECTOR;
      if (isErase) this.figures.flashErases++;
      else this.figures.flashPrograms++;
      this.amount(isErase ? 'flash: erased' : 'flash: programmed', isErase ? 'sectors' : 'writes', timeNs, 1);
    }
    const isBootState = [BOOT_STATE_0, BOOT_STATE_1].some((start) => a >= start && a < start + SECTOR_SIZE);
    if (kind === LogKind.FLASH_DONE && isBootState) this.slots();
    if (kind === LogKind.HANDOVER) this.slots();
  }

  /** Sequencers, multiplexer and readout. */
  private parts(at: number, { timeNs, kind, a, b }: LogRecord): void {
    if (kind === LogKind.SEQUENCER_LOAD)
      this.text('pulses: loaded').add(at, `sequencer ${a >>> 24}: ${a & 0xff_ffff} bytes`);
    if (kind === LogKind.SEQUENCER_START) this.busy = b;
    if (kind === LogKind.SEQUENCER_STOPPED) this.busy &= ~(1 << a);
    if (kind === LogKind.READOUT_WINDOW) this.amount('readout windows', 'windows', timeNs, 1);
    if (kind === LogKind.MUX_LOAD)
      this.text('multiplexer').add(at, `a table of ${a} bytes was ${b === MuxLoad.GOOD ? 'loaded' : 'refused'}`);
    if (kind === LogKind.MUX_COMMAND) this.text('multiplexer').add(at, muxCommandText(a, b === 1));
    if (kind === LogKind.CELLS_LATE) this.text('multiplexer').add(at, `cell ${b} missed its deadline, ${a} so far`);
    if (kind === LogKind.MUX_CODE) this.amount('multiplexer: new values', 'values', timeNs, 1);
  }

  // --- what a look sees --------------------------------------------------------------------------------------------------

  private look(timeNs: number): void {
    const { view } = this;
    const at = Math.max(0, timeNs - this.beganNs);
    if (view.state !== 'off') this.poweredNs += Math.max(0, timeNs - this.lookedNs);
    this.lookedNs = Math.max(timeNs, this.lookedNs);
    this.text('core').change(at, this.modeText());
    this.text('outputs open').change(at, namesOf(view.register(OUTPUTS, 'STATE'), gateNames));
    this.text('rails on').change(at, namesOf(view.register(RAILS, 'ENABLE'), railNames));
    this.text('interlocks tripped').change(at, namesOf(view.register(INTERLOCK, 'TRIPPED'), interlockNames));
    this.text('sequencers busy').change(at, namesOf(this.busy, sequencerNames));
    if (view.state === 'firmware') this.beat(at);
    const refreshes = view.counted(Activity.REFRESHES);
    if (refreshes > this.refreshes)
      this.amount('multiplexer: refreshes', 'cells refreshed', timeNs, refreshes - this.refreshes);
    this.refreshes = refreshes;
    for (const stage of this.cryostat?.stages ?? []) {
      const bins = this.kelvin.get(stage) ?? new TimeBins();
      this.kelvin.set(stage, bins);
      bins.add(at, this.cryostat?.temperatureKelvin(stage) ?? 0);
    }
  }

  private beat(at: number): void {
    const word = (place: number) => this.view.register(RECORDER, 'HEARTBEAT', place);
    if (word(Beat.VERSION) === 0) return;
    const slack = word(Beat.LEAST_SLACK_US) | 0;
    this.text('health').change(at, namesOf(word(Beat.HEALTH), healthNames, 'healthy'));
    // The largest number stands for no run of a task yet.
    if (slack === 0x7fff_ffff || slack >= (this.figures.leastSlackUs ?? Number.POSITIVE_INFINITY)) return;
    this.figures.leastSlackUs = slack;
    this.figures.leastSlackTask = taskName(word(Beat.LEAST_SLACK_TASK));
  }

  private modeText(): string {
    const { state } = this.view;
    if (state === 'bootloader') return this.isSafeMode ? 'safe mode' : 'bootloader';
    if (state !== 'firmware') return state;
    return `firmware in ${this.slot}`;
  }

  private slots(): void {
    const at = this.board.now - this.beganNs;
    for (const [slot, state] of Object.entries(this.device.slotStates))
      this.text(`slot ${slot}`).change(at, state.toLowerCase());
  }

  private counts(): number[] {
    return activityPicojoules.map((_, kind) => this.view.counted(kind));
  }

  // --- as data -----------------------------------------------------------------------------------------------------------

  private amount(name: string, unit: string, timeNs: number, much: number): void {
    const known = this.amounts.get(name) ?? { unit, bins: new TimeBins() };
    this.amounts.set(name, known);
    known.bins.add(Math.max(0, timeNs - this.beganNs), much);
  }

  private text(name: string): TimedTexts {
    const known = this.texts.get(name) ?? new TimedTexts();
    this.texts.set(name, known);
    return known;
  }

  /** In the order of a reader: what was done, what was noticed, what runs, what it is like. A track on which nothing happened is left out. */
  private tracks(endNs: number): Track[] {
    const marks = (name: string): Track[] => {
      const { list, leftOut } = this.texts.get(name) ?? { list: [], leftOut: 0 };
      return list.length === 0 ? [] : [{ kind: 'marks', name, marks: list, leftOut }];
    };
    const states = (name: string, always = false): Track[] => {
      const { list, leftOut } = this.texts.get(name) ?? { list: [], leftOut: 0 };
      return list.length > 1 || (always && list.length > 0) ? [{ kind: 'states', name, steps: list, leftOut }] : [];
    };
    const amounts = (name: string): Track[] => {
      const { unit, bins } = this.amounts.get(name) ?? {};
      if (unit === undefined || bins === undefined) return [];
      const list = Array.from(bins.bins, (bin) => bin?.sum ?? 0);
      return [{ kind: 'amount', name, unit, widthNs: bins.widthNs, bins: list, total: bins.total }];
    };
    return [
      ...faultTracks(this.board.inputs, this.beganNs, endNs),
      ...doneTracks(this.board.inputs, this.beganNs),
      ...states('interlocks tripped'),
      ...marks('events'),
      ...states('core', true),
      ...marks('boots and resets'),
      ...states('slot A'),
      ...states('slot B'),
      ...amounts('heartbeats'),
      ...states('health', true),
      ...this.temperatures(),
      ...states('outputs open'),
      ...states('rails on'),
      ...['flash: erased', 'flash: programmed', 'requests', 'core busy'].flatMap(amounts),
      ...marks('pulses: loaded'),
      ...states('sequencers busy'),
      ...amounts('readout windows'),
      ...['multiplexer: refreshes', 'multiplexer: new values'].flatMap(amounts),
      ...marks('multiplexer'),
    ];
  }

  private temperatures(): Track[] {
    return [...this.kelvin].map(([stage, { widthNs, bins }]) => ({
      ...{ kind: 'range', name: `temperature ${stage}`, unit: 'K', widthNs },
      bins: Array.from(bins, (bin) =>
        bin === undefined ? null : ([round(bin.least), round(bin.most)] as [number, number]),
      ),
    }));
  }

  private log(): string[] {
    const records = this.device.log.filter(
      (record) => isTold(record) && record.kind !== LogKind.RUN && (record.a & 0xffff) !== EventKind.HEARTBEAT,
    );
    const lines = (part: LogRecord[]) =>
      part.map((record) => recordText({ ...record, timeNs: record.timeNs - this.beganNs }));
    const left = records.length - LOG_FIRST - LOG_LAST;
    if (left <= 0) return lines(records);
    return [...lines(records.slice(0, LOG_FIRST)), `… ${left} lines left out`, ...lines(records.slice(-LOG_LAST))];
  }
}

const round = (value: number): number => Number(value.toPrecision(6));

const { START } = MULTIPLEXER.registers.COMMAND.fields.COMMAND.values;

function muxCommandText(command: number, isRefused: boolean): string {
  if (isRefused) return 'a command was refused';
  return command === START ? 'refresh was started' : 'refresh was parked';
}
