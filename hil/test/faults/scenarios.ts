// One scenario a failure mode: what happens, what shows it, how soon it is noticed, what the device alone does about it, and how it ends. What the readout and
// calibrations do beside that is in mitigations.test.ts.

import type { Load } from './fault-bench.ts';

export interface Scenario {
  fault: string;
  symptom: string;
  /** Recorded when it is noticed, at most so many seconds after it begins; `argument` tells which. */
  detected: { event: string; argument?: number; withinSeconds: number };
  /** What helps: an event, or the safe state, within so many seconds of the fault's beginning. */
  mitigated: { event: string; withinSeconds: number } | { safeWithinSeconds: number };
  /** What says that it is over; undefined: an operator does. */
  recovered?: string;
  /** What the controller does meanwhile; idle when left out. */
  load?: Load;
  lengthSeconds: number;
}

/** Each fault begins five seconds into its play. */
export const onsetSeconds = 5;

export const scenarios: readonly Scenario[] = [
  {
    fault: 'thermal-rise at 4K 200mW after 5s',
    symptom: 'a regulator on the 4 K plate runs away; the plate warms by 0.35 K within seconds',
    detected: { event: 'INTERLOCK_TRIPPED', withinSeconds: 3 },
    mitigated: { safeWithinSeconds: 3 },
    lengthSeconds: 60,
  },
  {
    fault: 'signal-drop at readout-return 6dB after 5s for 20s',
    symptom: 'a connector loses 6 dB; the pilot tone shows it',
    detected: { event: 'SIGNAL_LOST', argument: 2, withinSeconds: 4 },
    mitigated: { event: 'SIGNAL_LOST', withinSeconds: 4 },
    recovered: 'SIGNAL_BACK',
    lengthSeconds: 60,
  },
  {
    fault: 'timing-jitter at primary after 5s',
    symptom: 'the reference from the rack is gone; the loop loses its lock',
    detected: { event: 'CLOCK_SWITCHED', argument: 1, withinSeconds: 0.001 },
    mitigated: { event: 'CLOCK_SWITCHED', withinSeconds: 0.001 },
    lengthSeconds: 30,
  },
  {
    fault: 'adc-saturation at control 9dB after 5s for 20s',
    symptom: 'samples clip at full scale',
    detected: { event: 'ATTENUATED', argument: 0, withinSeconds: 3 },
    mitigated: { event: 'ATTENUATED', withinSeconds: 5 },
    recovered: 'ATTENUATED',
    lengthSeconds: 60,
  },
  {
    fault: 'firmware-lock at core after 5s',
    symptom: 'the core stands still; heartbeats stop',
    detected: { event: 'RESET_WATCHDOG', withinSeconds: 1 },
    mitigated: { safeWithinSeconds: 1 },
    recovered: 'RAILS_UP',
    lengthSeconds: 30,
  },
  {
    fault: 'mechanical at MXC after 5s for 20s',
    symptom: 'a thermometer’s contact comes and goes',
    detected: { event: 'SENSOR_LOST', argument: 5, withinSeconds: 6 },
    mitigated: { event: 'SENSOR_LOST', withinSeconds: 6 },
    recovered: 'SENSOR_BACK',
    lengthSeconds: 60,
  },
  {
    fault: 'power-surge at dac 30% after 5s for 20ms',
    symptom: 'a rail rises by 30 %; its comparator switches it off at that moment',
    detected: { event: 'INTERLOCK_TRIPPED', withinSeconds: 0.001 },
    mitigated: { safeWithinSeconds: 0.001 },
    lengthSeconds: 30,
  },
  {
    fault: 'calibration-drift at 4K 20mK/min after 5s',
    symptom: 'one thermometer of the 4 K plate walks away from the other',
    detected: { event: 'SENSOR_LOST', argument: 1, withinSeconds: 120 },
    mitigated: { event: 'SENSOR_LOST', withinSeconds: 120 },
    lengthSeconds: 180,
  },
];
