// drive/ alone, for its unit tests: the causes are stated by the test, the actuators are the chip's.

import { readRailsEnable } from '../../protocol/guest/generated/registers';
import { actionsInForce } from '../in-force/statement';
import { drive as driveTo, runRails as runRailsTo } from './drive';
import { MOMENTS_SIZE } from './moments';
import { railsUp as railsUpAmong } from './rails';

export { clippingSignals, latchHealth, stateShed } from '../in-force/statement';
export { noteRailTrips } from '../sense/comparators';
export { runThermometry, startThermometry } from '../sense/thermometry';
export { runGain } from './gain';
export {
  heaterRequestedMicrowatts,
  holdPlate,
  plateSetpointMicrokelvin,
  requestHeater,
  runHeaters,
} from './heaters';
export { snrOf } from './moments';
export { startRails } from './rails';

export function drive(): void {
  driveTo(actionsInForce());
}

export function runRails(): void {
  runRailsTo(actionsInForce());
}

export function railsUp(actions: u32): bool {
  return railsUpAmong(actions, readRailsEnable());
}

/** Room for two readings of the statistics of a channel, both states each. */
const readings = memory.data(<i32>(4 * MOMENTS_SIZE), 8);

export function placeOfReadings(): usize {
  return readings;
}
