// The management core's CPU: what may run, what it costs, and how it runs. This file is the folder's door; nothing outside
// imports another one.
//
// The problem: firmware must be stopped at an exact cycle (watchdog, hangs), timed to the cycle (bus accesses), frozen and forked, and
// yet run near native speed. An interpreter is exact and slow; V8 is fast and tells nothing. So the image is wasm, V8 compiles it, and
// before that we rewrite it to count for itself.
//
//   bytes ──> sections ─> declarations ─> code ──> check ──────────> segments ─> meter ──> WebAssembly.Module ──> Core
//             (reader: LEB128 with bounds)         (call-graph,      (costs)     (writer)  (image: cache)         (faults)
//                                                   stack)
//
// What must stay true
//  - Any bytes at all end in an accepted image or in ImageRefused with code, offset and function.
//  - Cycles are a property of the path taken: same image, same bus answers, same cycles, on any host and at any tier of V8. A run that
//    returns has been charged exactly what it executed, and so has a run at each bus access.
//  - The image cannot see the meter: not its counter, not its helpers, not the host's stack (bounded at load, recursion refused).
//  - Between runs, memory and mutable globals are the whole state.
//
// testing/ has what proves it: a reference interpreter, and random programs to run on both.

export { type CheckedImage, checkImage, moduleBytesMax } from './check.ts';
export { type Bus, budgetCyclesMax, Core, type RunResult } from './core.ts';
export { blockBytesPerCycle, busAccessCycles, costTable } from './costs.ts';
export type { Block } from './counters.ts';
export type { CoreFault, FaultCause, GuestFault } from './faults.ts';
export { armGlitch, type Glitch, type GlitchableImage, makeGlitchable } from './glitch.ts';
export type { GlitchSite } from './glitch-body.ts';
export {
  type PreparedImage,
  type PrepareOptions,
  prepareImage,
  prepareMultiplexer,
  prepareSequencer,
} from './image.ts';
export type { MutableGlobal } from './mutable-globals.ts';
export { ImageRefused, type RefusalCode } from './refused.ts';
export { customSection } from './sections.ts';
