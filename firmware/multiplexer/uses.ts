// Pulses that rely on cells: a sequencer that plays or acquires while one of its cells does not hold its value is flagged.
//
//   use    |----span----|tail|                  told ahead of time; spans that touch are one
//   bad              |=========|                a cell of this sequencer is late, empty, or waits for its new value
//                    ^ flagged
//
// A sequencer runs ahead of time, so a span may lie in the future: it waits here until it has passed. One that began earlier (a window of
// acquire_ttl is told when it closes) is judged by the last bad time. What must stay true: whether a sequencer is flagged does not depend on how
// a run is cut up; where there is no room for a span it is joined to the last, which can flag too much and never too little.

import {
  MUX_CELL_UNUSED,
  MUX_CELL_VALID,
  MUX_SEQUENCERS,
  MUX_USE_TAIL_NS,
  MUX_USES_MAX,
} from '../../protocol/guest/generated/constants';
import { Cell, cellAt, globals, Pulses, pulsesOf, USE_SIZE, USES } from './layout';

function useAt(sequencer: u32, place: u32): usize {
  assert(sequencer < MUX_SEQUENCERS && place < MUX_USES_MAX, 'a place that there is');
  assert(place <= pulsesOf(sequencer).uses, 'a span, or the place behind the last');
  return USES + (sequencer * MUX_USES_MAX + place) * USE_SIZE;
}

/** A sequencer plays or acquires from `from` to `to`. */
export function noteUse(sequencer: u32, from: i64, to: i64): void {
  const all = globals();
  const pulses = pulsesOf(sequencer);
  const end = to + <i64>MUX_USE_TAIL_NS;
  assert(from <= to && end >= all.now, 'a span that has not passed');
  if ((all.flagged & (1 << sequencer)) != 0) return;
  const isBadNow = pulses.bad != 0 && pulses.badSince < all.now;
  if (from < all.now && (isBadNow || pulses.badUntil > from)) {
    flag(sequencer);
    return;
  }
  const begin = max(from, all.now);
  if (pulses.uses > 0) {
    const last = useAt(sequencer, pulses.uses - 1);
    const touches = begin <= load<i64>(last, 8) && load<i64>(last) <= end;
    if (touches || pulses.uses == MUX_USES_MAX) {
      store<i64>(last, min(begin, load<i64>(last)));
      store<i64>(last, max(end, load<i64>(last, 8)), 8);
      return;
    }
  }
  assert(pulses.uses < MUX_USES_MAX, 'there is room for a span');
  store<i64>(useAt(sequencer, pulses.uses), begin);
  store<i64>(useAt(sequencer, pulses.uses), end, 8);
  pulses.uses++;
}

function flag(sequencer: u32): void {
  const bit: u32 = 1 << sequencer;
  assert((globals().relied & bit) != 0, 'a sequencer that relies on a cell');
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
  globals().flagged |= bit;
  pulsesOf(sequencer).uses = 0;
}

/** It was armed anew, or is held in reset. */
export function forgetUses(sequencer: u32): void {
  pulsesOf(sequencer).uses = 0;
  globals().flagged &= ~(1 << sequencer);
  assert(globals().flagged >> MUX_SEQUENCERS == 0, 'sequencers that there are');
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
}

/** Judges what has passed, of every sequencer; spans that are over are dropped. */
export function judgeUses(): void {
  if (globals().relied == 0) return;
  assert(globals().relied >> MUX_SEQUENCERS == 0, 'sequencers that there are');
  assert(globals().flagged >> MUX_SEQUENCERS == 0, 'sequencers that there are');
  for (let sequencer: u32 = 0; sequencer < MUX_SEQUENCERS; sequencer++) judgeSpans(sequencer, pulsesOf(sequencer));
}

function judgeSpans(sequencer: u32, pulses: Pulses): void {
  const now = globals().now;
  assert(pulses.uses <= MUX_USES_MAX, 'no more spans than there is room for');
  let kept: u32 = 0;
  for (let place: u32 = 0; place < pulses.uses; place++) {
    const span = useAt(sequencer, place);
    const end = load<i64>(span, 8);
    if (pulses.bad != 0 && load<i64>(span) < now && end > pulses.badSince && pulses.badSince < now) {
      flag(sequencer);
      return;
    }
    if (end <= now) continue;
    if (kept != place) memory.copy(useAt(sequencer, kept), span, USE_SIZE);
    kept++;
  }
  assert(kept <= pulses.uses, 'no span was added');
  pulses.uses = kept;
}

/** Call when a cell may have come to hold its value, or no longer does. */
export function judgeCell(cell: Cell): void {
  const holds = cell.state == MUX_CELL_UNUSED || (cell.state == MUX_CELL_VALID && cell.code == cell.heldCode);
  const isBad: u32 = holds ? 0 : 1;
  if (isBad == cell.isBad) return;
  cell.isBad = isBad;
  for (let sequencer: u32 = 0; sequencer < MUX_SEQUENCERS; sequencer++) {
    if ((cell.sequencers & (1 << sequencer)) != 0) count(sequencer, isBad != 0);
  }
  assert(cell.isBad <= 1, 'it does or does not');
  assert(isBad == 0 || cell.state != MUX_CELL_UNUSED, 'nobody relies on a cell that is not used');
}

/** One more cell of a sequencer is bad, or one fewer. */
function count(sequencer: u32, isMore: bool): void {
  const pulses = pulsesOf(sequencer);
  const now = globals().now;
  assert(isMore || pulses.bad > 0, 'a bad cell was counted');
  assert(pulses.bad <= globals().cells, 'no more cells than are used');
  if (isMore) {
    if (pulses.bad == 0) pulses.badSince = now;
    pulses.bad++;
    return;
  }
  if (pulses.bad == 1) {
    judgeSpans(sequencer, pulses);
    if (pulses.badSince < now) pulses.badUntil = now;
  }
  pulses.bad--;
}

/** Pulses of these sequencers rely on a cell. */
export function relyOn(number: u32, sequencers: u32): void {
  const cell = cellAt(number);
  assert(sequencers >> MUX_SEQUENCERS == 0, 'sequencers that there are');
  const changed = cell.sequencers ^ sequencers;
  assert(cell.isBad == 0 || number < globals().cells, 'a cell that was never used is not missed');
  for (let sequencer: u32 = 0; sequencer < MUX_SEQUENCERS; sequencer++) {
    const bit: u32 = 1 << sequencer;
    if (cell.isBad != 0 && (changed & bit) != 0) count(sequencer, (sequencers & bit) != 0);
  }
  cell.sequencers = sequencers;
  gatherRelied();
}

/** Call when cells come into use or go out of it. */
export function gatherRelied(): void {
  const all = globals();
  let relied: u32 = 0;
  for (let number: u32 = 0; number < all.cells; number++) {
    const cell = cellAt(number);
    if (cell.state != MUX_CELL_UNUSED) relied |= cell.sequencers;
  }
  assert(relied >> MUX_SEQUENCERS == 0, 'sequencers that there are');
  all.relied = relied;
}
