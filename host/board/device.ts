// What a device is, and what the board offers it.
//
// A device is one file in devices/ with the name used in the chip. It keeps all its state in the arena (register words come
// from `context.registers`, anything else from `context.arena`), follows time through events, and never accesses other
// devices. The bus has already refused whatever the register table forbids before a hook sees an access:
// unmapped, misaligned, reserved bits, values outside an enumeration (keys too), reads of write-only and writes of read-only
// registers; and it has applied oneToClear and oneToSet. A device adds only what the table cannot express.
//
//   class Timer implements Device {
//     readonly peripheral = TIMER;
//     readonly eventKinds = [EventKind.TIMER_ALARM];
//     readonly onWrite = { CONTROL: (value: number) => this.arm(value) };
//     constructor(private context: DeviceContext) -> written out: erasableSyntaxOnly forbids parameter properties
//       { this.registers = context.registers(TIMER); }
//     ... this.registers.words[this.registers.at.CONTROL] &= ~1; ...
//   }
//
// What must stay true: hooks and handlers are synchronous, allocate nothing on common paths, and depend on nothing but
// the arena, their arguments and the context.

import type { PeripheralEntry } from '../../protocol/generated/registers.ts';
import { RESET } from '../../protocol/generated/registers.ts';
import type { Arena } from './arena.ts';
import type { SurroundingsPort } from './surroundings.ts';
import type { Witness } from './witness.ts';

/** Kinds of scheduled events. A kind belongs to one device (its `eventKinds`); the last ones belong to the board. */
export const EventKind = {
  TIMER_ALARM: 1,
  WATCHDOG_EXPIRED: 2,
  FLASH_DONE: 3,
  FUSE_DONE: 4,
  UART0_RECEIVE: 5,
  UART0_TRANSMIT: 6,
  UART1_RECEIVE: 7,
  UART1_TRANSMIT: 8,
  TRIAL_TIMEOUT: 9,
  POWER_CUT: 16,
  RESET_PIN: 17,
  BROWN_OUT: 18,
  /** The sequencers catch up with the board’s time (devices/sequencer.ts). */
  SEQUENCER_STEP: 32,
  /** The multiplexer catches up with the board’s time (devices/multiplexer.ts). */
  MULTIPLEXER_STEP: 33,
  /** A disturbance of the surroundings begins or ends. */
  SURROUNDINGS: 48,
  /** A disturbance hits the core, its RAM or its flash. a: where, b: size (disturbance.ts). */
  FIRMWARE_LOCK: 49,
  SCAN_DONE: 50,
} as const;

/** Values of RESET.FAULT_CAUSE.CAUSE and RESET.CAUSE.CAUSE, by name. */
export const FaultCause = RESET.registers.FAULT_CAUSE.fields.CAUSE.values;
export const ResetCause = RESET.registers.CAUSE.fields.CAUSE.values;

/** Computes what a read returns; `index` is the word number in a register array. */
export type ReadHook = (index: number) => number;
/**
 * Runs after the bus stored the new value. `value` is what was written (unsigned), `previous` the word before.
 * Write-only registers store nothing.
 */
export type WriteHook = (value: number, index: number, previous: number) => void;

export interface Device {
  readonly peripheral: PeripheralEntry;
  /** Registers whose reads the device computes, by name; all others return their word. */
  readonly onRead?: Readonly<Record<string, ReadHook>>;
  /** Registers whose writes the device handles, by name; all others only store the value. */
  readonly onWrite?: Readonly<Record<string, WriteHook>>;
  readonly eventKinds?: readonly number[];
  /** An event of one of `eventKinds` is due; `context.now` is its exact time. */
  onEvent?(kind: number, a: number, b: number): void;
  /**
   * The chip comes out of reset (a value of RESET.CAUSE; POWER_ON when power was applied). The device sets its registers
   * (`registers.reset()`), lowers its line (all lines are low and all output gates closed already) and cancels its events, except what survives.
   */
  reset(cause: number): void;
  /** Power is lost now: the device tears its operation in progress. Its events are removed directly afterwards. */
  powerLost?(): void;
  /**
   * The core opened or closed output gates: `context.outputEnabled` already returns the new state. Before `reset` and
   * `powerLost`, which close all of them, it is not called.
   */
  outputsChanged?(): void;
  /** A reading of the surroundings has changed (`context.surroundings.readings`). May reset the chip. */
  onReadings?(): void;
}

/** A peripheral's register words, in the arena. */
export interface Registers<P extends PeripheralEntry = PeripheralEntry> {
  readonly words: Uint32Array;
  /** Index in `words` of each register's first word. */
  readonly at: Readonly<Record<keyof P['registers'], number>>;
  /** Sets every word to its reset value, except the registers named. */
  reset(except?: readonly (keyof P['registers'])[]): void;
}

export interface DeviceContext {
  readonly arena: Arena;
  /** Is told of every read of state that survives a loss of power, and of every operation on it. */
  readonly witness: Witness | undefined;
  /** Integer nanoseconds since the board was made: the exact time of the access or event being handled. */
  readonly now: number;
  /** Time at which the chip last came out of reset, and at which power was last applied. */
  readonly resetTime: number;
  readonly powerOnTime: number;
  registers<P extends PeripheralEntry>(peripheral: P): Registers<P>;
  /** Schedules an event at an absolute time (not before now). */
  schedule(time: number, kind: number, a?: number, b?: number): void;
  /** Removes all events of a kind. */
  cancel(kind: number): void;
  /** Raises or lowers a level-triggered interrupt line (`peripheral.line`: a bit). */
  setLine(line: number, raised: boolean): void;
  /** Whether an output's gate is open (`gate`: a mask of OUTPUTS.STATE). A closed output is in its safe state, whatever its registers hold. */
  outputEnabled(gate: number): boolean;
  /** Opens exactly these gates and notifies every device; for the OUTPUTS device. */
  setOutputs(gates: number): void;
  /** Refuses the access being handled: a bus fault with one of the FaultCause values; `detail` is for the person who reads it. */
  fault(cause: number, detail: string): never;
  /** Resets the chip now; ends the run of the core when there is one. Does not return. */
  resetChip(cause: number): never;
  /** The core does nothing until this time (DMA, waiting); only from a write hook. */
  stallUntil(time: number): void;
  /** The surroundings of the chip: actuators and readings. */
  readonly surroundings: SurroundingsPort;
  /** Counts an activity of the chip that produces heat (`Activity` in protocol/plant/energies.ts). */
  count(activity: number, times: number): void;
  /** One record in the log and its hash; kinds, and what `argument1` is for, in log.ts. */
  log(kind: number, a: number, b: number, argument1?: number): void;
  /** Next 32 bits of the board's seeded generator. */
  random(): number;
  /** Bytes have left the chip on a serial line (0 or 1), the last of them now. The context logs them; they may be reused after. */
  transmit(line: number, bytes: Uint8Array): void;
}
