// The management core's CPU: which images may run, what each instruction costs, and how images run. Code outside this
// folder imports only this file.
//
// The problem: firmware must be stopped at an exact cycle (watchdog, hangs), timed to the cycle (bus accesses), frozen and forked, and
// yet run near native speed. An interpreter is exact but slow; V8 is fast but counts no cycles. So the image is wasm, V8 compiles it, and
// before that we rewrite it so that it counts its own cycles.
//
//   bytes ──> sections ─> declarations ─> code ──> check ──────────> segments ─> meter ──> WebAssembly.Module ──> Core
//             (reader: LEB128 with bounds)         (call-graph,      (costs)     (writer)  (image: cache)         (faults)
//                                                   stack)
//
// What must stay true
//  - Any bytes give an accepted image, or ImageRefused with code, offset and function.
//  - Cycles are a property of the path taken: same image, same bus answers, same cycles, on any host and at any tier of V8. A run that
//    returns has been charged exactly what it executed, and so has a run at each bus access.
//  - The image cannot see the meter: not its counter, not its helpers, not the host's stack (bounded at load, recursion refused).
//  - Between runs, memory and mutable globals are the whole state.
//
// testing/ has a reference interpreter, and random programs that the tests run on both.

export type { Bus } from './bus.ts';
export type { CallListener } from './calls.ts';
export { type CheckedImage, checkImage, moduleBytesMax } from './check.ts';
export { type Chip, NotOnlyLooking, type Sight, type TracedRam, type Watching } from './chip.ts';
export { budgetCyclesMax, Core, type RunResult } from './core.ts';
export { blockBytesPerCycle, busAccessCycles, costTable } from './costs.ts';
export type { Block } from './counters.ts';
export type { CoreFault, FaultCause, GuestFault } from './faults.ts';
export { armGlitch, functionsIn, type Glitch, type GlitchableImage, makeGlitchable } from './glitch.ts';
export type { GlitchSite, KindOfSite } from './glitch-body.ts';
export {
  type PreparedImage,
  type PrepareOptions,
  prepareImage,
  prepareMultiplexer,
  prepareReadout,
  prepareSequencer,
} from './image.ts';
export type { SharedCalls } from './known-calls.ts';
export type { MutableGlobal } from './mutable-globals.ts';
export { ImageRefused, type RefusalCode } from './refused.ts';
export { customSection } from './sections.ts';
export { type WorstCase, worstCases } from './worst-case.ts';
