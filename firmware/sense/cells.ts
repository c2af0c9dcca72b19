// Whether the cells of the multiplexer hold what they should.

import { MUX_TABLE_CELLS_MAX } from '../../protocol/guest/generated/constants';
import { readMultiplexerInvalid } from '../../protocol/guest/generated/registers';

/** Whether a cell that somebody relies on does not hold its value, while a table is executed. */
export function areCellsInvalid(): bool {
  const invalid = readMultiplexerInvalid();
  assert(invalid <= MUX_TABLE_CELLS_MAX, 'no more cells than a table has');
  return invalid != 0;
}
