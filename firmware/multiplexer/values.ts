// Values that a sequencer stores: a few are prepared for a cell, and each rising edge of its marker sets the next of them; after the last comes
// the first.
//
// What must stay true: a value that is set by an edge is judged as one that is written over SMP (write.ts). One that is refused is counted and
// reported, and flags the sequencers that rely on the cell; the edge after it sets the value after it, so a program and its values stay in step.

import {
  MUX_CODE_MAX,
  MUX_NO_MARKER,
  MUX_SETTING_VALUE,
  MUX_SETTING_VALUE_COUNT,
  MUX_SETTING_VALUE_MARKER,
  MUX_TABLE_CELLS_MAX,
  MUX_VALUES_MAX,
  MUX_WRITE_TAKEN,
} from '../../protocol/guest/generated/constants';
import { cellAt, globals, STAGING, VALUES } from './layout';
import { writeCell } from './write';

function valueAt(number: u32, place: u32): usize {
  assert(number < MUX_TABLE_CELLS_MAX && place < MUX_VALUES_MAX, 'a place that there is');
  const at = VALUES + ((number * MUX_VALUES_MAX + place) << 1);
  assert(at < STAGING, 'values end before the staging area');
  return at;
}

/** False when there is no such setting, or its value is out of range. */
export function prepareValues(number: u32, setting: u32, value: u32): bool {
  const cell = cellAt(number);
  switch (setting) {
    case MUX_SETTING_VALUE_MARKER:
      if (value > MUX_NO_MARKER) return false;
      cell.valueMarker = value == MUX_NO_MARKER ? 0 : value + 1;
      break;
    case MUX_SETTING_VALUE_COUNT:
      if (value > MUX_VALUES_MAX) return false;
      cell.values = value;
      cell.nextValue = 0;
      break;
    case MUX_SETTING_VALUE:
      if (value >> 16 >= MUX_VALUES_MAX || (value & 0xffff) > MUX_CODE_MAX) return false;
      store<u16>(valueAt(number, value >> 16), <u16>value);
      return true;
    default:
      return false;
  }
  gatherMarkers();
  assert(cell.values <= MUX_VALUES_MAX && cell.valueMarker <= MUX_NO_MARKER, 'what was judged');
  assert(cell.nextValue <= cell.values, 'the next is one of them');
  return true;
}

function gatherMarkers(): void {
  const all = globals();
  let markers: u32 = 0;
  for (let number: u32 = 0; number < all.cells; number++) {
    const cell = cellAt(number);
    if (cell.values != 0 && cell.valueMarker != 0) markers |= 1 << (cell.valueMarker - 1);
  }
  assert(markers >> MUX_NO_MARKER == 0, 'markers that there are');
  assert(all.cells <= MUX_TABLE_CELLS_MAX, 'cells of the board');
  all.valueMarkers = markers;
}

/** These markers have risen now: every cell that goes by one of them gets its next value. */
export function storeNext(markers: u32): void {
  const all = globals();
  assert(markers != 0 && (markers & ~all.valueMarkers) == 0, 'markers that a cell goes by');
  for (let number: u32 = 0; number < all.cells; number++) {
    const cell = cellAt(number);
    if (cell.values == 0 || cell.valueMarker == 0 || (markers & (1 << (cell.valueMarker - 1))) == 0) continue;
    assert(cell.nextValue < cell.values, 'the next of the prepared values');
    const code = <u32>load<u16>(valueAt(number, cell.nextValue));
    cell.nextValue = cell.nextValue + 1 == cell.values ? 0 : cell.nextValue + 1;
    if (writeCell(number, code, all.now) == MUX_WRITE_TAKEN) {
      all.valuesStored++;
      continue;
    }
    all.valuesRefused++;
    all.valuesCell = number;
    all.flagged |= cell.sequencers;
  }
}
