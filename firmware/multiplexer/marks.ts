// Markers of the sequencers: the edges that are announced, the pulse windows that they give, and the values that they store.
//
//   EDGES  {time i64, sequencer u32, levels of its four markers u32} each, in the order of time; at one time the lower sequencer first
//
// A sequencer runs ahead of time, so an edge may be announced before its time. It is applied at its time. An edge says the levels of all
// markers of its sequencer, so one that was lost because the list was full (EDGES_LOST) is made good by the next. What must stay true: no edge
// lies in the past; the order of the list does not depend on the order in which the edges were announced.

import { MUX_EDGES_MAX, MUX_MARKERS, MUX_SEQUENCERS } from '../../protocol/guest/generated/constants';
import { EDGE_SIZE, EDGES, globals, NEVER } from './layout';
import { storeNext } from './values';

const LEVELS: u32 = (1 << MUX_MARKERS) - 1;
const MARKERS_ALL: u32 = (1 << (MUX_MARKERS * MUX_SEQUENCERS)) - 1;
const SEQUENCER_AT: usize = 8;
const LEVELS_AT: usize = 12;

function edgeAt(place: u32): usize {
  assert(place <= globals().edges && place < MUX_EDGES_MAX, 'a place in the list');
  assert(globals().edges <= MUX_EDGES_MAX, 'no more edges than there is room for');
  return EDGES + <usize>place * EDGE_SIZE;
}

/** Where the markers of a sequencer stand in a word of all markers. */
function shiftOf(sequencer: u32): u32 {
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
  return sequencer * MUX_MARKERS;
}

function withLevels(markers: u32, sequencer: u32, levels: u32): u32 {
  assert(levels <= LEVELS, 'a level for each marker');
  assert((markers & ~MARKERS_ALL) == 0, 'markers that there are');
  const shift = shiftOf(sequencer);
  return (markers & ~(LEVELS << shift)) | (levels << shift);
}

/** Markers whose edges must be announced. */
export function wantedMarkers(): u32 {
  const all = globals();
  assert(((all.windowMarkers | all.valueMarkers) & ~MARKERS_ALL) == 0, 'markers that there are');
  return all.windowMarkers | all.valueMarkers;
}

/** When the next edge is; NEVER: none is announced. */
export function nextEdge(): i64 {
  const all = globals();
  assert(all.edges <= MUX_EDGES_MAX, 'no more edges than there is room for');
  assert(all.edges == 0 || load<i64>(EDGES) >= all.now, 'no edge lies in the past');
  return all.edges == 0 ? NEVER : load<i64>(EDGES);
}

/** The markers of a sequencer are at these levels from a time on. Its edges are announced in the order of time. */
export function announce(sequencer: u32, levels: u32, time: i64): void {
  const all = globals();
  assert(time >= all.now && time < NEVER, 'an edge does not lie in the past');
  const announced = withLevels(all.announced, sequencer, levels);
  if (((announced ^ all.announced) & wantedMarkers()) == 0) return;
  if (all.edges == MUX_EDGES_MAX) {
    all.edgesLost++;
    return;
  }
  let place = all.edges;
  while (place > 0 && isBehind(edgeAt(place - 1), time, sequencer)) place--;
  const edge = edgeAt(place);
  memory.copy(edge + EDGE_SIZE, edge, <usize>(all.edges - place) * EDGE_SIZE);
  store<i64>(edge, time);
  store<u32>(edge, sequencer, SEQUENCER_AT);
  store<u32>(edge, levels, LEVELS_AT);
  all.edges++;
  all.announced = announced;
  assert(place == 0 || load<i64>(edgeAt(place - 1)) <= time, 'the list is in the order of time');
}

function isBehind(edge: usize, time: i64, sequencer: u32): bool {
  const other = load<i64>(edge);
  assert(time >= globals().now, 'an edge does not lie in the past');
  assert(other >= globals().now, 'no edge lies in the past');
  return other > time || (other == time && load<u32>(edge, SEQUENCER_AT) > sequencer);
}

/** What was announced of a sequencer for a time and later will not come. */
export function forgetFrom(sequencer: u32, time: i64): void {
  const all = globals();
  assert(time >= all.now, 'what lies in the past is applied');
  const shift = shiftOf(sequencer);
  let levels = (all.levels >> shift) & LEVELS;
  let kept: u32 = 0;
  for (let place: u32 = 0; place < all.edges; place++) {
    const edge = edgeAt(place);
    const isOwn = load<u32>(edge, SEQUENCER_AT) == sequencer;
    if (isOwn && load<i64>(edge) >= time) continue;
    if (isOwn) levels = load<u32>(edge, LEVELS_AT);
    if (kept != place) memory.copy(edgeAt(kept), edge, EDGE_SIZE);
    kept++;
  }
  all.edges = kept;
  all.announced = withLevels(all.announced, sequencer, levels);
  assert(all.edges <= MUX_EDGES_MAX, 'some of the edges are left');
}

/** The first edge is due now. */
export function applyEdge(): void {
  const all = globals();
  assert(all.edges > 0 && load<i64>(EDGES) == all.now, 'an edge is applied at its time');
  const levels = withLevels(all.levels, load<u32>(EDGES, SEQUENCER_AT), load<u32>(EDGES, LEVELS_AT));
  all.edges--;
  memory.copy(EDGES, EDGES + EDGE_SIZE, <usize>all.edges * EDGE_SIZE);
  const rising = levels & ~all.levels & all.valueMarkers;
  all.levels = levels;
  openOrClose();
  if (rising != 0) storeNext(rising);
  assert(nextEdge() >= all.now, 'the next edge is not in the past');
}

/** Which markers give pulse windows from now on; false when one of them does not exist. */
export function setWindowMarkers(markers: u32): bool {
  if ((markers & ~MARKERS_ALL) != 0) return false;
  globals().windowMarkers = markers;
  openOrClose();
  assert(globals().windowMarkers == markers, 'what is set is known');
  assert(globals().quiet == ((globals().levels & markers) != 0 ? 1 : 0), 'a window is open while one of them is high');
  return true;
}

function openOrClose(): void {
  const all = globals();
  assert((all.levels & ~MARKERS_ALL) == 0, 'markers that there are');
  const quiet: u32 = (all.levels & all.windowMarkers) != 0 ? 1 : 0;
  if (quiet == all.quiet) return;
  all.quiet = quiet;
  if (quiet == 0) {
    all.quietTo = all.now;
    return;
  }
  all.quietFrom = all.now;
  all.quietTo = NEVER;
  all.windows++;
  assert(all.quietFrom < all.quietTo, 'an open window has no end yet');
}
