// A whole board as data: the arena, the core's RAM and globals, the module it runs, and references to flash pages.
//
// As bytes:  | "CRSN" | version | layout | nine lengths | arena | RAM | globals | module | sequencers | multiplexer | readout
//            | numbers of pages not erased | of pages with weak bits | pages
//
// Flash is shared by page, RAM is copied whole: writes to a core's memory cannot be observed, so sharing it would need a comparison.
// To compare 32 pages takes 5 to 7 us, to copy them 3 to 5 (measured), although only one of them changes in 50 ms.
//
// It is taken when the guest's stack is empty, so RAM and globals are the whole state of the core. What must stay true: a run that continues
// from a restored snapshot gives the same log hash as a run that was never interrupted.

import type { PreparedImage } from './cpu/cpu.ts';
import { FlashArray, type FlashPicture, isErased, pageBytes } from './flash-array.ts';
import type { LoadedImage } from './image-loader.ts';
import type { Machine } from './machine.ts';
import type { MultiplexerBank } from './multiplexer/bank.ts';
import type { Processor } from './processor.ts';
import type { ReadoutBank } from './readout/bank.ts';
import type { SequencerBank } from './sequencer/bank.ts';

const magic = 0x4e53_5243;
const formatVersion = 6;
const headerWords = 12;

/** These bytes, or this state, are not of a board like this one. */
export class OtherBoard extends Error {}

export interface Snapshot {
  readonly arena: Uint8Array;
  /** That of its arena. */
  readonly layout: number;
  flash: FlashPicture;
  /** The module in the core; none while power is off or the board is halted. */
  image: LoadedImage | undefined;
  ram: Uint8Array;
  globals: Uint32Array;
  /** The sequencers' memory; none while they are held in reset. */
  sequencers: Uint8Array | undefined;
  /** The multiplexer's memory; none while it is held in reset. */
  multiplexer: Uint8Array | undefined;
  /** The readout's state; none while it is held in reset. */
  readout: Uint8Array | undefined;
}

/** The parts of a board that have a memory of their own. */
export interface SnapshotParts {
  machine: Machine;
  processor: Processor;
  sequencers: SequencerBank;
  multiplexer: MultiplexerBank;
  readout: ReadoutBank;
}

/** Copies the state out; into `reuse`, a snapshot that is no longer needed, when it is given. */
export function capture(parts: SnapshotParts, reuse?: Snapshot): Snapshot {
  const { machine, processor, sequencers, multiplexer, readout } = parts;
  refuseWhileRunning(machine, 'taken');
  const { core, loaded } = processor;
  const snapshot = reuse ?? emptySnapshot(machine);
  snapshot.flash = machine.flash.picture();
  snapshot.image = loaded;
  snapshot.sequencers = sequencers.save(snapshot.sequencers);
  snapshot.multiplexer = multiplexer.save(snapshot.multiplexer);
  snapshot.readout = readout.save(snapshot.readout);
  // After the parts, because a part that has only noted what to do executes it when it is saved, and that may change the arena.
  machine.arena.copyTo(snapshot.arena);
  if (!core) return snapshot;
  if (snapshot.ram.length !== core.memory.length) snapshot.ram = new Uint8Array(core.memory.length);
  if (snapshot.globals.length !== core.image.globalWords) snapshot.globals = new Uint32Array(core.image.globalWords);
  snapshot.ram.set(core.memory);
  core.saveGlobals(snapshot.globals);
  return snapshot;
}

/**
 * The state without the core, its RAM and the parts with a memory of their own; also in the midst of a run of the core. A loss of power clears what is
 * missing, and it is all that a board in this state is good for.
 */
export function captureInstant({ machine }: SnapshotParts, reuse?: Snapshot): Snapshot {
  const snapshot = reuse ?? emptySnapshot(machine);
  snapshot.flash = machine.flash.picture();
  machine.arena.copyTo(snapshot.arena);
  return snapshot;
}

function emptySnapshot({ arena, flash }: Machine): Snapshot {
  return {
    ...{ arena: new Uint8Array(arena.size), layout: arena.layout, flash: flash.picture() },
    ...{ image: undefined, ram: new Uint8Array(0), globals: new Uint32Array(0) },
    ...{ sequencers: undefined, multiplexer: undefined, readout: undefined },
  };
}

/** Restores a state; the snapshot can be restored any number of times, on any board. `own` gives the image as this board prepares it. */
export function restore(parts: SnapshotParts, snapshot: Snapshot, own: (image: LoadedImage) => LoadedImage): void {
  const { machine, processor, sequencers, multiplexer, readout } = parts;
  refuseWhileRunning(machine, 'restored');
  if (snapshot.layout !== machine.arena.layout)
    throw new OtherBoard(
      `snapshot: a state of ${snapshot.arena.length} bytes with layout ${hex(snapshot.layout)} does not fit this board, whose state has ${machine.arena.size} bytes with layout ${hex(machine.arena.layout)}`,
    );
  machine.arena.copyFrom(snapshot.arena);
  machine.flash.show(snapshot.flash);
  if (!snapshot.image) {
    processor.unload();
    sequencers.restore(undefined);
    multiplexer.restore(undefined);
    readout.restore(undefined);
    return;
  }
  const core = processor.socket(own(snapshot.image));
  sequencers.restore(snapshot.sequencers);
  multiplexer.restore(snapshot.multiplexer);
  readout.restore(snapshot.readout);
  core.restoreGlobals(snapshot.globals);
  core.memory.set(snapshot.ram);
}

/** The bytes of a snapshot, to store or to send; erased pages are left out. */
export function snapshotToBytes(snapshot: Snapshot): Uint8Array {
  const { cells, weak } = snapshot.flash;
  const used = pagesWhere(cells, (page) => !isErased(page));
  const unstable = pagesWhere(weak, (page) => page !== undefined);
  const globals = bytesOf(snapshot.globals);
  const header = new Uint32Array(headerWords);
  const parts = [
    ...[snapshot.arena, snapshot.ram, globals, snapshot.image?.bytes ?? new Uint8Array(0)],
    ...[snapshot.sequencers, snapshot.multiplexer, snapshot.readout].map((part) => part ?? new Uint8Array(0)),
    ...[bytesOf(Uint32Array.from(used)), bytesOf(Uint32Array.from(unstable))],
  ];
  header.set([magic, formatVersion, snapshot.layout, ...parts.map((part) => part.length)]);
  const pages = [...used.map((page) => cells[page]), ...unstable.map((page) => weak[page] as Int32Array)];
  const all = [bytesOf(header), ...parts, ...pages.map(bytesOf)];
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads a snapshot from its bytes, in any process. Throws `OtherBoard` when they are no snapshot of this version. */
export function snapshotFromBytes(bytes: Uint8Array, prepare: (module: Uint8Array) => PreparedImage): Snapshot {
  const reader = { bytes, at: 0 };
  const header = wordsOf(take(reader, headerWords * 4));
  if (header[0] !== magic || header[1] !== formatVersion)
    throw new OtherBoard('snapshot: these bytes are no snapshot, or were written by another version of the bench');
  const [arena, ram, globals, module, sequencers, multiplexer, readout, used, unstable] = Array.from(
    header.subarray(3),
    (length) => take(reader, length),
  );
  const blank = new FlashArray(() => 0).picture();
  const [cells, weak] = [[...blank.cells], [...blank.weak]];
  for (const page of wordsOf(used)) cells[page] = new Int32Array(take(reader, pageBytes).buffer);
  for (const page of wordsOf(unstable)) weak[page] = new Int32Array(take(reader, pageBytes).buffer);
  if (reader.at !== bytes.length)
    throw new OtherBoard(`snapshot: ${bytes.length - reader.at} bytes too many at its end`);
  return {
    arena,
    layout: header[2],
    flash: { cells, weak, weakPages: unstable.length / 4 },
    image: module.length === 0 ? undefined : { prepared: prepare(module), bytes: module },
    ram,
    globals: wordsOf(globals),
    sequencers: sequencers.length === 0 ? undefined : sequencers,
    multiplexer: multiplexer.length === 0 ? undefined : multiplexer,
    readout: readout.length === 0 ? undefined : readout,
  };
}

const hex = (word: number): string => word.toString(16).padStart(8, '0');

function pagesWhere<Page>(pages: readonly Page[], test: (page: Page) => boolean): number[] {
  return Array.from(pages.keys()).filter((page) => test(pages[page]));
}

function bytesOf(words: Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** A copy, so that its words are aligned at any position in the bytes. */
function take(reader: { bytes: Uint8Array; at: number }, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length)
    throw new OtherBoard(`snapshot: it ends at byte ${reader.bytes.length}, before byte ${end}`);
  const part = Uint8Array.from(reader.bytes.subarray(reader.at, end));
  reader.at = end;
  return part;
}

function refuseWhileRunning(machine: Machine, done: string): void {
  if (machine.coreRunning)
    throw new Error(`snapshot: the core is running; a snapshot is ${done} between runs, not from within an access`);
}
