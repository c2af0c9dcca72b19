// What a board did over time, as signals and events, collected from its log while it runs: for waveform viewers, traces and reports.
//
//   power, mode, slot       whether it has power; off, bootloader, firmware, halted; the slot that was handed control
//   gates, rails, tripped   output gates that are open, rails that are enabled, interlocks in the latch: one bit each
//   flash                   1 while an operation of flash is going on
//   heartbeat, health, power_uw   of the last heartbeat record
//   kelvin_<stage>          true temperature of each stage, where it is in a cryostat
//
// What must stay true: collecting changes nothing in the run; a signal is stored only where it changes.

import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { BoardView } from '../../../host/board/view.ts';
import type { CryostatView } from '../../../host/plant/cryostat/view.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { INTERLOCK, OUTPUTS, RAILS, RECORDER } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { EventKind, eventKinds } from '../../../protocol/telemetry/events.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { recordWords } from '../event-words.ts';

export interface TracedSignal {
  name: string;
  kind: 'wire' | 'integer' | 'real';
  unit?: string;
  /** What the numbers of `mode` and the like mean. */
  values?: readonly string[];
  changes: [timeNs: number, value: number][];
}

export interface TracedEvent {
  timeNs: number;
  name: string;
  /** The event with its arguments in words. */
  text: string;
}

const modes = ['off', 'bootloader', 'firmware', 'halted'] as const;
const told: readonly number[] = [
  LogKind.RESET,
  LogKind.FAULT,
  LogKind.HALT,
  LogKind.POWER_CUT,
  LogKind.DISTURBANCE,
  LogKind.BROWN_OUT,
];
/** A temperature changes at every look; so much of it is a change, kelvin. */
const KELVIN_STEP = 1e-5;

export class BoardTrace {
  readonly signals: TracedSignal[] = [];
  readonly events: TracedEvent[] = [];
  private readonly view: BoardView;
  private readonly cryostat: CryostatView | undefined;
  /** Times are counted from here. */
  readonly zeroNs: number;
  private slot = -1;
  private flash = 0;

  /** Times are counted from `zeroNs`. */
  constructor(view: BoardView, cryostat: CryostatView | undefined, zeroNs: number) {
    [this.view, this.cryostat, this.zeroNs] = [view, cryostat, zeroNs];
    if (view.state === 'firmware') this.slot = view.register(RECORDER, 'HEARTBEAT', Beat.SLOT);
    this.look(zeroNs);
  }

  /** Call it with every record of the log. */
  record(record: LogRecord): void {
    const { timeNs, kind, a } = record;
    if (kind === LogKind.HANDOVER) this.slot = a >= MemoryMap.SLOT_B ? 1 : 0;
    if (kind === LogKind.RESET || kind === LogKind.POWER_CUT) this.slot = -1;
    if (kind === LogKind.FLASH_START) this.flash = 1;
    if (kind === LogKind.FLASH_DONE || kind === LogKind.FLASH_TORN) this.flash = 0;
    const isEvent = kind === LogKind.RECORDER && (a & 0xffff) !== EventKind.HEARTBEAT;
    if (isEvent || told.includes(kind)) {
      const text = recordWords(record);
      const name = kind === LogKind.RECORDER ? (nameOf(eventKinds, a & 0xffff) ?? `${a & 0xffff}`) : text.split(':')[0];
      this.events.push({ timeNs: timeNs - this.zeroNs, name, text });
    }
    this.look(timeNs);
  }

  private look(atNs: number): void {
    const { view, cryostat } = this;
    const beat = (word: number) => view.register(RECORDER, 'HEARTBEAT', word);
    this.set(atNs, 'power', 'wire', view.state === 'off' ? 0 : 1);
    this.set(atNs, 'mode', 'integer', modes.indexOf(view.state), { values: modes });
    this.set(atNs, 'slot', 'integer', this.slot + 1, { values: ['none', 'A', 'B'] });
    this.set(atNs, 'gates', 'integer', view.register(OUTPUTS, 'STATE'));
    this.set(atNs, 'rails', 'integer', view.register(RAILS, 'ENABLE'));
    this.set(atNs, 'tripped', 'integer', view.register(INTERLOCK, 'TRIPPED'));
    this.set(atNs, 'flash', 'wire', this.flash);
    this.set(atNs, 'heartbeat', 'integer', beat(Beat.SEQUENCE));
    this.set(atNs, 'health', 'integer', beat(Beat.HEALTH));
    this.set(atNs, 'power_uw', 'integer', beat(Beat.POWER_MICROWATTS), { unit: 'uW' });
    for (const stage of cryostat?.stages ?? []) {
      const kelvin = cryostat?.temperatureKelvin(stage) ?? 0;
      this.set(atNs, `kelvin_${stage}`, 'real', kelvin, { unit: 'K' }, KELVIN_STEP);
    }
  }

  private set(
    atNs: number,
    name: string,
    kind: TracedSignal['kind'],
    value: number,
    more: Pick<TracedSignal, 'unit' | 'values'> = {},
    step = 0,
  ): void {
    let signal = this.signals.find((each) => each.name === name);
    if (signal === undefined) {
      signal = { name, kind, ...more, changes: [] };
      this.signals.push(signal);
    }
    const last = signal.changes.at(-1)?.[1];
    if (last === value || (last !== undefined && Math.abs(last - value) < step)) return;
    signal.changes.push([Math.max(0, atNs - this.zeroNs), value]);
  }
}
