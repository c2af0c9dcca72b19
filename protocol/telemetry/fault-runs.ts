// Fault runs: which alerts each of them raises, and no others. The table in docs/objectives.md, and what a test compares with real runs.
//
// Each run is a cryostat with five devices. What happens in it is in hil/test/telemetry/stories.ts, by the name of the run. Burns are those of short runs: minutes, of
// which most are bad, burn all windows at once.

import { alerts, burnAlertName, reviewAlertName } from './alerts.ts';
import { countedObjectives, objectiveOf } from './objectives.ts';

export interface FaultRun {
  name: string;
  /** Alerts of conditions, by name. */
  fires: readonly string[];
  /** Objectives that burn their budget, by name; each burn is in the review, too. */
  burns: readonly string[];
}

const run = (name: string, fires: readonly string[] = [], burns: readonly string[] = []): FaultRun => ({
  name,
  fires,
  burns,
});

export const faultRuns: readonly FaultRun[] = [
  run('nothing happens'),
  run('a regulator warms the 4K plate', ['CryostatWarm'], ['stage_temperature']),
  run('a line loses 6 dB', ['SignalLineLossy'], ['attenuation']),
  run('a clock reference jitters', ['ClockDegraded'], ['clock_jitter']),
  run('the core stands still', ['DeviceReset']),
  run('a thermometer has a loose contact', ['ThermometerLost']),
  run('two thermometers part', ['CalibrationDrift'], ['calibration_drift']),
  run('a line clips', ['ConverterClips'], ['attenuation']),
  run('a rail rises by 30 %', ['RailOvercurrent'], ['power_transients']),
  run('a rail falls by 25 % for 5 s', ['PowerTransient'], ['power_transients']),
  run('the supply dips', ['PowerTransient'], ['power_transients']),
  run('a heater gives more than it was set to', ['HeaterRunaway']),
  run('the controller takes too much power', ['LoadShed', 'PowerOverBudget'], ['heat_load']),
  run('an update hangs and is rolled back', ['DeviceReset', 'UpdateReverted']),
  // A device that has just booted answers the second question.
  run(
    'an update hangs on every device, three times',
    ['DeviceReset', 'UpdateReverted'],
    ['update_success', 'command_latency'],
  ),
  run('the multiplexer is kept off', ['MultiplexerErrors'], ['multiplexer_errors']),
  run('a self-test under jitter', ['ClockDegraded', 'ConverterBitsLow'], ['clock_jitter']),
  run('a converter gets noisy', ['ConverterBitsLow'], ['effective_bits']),
  run('the amplifier of a readout line gets noisy', ['ReadoutUnreadable'], ['readout_snr']),
  // What the claim explains is not raised; the checks of the objective are counted all the same.
  run('the readout is claimed by a client', [], ['readout_snr']),
  // What asks a device without power gets no answer.
  run('a device without power', ['DeviceSilent'], ['heartbeat_uptime', 'command_success']),
  run('two devices of five are silent', ['DeviceSilent', 'HeartbeatsLost'], ['heartbeat_uptime']),
  run('the gateway stands still', ['DeviceSilent', 'HeartbeatsLost', 'TelemetryStale'], ['heartbeat_uptime']),
  run('commands are slow', [], ['command_latency']),
  run('commands get no answer', [], ['command_success']),
  run('the store is slow', [], ['ingest_latency']),
  run('the link to the store is down', ['GatewayBufferFull', 'RecordsDropped']),
  run('the drift watch doubts a figure', ['TelemetryAnomaly']),
];

/** All alerts that a run raises. */
export function alertsOf({ fires, burns }: FaultRun): string[] {
  const burning = burns.map((name) => burnAlertName(objectiveOf(name)));
  return [...fires, ...burning, ...(burning.length > 0 ? [reviewAlertName] : [])].sort();
}

/** Every alert there is, in the order of the tables. */
export const allAlertNames: readonly string[] = [
  ...alerts.map(({ name }) => name),
  ...countedObjectives.map(burnAlertName),
  reviewAlertName,
];
