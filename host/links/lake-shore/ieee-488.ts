// The registers and common commands of IEEE 488.2, which every instrument has: which events happened, and which of them request service.
//
//   events ──▶ standard event register (ESR) ──& ESE──▶ bit 5 ┐
//   alarms, ramps, new readings ──▶ OPSTR ─────& OPSTE─▶ bit 7 ├─ status byte ──& SRE──▶ bit 6
//
// Reading an event register clears it, as the standard says. So `*ESR?` is the only query that changes something.

import { type ScpiCommand, ScpiError } from './scpi.ts';

const EventBit = { OPERATION_COMPLETE: 1, EXECUTION_ERROR: 16, COMMAND_ERROR: 32, POWER_ON: 128 } as const;
const StatusBit = { EVENT: 32, SERVICE: 64, OPERATION: 128 } as const;

/** Bits of the operation registers. */
export const Operation = { ALARM: 1, OVERLOAD: 2, RAMP_2_DONE: 4, RAMP_1_DONE: 8, NEW_READING: 16 } as const;

/** The actions of the instrument as a whole. */
export interface Resettable {
  /** `*RST`: as after power-on. */
  powerUp(): void;
  /** The present operation condition. */
  readonly operation: number;
}

export class Ieee488 {
  private events: number = EventBit.POWER_ON;
  private eventEnable = 0;
  private serviceEnable = 0;
  private operationEvents = 0;
  private operationEnable = 0;
  private readonly identity: string;
  private readonly instrument: Resettable;

  constructor(identity: string, instrument: Resettable) {
    this.identity = identity;
    this.instrument = instrument;
  }

  refused(error: ScpiError): void {
    this.events |= error.kind === 'command' ? EventBit.COMMAND_ERROR : EventBit.EXECUTION_ERROR;
  }

  /** An event of the operation registers has happened. */
  happened(bits: number): void {
    this.operationEvents |= bits;
  }

  /** The answer to one of these commands, in an object because most have none; undefined for another command. */
  execute({ name, words }: ScpiCommand): { answer?: string } | undefined {
    switch (name) {
      case '*IDN?':
        return { answer: this.identity };
      case '*OPC?':
        return { answer: '1' };
      case '*TST?':
        return { answer: '0' };
      case '*ESR?':
        return { answer: this.taken('events') };
      case '*STB?':
        return { answer: String(this.statusByte) };
      case '*ESE?':
        return { answer: String(this.eventEnable) };
      case '*SRE?':
        return { answer: String(this.serviceEnable) };
      case 'OPST?':
        return { answer: String(this.instrument.operation) };
      case 'OPSTR?':
        return { answer: this.taken('operationEvents') };
      case 'OPSTE?':
        return { answer: String(this.operationEnable) };
      default:
        return this.command(name, words);
    }
  }

  private command(name: string, words: string[]): { answer?: string } | undefined {
    switch (name) {
      case '*ESE':
        this.eventEnable = byteOf(name, words);
        return {};
      case '*SRE':
        // Bit 6 is the summary and cannot be part of itself.
        this.serviceEnable = byteOf(name, words) & ~StatusBit.SERVICE;
        return {};
      case 'OPSTE':
        this.operationEnable = byteOf(name, words);
        return {};
      case '*OPC':
        this.events |= EventBit.OPERATION_COMPLETE;
        return {};
      case '*CLS':
        this.events = 0;
        this.operationEvents = 0;
        return {};
      case '*RST':
        this.instrument.powerUp();
        return {};
      case '*WAI':
        return {};
      default:
        return undefined;
    }
  }

  private taken(register: 'events' | 'operationEvents'): string {
    const word = String(this[register]);
    this[register] = 0;
    return word;
  }

  private get statusByte(): number {
    const event = (this.events & this.eventEnable) === 0 ? 0 : StatusBit.EVENT;
    const operation = (this.operationEvents & this.operationEnable) === 0 ? 0 : StatusBit.OPERATION;
    const service = ((event | operation) & this.serviceEnable) === 0 ? 0 : StatusBit.SERVICE;
    return event | operation | service;
  }
}

function byteOf(name: string, words: string[]): number {
  const value = Number(words[0] || Number.NaN);
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw new ScpiError('execution', `${name} takes a number from 0 to 255, and not '${words[0] ?? ''}'`);
}
