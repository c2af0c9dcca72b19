// Flash and fuse operations from the log, and the moments at which power can fail: before, inside (in every pattern), after.

import type { Board } from '../../../host/board/board.ts';
import { unitProgramNs } from '../../../host/board/devices/flash.ts';
import { fuseTearPatterns } from '../../../host/board/devices/fuse-tear.ts';
import { tearPatterns } from '../../../host/board/devices/tear.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { FLASH } from '../../../protocol/generated/registers.ts';

const { ERASE_SECTOR } = FLASH.registers.COMMAND.fields.OPERATION.values;

export interface Operation {
  kind: 'erase' | 'program' | 'burn';
  /** Flash address, or fuse word. */
  address: number;
  startNs: number;
  /** 0 until it has ended. */
  endNs: number;
}

export interface Tear {
  of: 'flash' | 'fuses';
  /** A pattern of tear.ts, or of fuse-tear.ts. */
  pattern: string;
}

/** A moment at which power is lost, and what that leaves of the operation under way. */
export interface Cut {
  name: string;
  atNs: number;
  tear?: Tear;
}

/** Takes in one record of the log. Returns the operation that it began, if it began one. */
export function addRecord(operations: Operation[], { kind, timeNs, a, b }: LogRecord): Operation | undefined {
  if (kind === LogKind.FLASH_START || kind === LogKind.FUSE_START) {
    const flash = kind === LogKind.FLASH_START;
    const what = !flash ? 'burn' : a === ERASE_SECTOR ? 'erase' : 'program';
    const begun: Operation = { kind: what, address: flash ? b : a, startNs: timeNs, endNs: 0 };
    operations.push(begun);
    return begun;
  }
  const last = operations.at(-1);
  if (last && (kind === LogKind.FLASH_DONE || kind === LogKind.FUSE)) last.endNs = timeNs;
  return undefined;
}

/** Every cut of an operation that ended; `wanted` leaves out units inside a program operation. */
export function cutsOf({ kind, startNs, endNs }: Operation, wanted: (unit: number, units: number) => boolean): Cut[] {
  if (endNs === 0) throw new Error(`an operation that began at ${startNs} ns has not ended`);
  const units = kind === 'program' ? (endNs - startNs) / unitProgramNs : 1;
  const unitNs = (endNs - startNs) / units;
  const inside = Array.from({ length: units }, (_, unit) => unit)
    .filter((unit) => wanted(unit, units))
    .flatMap((unit) => {
      const atNs = Math.floor(startNs + unitNs * (unit + 0.5));
      return tearsOf(kind).map((tear) => ({ name: `unit ${unit} ${tear.pattern}`, atNs, tear }));
    });
  return [{ name: 'before', atNs: startNs - 1 }, ...inside, { name: 'after', atNs: endNs + 1 }];
}

function tearsOf(kind: Operation['kind']): Tear[] {
  if (kind === 'burn') return fuseTearPatterns.map(({ name }) => ({ of: 'fuses', pattern: name }));
  return tearPatterns
    .filter(({ program }) => kind === 'erase' || program)
    .map(({ name }) => ({ of: 'flash', pattern: name }));
}

/** Decides what a cut leaves of the operation under way; without a tear, the seed does. */
export function chooseTear(board: Board, tear: Tear | undefined): void {
  board.flash.chooseTear(tear?.of === 'flash' ? tear.pattern : undefined);
  board.fuses.chooseTear(tear?.of === 'fuses' ? tear.pattern : undefined);
}
