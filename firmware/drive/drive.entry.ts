// drive/ alone, for its unit tests: the causes are stated by the test, the actuators are the chip's.

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
export { railsUp, startRails } from './rails';
