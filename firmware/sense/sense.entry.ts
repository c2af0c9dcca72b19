// sense/ alone, for its unit tests.

export { clockImpaired, clockState, runClock, startClock } from './clock';
export { forgetRailTrips, noteRailTrips, railTrips, settleRailTrips } from './comparators';
export { microkelvinOf } from './convert';
export { lostSignals, runFrontend } from './frontend';
export {
  channelState,
  plateMicrokelvin,
  runThermometry,
  sensorsImpaired,
  startThermometry,
  temperatureMicrokelvin,
} from './thermometry';
