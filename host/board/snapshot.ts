// A whole board as data: the arena, the core's RAM and globals, the module it runs, and references to flash pages.
//
// Taken when the guest's stack is empty, so RAM and globals are all there is of the core. What must stay true: restoring a
// snapshot and going on is the same run, to the last bit of the log hash, as never having left it.

import type { FlashPicture } from './flash-array.ts';
import type { LoadedImage } from './image-loader.ts';
import type { Machine } from './machine.ts';
import type { Processor } from './processor.ts';

export interface Snapshot {
  readonly arena: Uint8Array;
  flash: FlashPicture;
  /** The module in the core; none while power is off or the board is halted. */
  image: LoadedImage | undefined;
  ram: Uint8Array;
  globals: Uint32Array;
}

/** Copies the state out; into `reuse`, a snapshot nobody needs any more, when there is one. */
export function capture(machine: Machine, processor: Processor, reuse?: Snapshot): Snapshot {
  refuseWhileRunning(machine, 'taken');
  const { core, loaded } = processor;
  const snapshot = reuse ?? {
    arena: new Uint8Array(machine.arena.size),
    flash: machine.flash.picture(),
    image: undefined,
    ram: new Uint8Array(0),
    globals: new Uint32Array(0),
  };
  if (reuse) reuse.flash = machine.flash.picture();
  machine.arena.copyTo(snapshot.arena);
  snapshot.image = loaded;
  if (!core) return snapshot;
  if (snapshot.ram.length !== core.memory.length) snapshot.ram = new Uint8Array(core.memory.length);
  if (snapshot.globals.length !== core.image.globalWords) snapshot.globals = new Uint32Array(core.image.globalWords);
  snapshot.ram.set(core.memory);
  core.saveGlobals(snapshot.globals);
  return snapshot;
}

/** Puts a state in place; the snapshot stays good for any number of restores, on any board. */
export function restore(machine: Machine, processor: Processor, snapshot: Snapshot): void {
  refuseWhileRunning(machine, 'restored');
  machine.arena.copyFrom(snapshot.arena);
  machine.flash.show(snapshot.flash);
  if (!snapshot.image) {
    processor.unload();
    return;
  }
  const core = processor.socket(snapshot.image);
  core.restoreGlobals(snapshot.globals);
  core.memory.set(snapshot.ram);
}

function refuseWhileRunning(machine: Machine, done: string): void {
  if (machine.coreRunning)
    throw new Error(`snapshot: the core is running; a snapshot is ${done} between runs, not from within an access`);
}
