// The owner of the readout (READOUT): the one file that writes its registers.
//
//   others: releaseReadout, setReadout, commandReadout ──> here ──> READOUT ──> readoutFigure, copyScope: others
//
// It is released when it is first needed, so that a device that reads no qubit spends nothing on it. What must stay true: no other file writes these
// registers; the readout itself checks settings and commands, so no check is repeated here.

import { copyFromBus } from '../../protocol/guest/dma';
import {
  READOUT_CHANNELS,
  READOUT_COMMAND_CAPTURE_LINE,
  READOUT_COMMAND_CLEAR_STATISTICS,
  READOUT_COMMAND_TAKE_PEAK,
  READOUT_FIGURE_SCOPE_COUNT,
  READOUT_LINES,
  READOUT_SETTING_PHASE,
  READOUT_TONES,
} from '../../protocol/guest/generated/constants';
import {
  READOUT_COMMAND_LINE_SHIFT,
  READOUT_CONTROL_RELEASE,
  READOUT_SCOPE_DATA,
  READOUT_SCOPE_DATA_COUNT,
  READOUT_SCOPE_OFFSET_OFFSET,
  READOUT_SELECT_INDEX,
  READOUT_SELECT_INDEX_SHIFT,
  READOUT_SELECT_ITEM,
  readReadoutControl,
  readReadoutFigure,
  readReadoutResult,
  writeReadoutCommand,
  writeReadoutControl,
  writeReadoutScopeOffset,
  writeReadoutSelect,
  writeReadoutValue,
} from '../../protocol/guest/generated/registers';

/** How often something was set that the statistics of a channel do not outlive. */
const epochs = memory.data(<i32>(READOUT_CHANNELS * 4), 4);

const INDEX_MOST: u32 = READOUT_SELECT_INDEX >> READOUT_SELECT_INDEX_SHIFT;

export function readoutReleased(): bool {
  assert(popcnt(READOUT_CONTROL_RELEASE) == 1, 'one bit says so');
  return (readReadoutControl() & READOUT_CONTROL_RELEASE) != 0;
}

export function releaseReadout(): void {
  if (readoutReleased()) return;
  writeReadoutControl(READOUT_CONTROL_RELEASE);
  beginEpoch(0, READOUT_CHANNELS);
  assert(readoutReleased(), 'what was released runs until the reset');
}

/** Sets READOUT_SETTING_*; `index`: its channel or line, 0 where it is of all. False when the readout refuses it. */
export function setReadout(setting: u32, index: u32, value: u32): bool {
  if (setting > READOUT_SELECT_ITEM || index > INDEX_MOST) return false;
  releaseReadout();
  assert(readoutReleased(), 'settings are kept once it is released');
  select(setting, index);
  writeReadoutValue(value);
  if (readReadoutResult() != 0) return false;
  if (setting <= READOUT_SETTING_PHASE) beginEpoch(index, 1);
  return true;
}

function beginEpoch(first: u32, count: u32): void {
  assert(count != 0 && first + count <= READOUT_CHANNELS, 'channels that there are');
  assert(READOUT_LINES * READOUT_TONES == READOUT_CHANNELS, 'a channel is line * 8 + tone');
  for (let channel = first; channel < first + count; channel++)
    store<u32>(epochs + (channel << 2), statisticsEpoch(channel) + 1);
}

/** Another number whenever the statistics of a channel may have begun anew, or are of another tone. */
export function statisticsEpoch(channel: u32): u32 {
  assert(channel < READOUT_CHANNELS, 'a channel that there is');
  assert((epochs & 3) == 0, 'a word stands where a word may stand');
  return load<u32>(epochs + (channel << 2));
}

/** Executes READOUT_COMMAND_*; it is done on return. False when there is no such command or line. */
export function commandReadout(command: u32, line: u32): bool {
  if (command < READOUT_COMMAND_CAPTURE_LINE || command > READOUT_COMMAND_TAKE_PEAK || line >= READOUT_LINES)
    return false;
  releaseReadout();
  assert(readoutReleased(), 'it executes commands once it is released');
  assert(READOUT_COMMAND_CAPTURE_LINE == 1, 'no command is zero');
  writeReadoutCommand(command | (line << READOUT_COMMAND_LINE_SHIFT));
  if (command == READOUT_COMMAND_CLEAR_STATISTICS) beginEpoch(line * READOUT_TONES, READOUT_TONES);
  return true;
}

/** READOUT_FIGURE_* of a channel or line; 0 where there is no such figure. */
export function readoutFigure(which: u32, index: u32): u32 {
  assert(readoutReleased(), 'there are figures once it is released');
  assert(which <= READOUT_SELECT_ITEM && index <= INDEX_MOST, 'a number that its field holds');
  select(which, index);
  return readReadoutFigure();
}

/** Copies `samples` of what was captured, from `offset` on, no more than the window shows: i16 I, i16 Q each. */
export function copyScope(offset: u32, target: usize, samples: u32): void {
  assert(offset <= READOUT_SCOPE_OFFSET_OFFSET && samples <= READOUT_SCOPE_DATA_COUNT, 'what the window shows');
  assert(offset + samples <= readoutFigure(READOUT_FIGURE_SCOPE_COUNT, 0), 'samples that were captured');
  writeReadoutScopeOffset(offset);
  copyFromBus(target, READOUT_SCOPE_DATA, samples << 2);
}

function select(item: u32, index: u32): void {
  assert(item <= READOUT_SELECT_ITEM && index <= INDEX_MOST, 'a number that its field holds');
  writeReadoutSelect(item | (index << READOUT_SELECT_INDEX_SHIFT));
}
