// The sequencers as the management core uses them: released at the first need, so that a device that plays no pulses pays nothing for them.

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
  SEQUENCER_SELECT_INDEX_SHIFT,
  SEQUENCER_SELECT_ITEM_SHIFT,
  SEQUENCER_STATUS_DEADLOCK,
  writeSequencerControl,
  writeSequencerSelect,
  writeSequencerStatus,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';

export const SEQUENCER_COUNT: u32 = 6;
const BYTE: u32 = 0xff;

export function sequencersReleased(): bool {
  return (readSequencerControl() & SEQUENCER_CONTROL_RELEASE) != 0;
}

export function releaseSequencers(): void {
  if (!sequencersReleased()) writeSequencerControl(SEQUENCER_CONTROL_RELEASE);
}

/** Selects a setting or figure of a sequencer. */
export function selectItem(sequencer: u32, item: u32, index: u32): void {
  const selection = sequencer | (item << SEQUENCER_SELECT_ITEM_SHIFT) | (index << SEQUENCER_SELECT_INDEX_SHIFT);
  writeSequencerSelect(selection);
}

export function sequencerFigure(sequencer: u32, figure: u32): u32 {
  selectItem(sequencer, figure, 0);
  return readSequencerFigure();
}

/** The interrupt line: notes what has stopped. */
export function serviceSequencers(): void {
  const status = readSequencerStatus();
  writeSequencerStatus(status);
  for (let sequencer: u32 = 0; sequencer < SEQUENCER_COUNT; sequencer++) {
    if ((status & (1 << sequencer)) == 0) continue;
    recordEvent(EVENT_SEQUENCER_STOPPED, sequencer, sequencerFigure(sequencer, SEQUENCER_FIGURE_FLAGS));
  }
  if ((status & SEQUENCER_STATUS_DEADLOCK) == 0) return;
  const waiting = sequencerFigure(0, SEQUENCER_FIGURE_WAITING);
  recordEvent(EVENT_SEQUENCER_DEADLOCK, waiting & BYTE, (waiting >> 8) & BYTE);
}
