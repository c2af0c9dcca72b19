// Reads a device file and its journal, and finds the device that they describe together.
//
//   file      journal                       the device is
//   whole     of these contents             the file with the entries of the journal
//   any       with a fold, and the file     the same: a fold was interrupted, and its digest shows that nothing is missing
//             with its entries gives that
//   closed    none, or one without entries  the file
//   open      none                          not known: the writes of the run that was killed are missing
//
// What must stay true: nothing is left out without a notice. An entry at the end that is not whole belongs to a write that did not complete, and
// no client was told of it. The notice mentions it all the same, because a disk that damages the last entry looks the same.

import type { Disk } from './disk.ts';
import { DeviceFileError, reasonOf } from './error.ts';
import {
  blankContents,
  blankDigest,
  type Contents,
  digestOf,
  FILE_SIZE,
  type FileReading,
  FileState,
  FLASH_SIZE,
  flashOf,
  flashPagesOf,
  readDeviceBytes,
} from './format.ts';
import { applied, type JournalReading, readJournalBytes } from './journal.ts';

export interface Kept {
  /** The contents of the file, when they are known: a fold writes only the differences. */
  inFile: Contents | undefined;
  contents: Contents;
  /** No device was made in it yet. */
  isNew: boolean;
  /** The file is whole, in today's format, and needs no fold. */
  isCurrent: boolean;
  /** The journal of a run that was killed, when it is still needed. */
  journal: { end: number; nextNumber: number; hasFold: boolean } | undefined;
  /** Whole entries, or a whole journal, were left out because `salvage` was asked for. */
  leavesOut: boolean;
  notice: string | undefined;
}

const newDeviceAdvice = 'choose another file for --flash, or remove this one to start with a new device';

export function readKept(disk: Disk, name: string, path: string, salvage: boolean): Kept {
  const file = readDeviceBytesAt(disk, name, path);
  const journalName = `${name}.journal`;
  const bytes = readAt(disk, journalName, `${path}.journal`);
  const journal = bytes && readJournalBytes(bytes);
  const refuse = (problem: string): never => {
    const advice = `to go on with what is whole, leaving out the rest, add --salvage`;
    throw new DeviceFileError('DEVICE_FILE', `${problem}; ${advice}`);
  };
  if (bytes && !journal) {
    const problem = `${journalName}, the journal of the device file ${name}, is damaged at its beginning`;
    if (!salvage || file.reading.kind !== 'whole') refuse(`${problem}, so nothing in it can be trusted`);
    return { ...fileAlone(name, file.reading, true), leavesOut: true, notice: `${problem}; it was left out` };
  }
  if (!journal) return fileAlone(name, file.reading, salvage);
  return withJournal(name, file, journal, salvage, refuse);
}

/** The process that has the file, according to its journal. Only for a message: a run that was killed, or one in another container, leaves a
 * number too. */
export function processOf(disk: Disk, name: string): string | undefined {
  try {
    const bytes = disk.read(`${name}.journal`);
    const journal = bytes && readJournalBytes(bytes);
    return journal && isRunning(journal.process) ? `process ${journal.process}` : undefined;
  } catch {
    return undefined;
  }
}

interface FileBytes {
  bytes: Uint8Array;
  reading: FileReading;
}

function readDeviceBytesAt(disk: Disk, name: string, path: string): FileBytes {
  const bytes = readAt(disk, name, path) ?? new Uint8Array(0);
  return { bytes, reading: readDeviceBytes(bytes) };
}

function readAt(disk: Disk, name: string, path: string): Uint8Array | undefined {
  try {
    return disk.read(path);
  } catch (error) {
    if (error instanceof DeviceFileError) throw error;
    throw new DeviceFileError(
      'DEVICE_FILE',
      `${name} cannot be read: ${reasonOf(error)}; check its permissions`,
      error,
    );
  }
}

function fileAlone(name: string, reading: FileReading, salvage: boolean): Kept {
  if (reading.kind === 'empty') {
    const blank = blankContents();
    const nothing = { inFile: undefined, journal: undefined, notice: undefined };
    return { ...nothing, contents: blank, isNew: true, isCurrent: false, leavesOut: false };
  }
  if (reading.kind === 'broken')
    throw new DeviceFileError('DEVICE_FILE', `the device file ${name} ${reading.why}; ${newDeviceAdvice}`);
  const { contents, state, isOlder } = reading;
  const kept = { inFile: contents, contents, isNew: false, isCurrent: !isOlder, journal: undefined, leavesOut: false };
  if (state === FileState.CLOSED) return { ...kept, notice: undefined };
  const missing =
    `the device file ${name} was left by a run that was killed, or was copied while one had it, and the journal of that run, ` +
    `${name}.journal, is not beside it`;
  if (salvage) return { ...kept, notice: `${missing}; what was written last is left out` };
  throw new DeviceFileError(
    'DEVICE_FILE',
    `${missing}, so what the device wrote last is missing; bring the journal here too (the file may have another name, a hard link, with the ` +
      'journal beside that one), or go on without it by adding --salvage',
  );
}

function withJournal(
  name: string,
  { bytes, reading }: FileBytes,
  journal: JournalReading,
  salvage: boolean,
  refuse: (problem: string) => never,
): Kept {
  const { entries, fold, fault } = journal;
  const isBegun = entries.length > 0 || fold !== undefined || (fault?.wholeEntriesBehind ?? 0) > 0;
  // The run was killed before the first entry of a new device: no client was told anything.
  if (!isBegun && reading.kind === 'empty' && blankDigest().equals(journal.base))
    return { ...fileAlone(name, reading, salvage), notice: fault && faultText(name, journal) };
  const before = reading.kind === 'whole' ? reading.contents : undefined;
  const contents = contentsOf(bytes, reading, journal);
  if (contents === undefined) return foreign(name, reading, journal, salvage);
  const damage = fault && faultText(name, journal);
  const isDamaged = fault !== undefined && fault.wholeEntriesBehind > 0;
  if (damage && isDamaged && !salvage) refuse(damage);
  const nextNumber = entries.length + 1;
  return {
    ...{ inFile: before, contents, isNew: false, isCurrent: false, leavesOut: isDamaged, notice: damage },
    journal: { end: journal.end, nextNumber, hasFold: fold !== undefined },
  };
}

/** The device according to file and journal; undefined when they do not belong together. */
function contentsOf(bytes: Uint8Array, reading: FileReading, journal: JournalReading): Contents | undefined {
  const { base, entries, fold } = journal;
  const isWhole = reading.kind === 'whole';
  if (isWhole && Buffer.compare(reading.digest, base) === 0) return applied(reading.contents, entries);
  const blank = blankContents();
  const startsBlank = blankDigest().equals(base);
  // The device was made by the run that wrote the journal, so the journal has all of it.
  const made = startsBlank ? applied(blank, entries) : undefined;
  if (made && bytes.length === 0) return made;
  if (fold === undefined) return undefined;
  if (made && !isWhole) return isBegunAs(bytes, made) ? made : undefined;
  const folded = { pages: applied({ ...blank, pages: flashPagesOf(bytes) }, entries).pages, fuses: fold.fuses };
  return digestOf(folded).equals(fold.digest) ? folded : undefined;
}

/** Whether the file is an incomplete copy of these contents, in which the missing part reads as zeros. */
function isBegunAs(bytes: Uint8Array, contents: Contents): boolean {
  const flash = flashOf(contents);
  const length = Math.min(bytes.length, FLASH_SIZE);
  for (let i = 0; i < length; i++) if (bytes[i] !== 0 && bytes[i] !== flash[i]) return false;
  return bytes.length <= FILE_SIZE;
}

/** The file and the journal do not belong together. */
function foreign(name: string, reading: FileReading, journal: JournalReading, salvage: boolean): Kept {
  const isEmpty = journal.entries.length === 0 && journal.fold === undefined;
  const alone = () => fileAlone(name, reading, salvage);
  // A run that was killed right at its start leaves such a journal.
  if (isEmpty && !(reading.kind === 'whole' && reading.state === FileState.OPEN)) return alone();
  const problem = `${name}.journal is not the journal of the device file ${name} as it is now`;
  if (salvage) return { ...alone(), leavesOut: true, notice: `${problem}; it was left out` };
  if (reading.kind === 'empty')
    throw new DeviceFileError(
      'DEVICE_FILE',
      `${name} is empty or not there, but the journal of its last run is (${name}.journal): bring the file back, or delete the journal, too, to begin ` +
        'with a new device',
    );
  throw new DeviceFileError(
    'DEVICE_FILE',
    `${problem}: one of them was copied or replaced without the other; bring the two files of one run together, or use the device file ` +
      'alone by adding --salvage',
  );
}

function faultText(name: string, { fault, entries }: JournalReading): string {
  const { at, number, wholeEntriesBehind } = fault as NonNullable<JournalReading['fault']>;
  const where = `entry ${number} of ${name}.journal (at byte ${at})`;
  if (wholeEntriesBehind > 0)
    return `${where} is damaged, and ${wholeEntriesBehind} whole entries follow it; ${entries.length} before it are good`;
  return (
    `${where} is not whole and was left out: the run was killed while it wrote it, so no client was told of it ` +
    `(if it was not, the disk has damaged it); the ${entries.length} entries before it were taken`
  );
}

/** Also true for a process of another user. False for an invalid number. */
function isRunning(processNumber: number): boolean {
  try {
    return Number.isInteger(processNumber) && processNumber > 0 && process.kill(processNumber, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
