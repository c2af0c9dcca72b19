// Where everything is in the memory of the multiplexer's module. It has a memory of its own, beside the management core's: 32 pages.
//
//   0x000000  tables the compiler placed
//   0x010000  GLOBALS   time, pulse window, counters
//   0x011000  LINES     eight of 64 bytes
//   0x011800  PULSES    what is known of the pulses of each sequencer, six of 32 bytes
//   0x012000  EXTRAS    cells that are served beside the table, u16 each
//   0x013000  EDGES     announced edges of markers, 16 bytes each
//   0x01b000  USES      when each sequencer plays and acquires, six of 128 of 16 bytes
//   0x020000  CELLS     1024 of 144 bytes
//   0x044000  VALUES    prepared values, 1024 of 16 of u16
//   0x050000  STAGING   a table on its way in
//   0x0e0000  TABLE     the table in force
//   0x170000  NEXT      the table that comes into force at the next good moment
//   0x200000
//
// What must stay true: all state is here, in no global, so a copy of the memory is the state.

import {
  MUX_CODE_MAX,
  MUX_EDGES_MAX,
  MUX_SEQUENCERS,
  MUX_TABLE_CELLS_MAX,
  MUX_TABLE_LINES_MAX,
  MUX_TABLE_SIZE_MAX,
  MUX_USES_MAX,
  MUX_VALUES_MAX,
} from '../../protocol/guest/generated/constants';

export const GLOBALS: usize = 0x01_0000;
export const LINES: usize = 0x01_1000;
export const LINE_SIZE: usize = 64;
export const EXTRAS: usize = 0x01_2000;
export const EDGES: usize = 0x01_3000;
export const EDGE_SIZE: usize = 16;
export const PULSES: usize = 0x01_1800;
export const PULSE_SIZE: usize = 32;
export const USES: usize = 0x01_b000;
export const USE_SIZE: usize = 16;
export const CELLS: usize = 0x02_0000;
export const CELL_SIZE: usize = 144;
export const VALUES: usize = 0x04_4000;
export const STAGING: usize = 0x05_0000;
export const STAGING_SIZE: u32 = 0x9_0000;
export const TABLE: usize = 0x0e_0000;
export const NEXT: usize = 0x17_0000;
export const MEMORY_END: usize = 0x20_0000;

/** A time that never comes; sums with it stay in an i64. */
export const NEVER: i64 = i64.MAX_VALUE >> 2;
export const NO_CELL: u32 = 0xffff;
/** A line that has served nothing yet is at no bank. */
export const NO_BANK: u32 = 0xffff_ffff;

@unmanaged
export class Globals {
  /** Time up to which everything has happened. */
  now: i64 = 0;
  /** No used cell misses its deadline before this. */
  earliestDue: i64 = 0;
  /** The last pulse window: when it began, and when it ended; NEVER while it is open. */
  quietFrom: i64 = 0;
  quietTo: i64 = 0;
  services: u64 = 0;
  switches: u64 = 0;
  /** The last service. */
  serviceTime: i64 = 0;
  serviceLine: u32 = 0;
  serviceCell: u32 = 0;
  serviceSpan: u32 = 0;
  running: u32 = 0;
  quiet: u32 = 0;
  readback: u32 = 0;
  late: u32 = 0;
  lateCell: u32 = 0;
  switchErrors: u32 = 0;
  postponed: u32 = 0;
  forced: u32 = 0;
  extraServices: u32 = 0;
  extras: u32 = 0;
  loadPlace: u32 = 0;
  loadExcess: u32 = 0;
  tables: u32 = 0;
  /** 1: TABLE holds a table that was judged by the settings of now. */
  inForce: u32 = 0;
  /** 0: no table waits; else services that are left to find a moment for it. */
  pending: u32 = 0;
  invalid: u32 = 0;
  /** Marks the cells that a look ahead has met. */
  lookAhead: u32 = 0;
  /** Cells are numbered below this. */
  cells: u32 = 0;
  /** Bytes of the table that waits, and tables that were discarded. */
  nextLength: u32 = 0;
  givenUp: u32 = 0;
  /** Services at the last attempt to change the table. */
  triedAt: u64 = 0;
  /** Markers that give pulse windows; levels of all markers now, and as they were announced last. */
  windowMarkers: u32 = 0;
  levels: u32 = 0;
  announced: u32 = 0;
  /** Edges announced, and edges that found no room. */
  edges: u32 = 0;
  edgesLost: u32 = 0;
  /** Pulse windows that have begun. */
  windows: u32 = 0;
  /** Markers of prepared values. */
  valueMarkers: u32 = 0;
  valuesStored: u32 = 0;
  valuesRefused: u32 = 0;
  valuesCell: u32 = 0;
  /** Sequencers whose pulses rely on a cell, and those of them that relied in vain; one bit each. */
  relied: u32 = 0;
  flagged: u32 = 0;
}

@unmanaged
export class Line {
  /** When the period began that `head` belongs to. */
  base: i64 = 0;
  /** When the service under way ends. */
  free: i64 = 0;
  /** The next entry of the table, counted from its first entry, and how many there are. */
  head: u32 = 0;
  entries: u32 = 0;
  /** Address of its first entry. */
  first: u32 = 0;
  bank: u32 = 0;
  /** Cells of this line that are served beside the table. */
  extras: u32 = 0;
  /** The longest time without room for one service more; 0: there is never room. */
  idleEveryNs: u32 = 0;
  /** The cell that could be served next beside the table. */
  candidate: u32 = 0;
}

/** Pulses of a sequencer that rely on cells. */
@unmanaged
export class Pulses {
  /** Cells it relies on that do not hold their value. */
  bad: u32 = 0;
  /** Spans in USES. */
  uses: u32 = 0;
  /** Since when there is such a cell; until when there was one. */
  badSince: i64 = 0;
  badUntil: i64 = 0;
}

@unmanaged
export class Cell {
  state: u32 = 0;
  toleranceMicrovolts: u32 = 0;
  settledDrift: u32 = 0;
  sequencers: u32 = 0;
  /** What it is to hold, and what its last service stored. */
  code: u32 = 0;
  heldCode: u32 = 0;
  line: u32 = 0;
  bank: u32 = 0;
  serviceNs: u32 = 0;
  late: u32 = 0;
  /** Drift left by steps, in nV/s, as of `stepTime`. */
  excessDrift: u32 = 0;
  /** Its place in EXTRAS and one; 0: it is not there. */
  extra: u32 = 0;
  /** 1: to be served once as soon as there is room, although it holds what it should. */
  hurry: u32 = 0;
  /** Its first start in the next table, in slots. */
  nextFirst: u32 = 0;
  /** Of the table being judged: its start seen last, and its largest gap so far, in slots. */
  nextLast: u32 = 0;
  nextGap: u32 = 0;
  /** Since when it is in EXTRAS. */
  since: i64 = 0;
  stepTime: i64 = 0;
  /** Start of its last service. */
  last: i64 = 0;
  /** How long it holds its value after that. */
  deadlineNs: i64 = 0;
  /** The largest gap that the table in force gives it. */
  tableGapNs: i64 = 0;
  longestGapNs: i64 = 0;
  /** Number of the look ahead that met it last. */
  lookAhead: u32 = 0;
  /** Prepared values, the next of them, and the marker and one whose edges store them; 0: none. */
  values: u32 = 0;
  nextValue: u32 = 0;
  valueMarker: u32 = 0;
  /** 1: it counts as bad in PULSES of its sequencers. */
  isBad: u32 = 0;
}

export function globals(): Globals {
  assert(offsetof<Globals>() <= LINES - GLOBALS, 'counters fit their place');
  assert((GLOBALS & 7) == 0, 'counters lie at a multiple of their size');
  return changetype<Globals>(GLOBALS);
}

export function lineAt(index: u32): Line {
  assert(index < MUX_TABLE_LINES_MAX, 'a line of the board');
  assert(offsetof<Line>() <= LINE_SIZE, 'a line fits its place');
  return changetype<Line>(LINES + index * LINE_SIZE);
}

export function cellAt(index: u32): Cell {
  assert(index < MUX_TABLE_CELLS_MAX, 'a cell of the board');
  assert(offsetof<Cell>() <= CELL_SIZE, 'a cell fits its place');
  return changetype<Cell>(CELLS + index * CELL_SIZE);
}

export function pulsesOf(sequencer: u32): Pulses {
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
  assert(offsetof<Pulses>() <= PULSE_SIZE, 'what is known of a sequencer fits its place');
  return changetype<Pulses>(PULSES + sequencer * PULSE_SIZE);
}

/** Called once, on zeroed memory. */
export function resetLayout(): void {
  assert(CELLS + MUX_TABLE_CELLS_MAX * CELL_SIZE <= VALUES, 'the cells end before their values');
  assert(EDGES + MUX_EDGES_MAX * EDGE_SIZE <= CELLS, 'edges end before the cells');
  assert(USES + MUX_SEQUENCERS * MUX_USES_MAX * USE_SIZE <= CELLS, 'spans end before the cells');
  assert(LINES + MUX_TABLE_LINES_MAX * LINE_SIZE <= PULSES, 'lines end before the pulses');
  assert(VALUES + MUX_TABLE_CELLS_MAX * MUX_VALUES_MAX * 2 <= STAGING, 'values end before the staging area');
  assert(MUX_TABLE_SIZE_MAX <= STAGING_SIZE && MUX_CODE_MAX <= 0xffff, 'the largest table fits its place');
  const all = globals();
  all.earliestDue = NEVER;
  all.quietTo = 0;
  all.lateCell = NO_CELL;
  all.valuesCell = NO_CELL;
  all.serviceCell = NO_CELL;
  for (let index: u32 = 0; index < MUX_TABLE_LINES_MAX; index++) lineAt(index).bank = NO_BANK;
}
