// Bins: one pool, given out from its start to the acquisitions of one core after another.
//
// A core that is loaded anew gives its bins back, and what the others have moves down: tables and sums together. What must stay
// true: the bins in use are one piece from the start of the pool, in the order of the cores.

import { ACQUISITIONS, ROW_SIZE } from './core';
import { BIN_SIZE, BINS, BINS_MAX, BINS_OF_CORE_MAX, BINS_USED, CORE_COUNT, coreAt } from './layout';

const ACQUISITIONS_MAX: u32 = 32;

function row(index: u32, acquisition: u32): usize {
  assert(acquisition < ACQUISITIONS_MAX, 'an acquisition that has a row');
  return coreAt(index) + ACQUISITIONS + acquisition * ROW_SIZE;
}

function binsOf(index: u32): u32 {
  let bins: u32 = 0;
  const first = load<u32>(row(index, 0));
  for (let acquisition: u32 = 0; acquisition < ACQUISITIONS_MAX; acquisition++) {
    const place = row(index, acquisition);
    assert(load<u32>(place) == first + bins, 'the bins of a core are one piece, in the order of its acquisitions');
    bins += load<u32>(place, 4);
  }
  assert(bins <= BINS_OF_CORE_MAX && bins <= load<u32>(BINS_USED), 'a core has no more bins than were given out');
  return bins;
}

/** Gives a core bins for `count` acquisitions, whose numbers of bins stand at `wanted`; false when there are not enough. */
export function takeBins(index: u32, wanted: usize, count: u32): bool {
  assert(count <= ACQUISITIONS_MAX, 'a number of acquisitions that was judged');
  const own = binsOf(index);
  let total: u64 = 0;
  for (let acquisition: u32 = 0; acquisition < count; acquisition++) total += load<u32>(wanted + (acquisition << 2));
  assert(own <= load<u32>(BINS_USED), 'the bins of a core are some of those in use');
  const others = load<u32>(BINS_USED) - own;
  if (total > <u64>BINS_OF_CORE_MAX || total > <u64>(BINS_MAX - others)) return false;
  const needed = <u32>total;
  const first = binsBefore(index);
  if (needed != own) moveBehind(index, first + own, first + needed);
  let next = first;
  for (let acquisition: u32 = 0; acquisition < ACQUISITIONS_MAX; acquisition++) {
    const bins: u32 = acquisition < count ? load<u32>(wanted + (acquisition << 2)) : 0;
    store<u32>(row(index, acquisition), next);
    store<u32>(row(index, acquisition), bins, 4);
    next += bins;
  }
  assert(next == first + needed, 'the bins of a core are one piece');
  assert(others + needed <= BINS_MAX, 'no more is given out than there is');
  store<u32>(BINS_USED, others + needed);
  assert(binsOf(index) == needed, 'a core has what it was given');
  clearBins(index);
  return true;
}

/** Empties the bins of a core. */
export function clearBins(index: u32): void {
  const first = binsBefore(index);
  const bins = binsOf(index);
  assert(first + bins <= load<u32>(BINS_USED), 'bins that are given out');
  assert(bins == 0 || load<u32>(row(index, 0)) == first, 'bins stand in the order of the cores');
  memory.fill(BINS + first * BIN_SIZE, 0, bins * BIN_SIZE);
}

function binsBefore(index: u32): u32 {
  assert(index < CORE_COUNT, 'a core that there is');
  let bins: u32 = 0;
  for (let other: u32 = 0; other < index; other++) bins += binsOf(other);
  assert(bins <= load<u32>(BINS_USED), 'bins that are given out');
  return bins;
}

/** Moves what the cores behind this one have from bin `from` on to bin `to`. */
function moveBehind(index: u32, from: u32, to: u32): void {
  assert(from <= load<u32>(BINS_USED), 'what is moved begins among the bins in use');
  assert(from != to, 'something moves');
  const length = load<u32>(BINS_USED) - from;
  assert(to + length <= BINS_MAX, 'what is moved stays in the pool');
  memory.copy(BINS + to * BIN_SIZE, BINS + from * BIN_SIZE, length * BIN_SIZE);
  for (let other = index + 1; other < CORE_COUNT; other++) {
    for (let acquisition: u32 = 0; acquisition < ACQUISITIONS_MAX; acquisition++) {
      const place = row(other, acquisition);
      store<u32>(place, load<u32>(place) + to - from);
    }
  }
}
