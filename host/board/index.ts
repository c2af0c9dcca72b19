// `coldrig/board`: the emulated controller alone. It boots the bytes in its flash, and its time is virtual; a snapshot is its whole state.
//
// What must stay true: everything here is documented at its definition and keeps its meaning from version to version.

export type { PeripheralEntry } from '../../protocol/generated/registers.ts';
export * as registers from '../../protocol/generated/registers.ts';
export { MemoryMap } from '../../protocol/memory-map.ts';
export { EventKind } from '../../protocol/telemetry/events.ts';
export { Board } from './board.ts';
export type { BoardOptions } from './board-options.ts';
export type { BoardMode } from './board-state.ts';
export { checkImage, ImageRefused, type RefusalCode } from './cpu/cpu.ts';
export type { RecordedEvent } from './devices/recorder.ts';
export type { FaultRecord } from './devices/reset.ts';
export type { Provision, ProvisionedKey } from './factory.ts';
export { LogKind, type LogRecord } from './log.ts';
export type { Snapshot } from './snapshot.ts';
export type { Disturbance, Surroundings } from './surroundings.ts';
export { BoardView } from './view.ts';
