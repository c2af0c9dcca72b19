// A window: opened, fed with samples piece by piece, complete when as many have come as it is long.
//
//   open ──> feed: block of samples ──pack──> each tone: integrate, correct, turn, add ──> ... ──> sums of each tone, statistics
//
// What must stay true: how a window is cut into pieces changes nothing, as long as every piece but the last is whole blocks; a tone's result does not depend
// on which other tones are integrated with it.

import { phaseAfter, phaseSum, TURN } from '../../protocol/guest/angle';
import {
  READOUT_BLOCK,
  READOUT_CHANNELS,
  READOUT_LINES,
  READOUT_PIECE,
  READOUT_STATE_UNKNOWN,
  READOUT_TONES,
  READOUT_WINDOW_MAX,
  SEQUENCER_FLAG_ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_0,
  SEQUENCER_FLAG_ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_1,
} from '../../protocol/guest/generated/constants';
import { integrateBlock } from './integrate';
import { Channel, channelAt, globals, Line, lineAt, SAMPLES } from './layout';
import { pack } from './samples';
import { addLevels } from './statistics';
import { ENTRY_SIZE, sumsOf, tableOf } from './tone';
import { addBlock, GUARD_BITS } from './turn';
import { slotAt, slotSums } from './weights';

const HALF: i64 = 1 << (GUARD_BITS - 1);
const FLAG_I: u32 = SEQUENCER_FLAG_ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_0;
const FLAG_Q: u32 = SEQUENCER_FLAG_ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_1;

/** A window of a sequencer opens; `phase` is that of its oscillator, from which every tone starts. */
export function openWindow(channel: u32, phase: u32, length: u32, state: u32): void {
  assert(channel < READOUT_CHANNELS && phase < TURN, 'a channel and a phase');
  const line = channel / READOUT_TONES;
  begin(line, channel, lineAt(line).together | (1 << (channel % READOUT_TONES)), length, state);
  const first = line * READOUT_TONES;
  for (let tone: u32 = 0; tone < READOUT_TONES; tone++) {
    const each = channelAt(first + tone);
    each.start = phaseSum(phase, each.phase);
  }
}

/** Likewise, of this channel alone; weighed by the tables of two slots, the first for the sum of I, the other for that of Q. */
export function openWeighed(channel: u32, phase: u32, length: u32, state: u32, slotI: u32, slotQ: u32): void {
  assert(length <= READOUT_PIECE, 'no weight is longer than a piece');
  openWindow(channel, phase, length, state);
  const all = globals();
  all.tones = 1 << (channel % READOUT_TONES);
  all.weighed = 1;
  all.slotI = slotI;
  all.slotQ = slotQ;
  assert(slotAt(slotI) != 0 && slotAt(slotQ) != 0, 'slots that there are');
}

/** A window of all tones that go together on a line; each is at the phase that it has `time` ns after the release. */
export function openFree(line: u32, time: i64, length: u32): void {
  assert(line < READOUT_LINES && time >= 0, 'a line of the chip, and a time since the release');
  const first = line * READOUT_TONES;
  begin(line, first, lineAt(line).together, length, READOUT_STATE_UNKNOWN);
  for (let tone: u32 = 0; tone < READOUT_TONES; tone++) {
    const each = channelAt(first + tone);
    each.start = phaseSum(phaseAfter(each.frequency, time), each.phase);
  }
}

function begin(line: u32, channel: u32, tones: u32, length: u32, state: u32): void {
  const all = globals();
  assert(all.fed == all.length, 'the window before is complete');
  assert(length - 1 < READOUT_WINDOW_MAX && state <= READOUT_STATE_UNKNOWN, 'a window has a length and a state');
  assert(tones >> READOUT_TONES == 0, 'a bit for each tone');
  all.line = line;
  all.channel = channel;
  all.tones = tones;
  all.length = length;
  all.fed = 0;
  all.state = state;
  all.weighed = 0;
  all.flags = 0;
  for (let tone: u32 = 0; tone < READOUT_TONES; tone++) {
    const each = channelAt(line * READOUT_TONES + tone);
    each.sumI = 0;
    each.sumQ = 0;
  }
}

/** Takes the next `count` samples of the window. */
export function feedWindow(count: u32): void {
  const all = globals();
  assert(count - 1 < READOUT_PIECE && count <= all.length - all.fed, 'samples of the window that is open');
  assert(count % READOUT_BLOCK == 0 || all.fed + count == all.length, 'only the last piece ends within a block');
  const line = lineAt(all.line);
  let from = SAMPLES;
  for (let left = count; left != 0; ) {
    const block = min(left, READOUT_BLOCK);
    const outI = line.clippedI;
    const outQ = line.clippedQ;
    pack(line, from, block);
    if (line.clippedI != outI || outI == u32.MAX_VALUE) all.flags |= FLAG_I;
    if (line.clippedQ != outQ || outQ == u32.MAX_VALUE) all.flags |= FLAG_Q;
    if (all.weighed != 0) integrateWeighed(line, block);
    else integrateTones(line, block);
    all.fed += block;
    left -= block;
    from += block << 3;
  }
  if (all.fed == all.length) complete(line);
}

function integrateTones(line: Line, count: u32): void {
  const all = globals();
  assert(all.fed % READOUT_BLOCK == 0, 'a block begins where the one before has ended');
  for (let tones = all.tones; tones != 0; tones &= tones - 1) {
    const index = all.line * READOUT_TONES + <u32>ctz(tones);
    const channel = channelAt(index);
    const table = tableOf(index);
    integrateBlock(table, count);
    addBlock(channel, line, sumsOf(table, count), phaseNow(channel), true, true);
  }
}

function integrateWeighed(line: Line, count: u32): void {
  const all = globals();
  const channel = channelAt(all.channel);
  const phase = phaseNow(channel);
  const block = all.fed / READOUT_BLOCK;
  assert(all.fed % READOUT_BLOCK == 0, 'a block begins where the one before has ended');
  const isOne = all.slotI == all.slotQ;
  integrateBlock(slotAt(all.slotI) + all.fed * ENTRY_SIZE, count);
  addBlock(channel, line, slotSums(slotAt(all.slotI), block), phase, true, isOne);
  if (isOne) return;
  integrateBlock(slotAt(all.slotQ) + all.fed * ENTRY_SIZE, count);
  addBlock(channel, line, slotSums(slotAt(all.slotQ), block), phase, false, true);
}

/** Phase of a tone at the next sample of the window. */
function phaseNow(channel: Channel): u32 {
  return phaseSum(channel.start, phaseAfter(channel.frequency, <i64>globals().fed));
}

function complete(line: Line): void {
  const all = globals();
  assert(all.fed == all.length, 'every sample of the window was fed');
  line.windows++;
  for (let tones = all.tones; tones != 0; tones &= tones - 1) {
    const index = all.line * READOUT_TONES + <u32>ctz(tones);
    const channel = channelAt(index);
    channel.lastI = (channel.sumI + HALF) >> GUARD_BITS;
    channel.lastQ = (channel.sumQ + HALF) >> GUARD_BITS;
    const length = <i64>all.length;
    addLevels(index, all.state, channel.sumI / length, channel.sumQ / length);
  }
  all.sumI = channelAt(all.channel).lastI;
  all.sumQ = channelAt(all.channel).lastQ;
}
