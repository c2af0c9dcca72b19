// Reset controller: the cause of the last reset, the fault record, and the hand-over from bootloader to firmware.
//
//   bootloader --HANDOVER--> requested --export returns--> handed over --any reset--> bootloader
//
// What must stay true: fault record, BOOT_REQUEST and the counts of resets survive every reset but power-on; the mailbox, the
// hand-over registers and the trial timer cannot be written by the firmware (it may only stop the timer).

import { RESET } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause, ResetCause } from '../device.ts';

const nanosecondsPerMillisecond = 1_000_000;
const { REQUEST } = RESET.registers.CONTROL.fields;
const survivors = [
  'BOOT_REQUEST',
  'RESET_COUNT',
  'RESETS_IN_A_ROW',
  'FAULT_CAUSE',
  'FAULT_ADDRESS',
  'FAULT_CYCLE_LOW',
  'FAULT_CYCLE_HIGH',
  'FAULT_COUNT',
  'FAULT_FUNCTION',
] as const;
const functionNameBytes = RESET.registers.FAULT_FUNCTION.count * 4;

/** What RESET.FAULT_* holds. */
export interface FaultRecord {
  cause: number;
  address: number;
  /** Core cycles since reset. */
  cycle: number;
  functionName: string;
  /** Faults since power-on. */
  count: number;
}

/** Indices in the device's own state. */
const State = { RESET_REQUESTED: 0, HANDOVER_REQUESTED: 1, HANDED_OVER: 2, PLACES: 3 } as const;

export class ResetController implements Device {
  readonly peripheral = RESET;
  readonly eventKinds = [EventKind.TRIAL_TIMEOUT];
  readonly onWrite = {
    CONTROL: (value: number) => this.request((value & REQUEST.mask) >>> REQUEST.shift),
    TRIAL_TIMEOUT: (milliseconds: number) => this.setTrialTimer(milliseconds),
    HANDOVER_ADDRESS: () => this.refuseAfterHandover('HANDOVER_ADDRESS'),
    HANDOVER_LENGTH: () => this.refuseAfterHandover('HANDOVER_LENGTH'),
    MAILBOX: () => this.refuseAfterHandover('MAILBOX'),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof RESET>;
  private readonly state: Uint32Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(RESET);
    this.state = context.arena.words(State.PLACES);
  }

  reset(cause: number): void {
    const { words, at } = this.registers;
    this.context.cancel(EventKind.TRIAL_TIMEOUT);
    this.state.fill(0);
    this.registers.reset(cause === ResetCause.POWER_ON ? [] : survivors);
    words[at.CAUSE] = cause;
    if (cause !== ResetCause.POWER_ON) words[at.RESET_COUNT]++;
  }

  onEvent(): void {
    this.context.resetChip(ResetCause.TRIAL_TIMEOUT);
  }

  get resetCount(): number {
    return this.registers.words[this.registers.at.RESET_COUNT];
  }

  get resetRequested(): boolean {
    return this.state[State.RESET_REQUESTED] !== 0;
  }

  get handoverRequested(): boolean {
    return this.state[State.HANDOVER_REQUESTED] !== 0 && this.state[State.HANDED_OVER] === 0;
  }

  /** Whether what runs is the module that was handed over to. */
  get handedOver(): boolean {
    return this.state[State.HANDED_OVER] !== 0;
  }

  /** The module that the bootloader hands over to. */
  get handover(): { address: number; length: number } {
    const { words, at } = this.registers;
    return { address: words[at.HANDOVER_ADDRESS], length: words[at.HANDOVER_LENGTH] };
  }

  /** From here on the hand-over registers are read-only. */
  markHandedOver(): void {
    if (!this.handoverRequested) throw new Error('reset: a hand-over that was not requested');
    this.state[State.HANDED_OVER] = 1;
  }

  recordFault(cause: number, address: number, cycle: number, functionName: string): void {
    const { words, at } = this.registers;
    words[at.FAULT_CAUSE] = cause;
    words[at.FAULT_ADDRESS] = address;
    words[at.FAULT_CYCLE_LOW] = cycle;
    words[at.FAULT_CYCLE_HIGH] = cycle / 2 ** 32;
    words[at.FAULT_COUNT]++;
    const text = functionName.slice(-functionNameBytes);
    for (let i = 0; i < functionNameBytes; i += 4) {
      let word = 0;
      for (let byte = 0; byte < 4; byte++) word |= asciiAt(text, i + byte) << (8 * byte);
      words[at.FAULT_FUNCTION + i / 4] = word;
    }
  }

  get fault(): FaultRecord {
    const { words, at } = this.registers;
    const name: number[] = [];
    for (let i = 0; i < functionNameBytes; i++)
      name.push((words[at.FAULT_FUNCTION + (i >> 2)] >>> (8 * (i & 3))) & 0xff);
    return {
      cause: words[at.FAULT_CAUSE],
      address: words[at.FAULT_ADDRESS],
      cycle: words[at.FAULT_CYCLE_HIGH] * 2 ** 32 + words[at.FAULT_CYCLE_LOW],
      functionName: String.fromCharCode(...name.filter((byte) => byte !== 0)),
      count: words[at.FAULT_COUNT],
    };
  }

  private request(request: number): void {
    const { words, at } = this.registers;
    if (request === REQUEST.values.RESET) this.state[State.RESET_REQUESTED] = 1;
    else if (request === REQUEST.values.HANDOVER) {
      if (this.state[State.HANDOVER_REQUESTED] !== 0)
        this.context.fault(FaultCause.BUS_STATE, 'RESET.CONTROL: a second hand-over; there is one per reset');
      this.state[State.HANDOVER_REQUESTED] = 1;
    } else {
      for (const name of ['FAULT_CAUSE', 'FAULT_ADDRESS', 'FAULT_CYCLE_LOW', 'FAULT_CYCLE_HIGH'] as const)
        words[at[name]] = 0;
      words.fill(0, at.FAULT_FUNCTION, at.FAULT_FUNCTION + RESET.registers.FAULT_FUNCTION.count);
    }
  }

  private setTrialTimer(milliseconds: number): void {
    if (milliseconds !== 0) this.refuseAfterHandover('TRIAL_TIMEOUT');
    this.context.cancel(EventKind.TRIAL_TIMEOUT);
    if (milliseconds !== 0)
      this.context.schedule(this.context.now + milliseconds * nanosecondsPerMillisecond, EventKind.TRIAL_TIMEOUT);
  }

  private refuseAfterHandover(name: string): void {
    if (this.state[State.HANDED_OVER] !== 0)
      this.context.fault(FaultCause.BUS_STATE, `write of RESET.${name} after the hand-over; only the bootloader may`);
  }
}

/** Character code, `?` where it is not printable ASCII, zero behind the end. */
function asciiAt(text: string, index: number): number {
  if (index >= text.length) return 0;
  const code = text.charCodeAt(index);
  return code >= 0x20 && code < 0x7f ? code : 0x3f;
}
