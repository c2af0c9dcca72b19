// drive/ alone, for its unit tests: the causes are stated by the test, the actuators are the chip's.

import { MOMENTS_SIZE } from './moments';

export { clippingSignals, latchHealth, stateShed } from '../in-force/statement';
export { noteRailTrips } from '../sense/comparators';
export { runThermometry, startThermometry } from '../sense/thermometry';
export { drive, runRails } from './drive';
export { runGain } from './gain';
export {
  heaterRequestedMicrowatts,
  holdPlate,
  plateSetpointMicrokelvin,
  requestHeater,
  runHeaters,
} from './heaters';
export { snrOf } from './moments';
export { railsUp, startRails } from './rails';

/** Room for two readings of the statistics of a channel, both states each. */
const readings = memory.data(<i32>(4 * MOMENTS_SIZE), 8);

export function placeOfReadings(): usize {
  return readings;
}
