// The sequencers as the management core uses them: released when they are first needed, so that a device that plays no pulses spends nothing on them.
//
// What must stay true: a figure is asked of sequencers that are released, and of one that there is.

import {
  EVENT_SEQUENCER_DEADLOCK,
  EVENT_SEQUENCER_STOPPED,
  SEQUENCER_FIGURE_FLAGS,
  SEQUENCER_FIGURE_WAITING,
} from '../../protocol/guest/generated/constants';
import {
  readSequencerControl,
  readSequencerFigure,
  readSequencerStatus,
  SEQUENCER_CONTROL_RELEASE,
  SEQUENCER_SELECT_INDEX,
  SEQUENCER_SELECT_INDEX_SHIFT,
  SEQUENCER_SELECT_ITEM,
  SEQUENCER_SELECT_ITEM_SHIFT,
  SEQUENCER_STATUS_DEADLOCK,
  SEQUENCER_STATUS_STOPPED,
  writeSequencerSelect,
  writeSequencerStatus,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';

export const SEQUENCER_COUNT: u32 = 6;
const BYTE: u32 = 0xff;

export function sequencersReleased(): bool {
  const control = readSequencerControl();
  assert((control & ~SEQUENCER_CONTROL_RELEASE) == 0, 'the register has this one bit');
  return (control & SEQUENCER_CONTROL_RELEASE) != 0;
}

/** Selects a setting or figure of a sequencer. */
export function selectItem(sequencer: u32, item: u32, index: u32): void {
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  assert(item <= SEQUENCER_SELECT_ITEM >> SEQUENCER_SELECT_ITEM_SHIFT, 'an item that its field holds');
  assert(index <= SEQUENCER_SELECT_INDEX >> SEQUENCER_SELECT_INDEX_SHIFT, 'an index that its field holds');
  const selection = sequencer | (item << SEQUENCER_SELECT_ITEM_SHIFT) | (index << SEQUENCER_SELECT_INDEX_SHIFT);
  writeSequencerSelect(selection);
}

export function sequencerFigure(sequencer: u32, figure: u32): u32 {
  assert(sequencersReleased(), 'sequencers have figures once they are released');
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  selectItem(sequencer, figure, 0);
  return readSequencerFigure();
}

/** Call on the interrupt line: records which sequencers have stopped, and what they wait for when none can go on. */
export function serviceSequencers(): void {
  const status = readSequencerStatus();
  assert(SEQUENCER_STATUS_STOPPED == (1 << SEQUENCER_COUNT) - 1, 'a bit for each sequencer');
  assert((status & ~(SEQUENCER_STATUS_STOPPED | SEQUENCER_STATUS_DEADLOCK)) == 0, 'the register has these bits');
  writeSequencerStatus(status);
  for (let sequencer: u32 = 0; sequencer < SEQUENCER_COUNT; sequencer++) {
    if ((status & (1 << sequencer)) == 0) continue;
    recordEvent(EVENT_SEQUENCER_STOPPED, sequencer, sequencerFigure(sequencer, SEQUENCER_FIGURE_FLAGS));
  }
  if ((status & SEQUENCER_STATUS_DEADLOCK) == 0) return;
  const waiting = sequencerFigure(0, SEQUENCER_FIGURE_WAITING);
  assert((waiting & (waiting >> 8) & BYTE) == 0, 'a sequencer waits, or is waited for');
  recordEvent(EVENT_SEQUENCER_DEADLOCK, waiting & BYTE, (waiting >> 8) & BYTE);
}
