// A readout channel from its calibration to its experiment: what is measured, when it may not be relied on, and what gain control does about a line that
// clips.
//
// What must stay true: everything is read and set over SMP, as a lab does it.

import { deviceIdentity, deviceTime } from '../../host/tools/calibration/device.ts';
import { planOfChain } from '../../host/tools/calibration/plan-of-chain.ts';
import { CalibrationRecords } from '../../host/tools/calibration/session.ts';
import { SmpReadout } from '../../host/tools/calibration/smp-readout.ts';
import { graphOf, quantitiesOf, rootsOf, Station } from '../../host/tools/calibration/station.ts';
import { maintainAll } from '../../host/tools/calibration/work.ts';
import { decodeCalibration, encodeCalibration } from '../../host/tools/calibration-record.ts';
import { assembleSequence } from '../../host/tools/q1/index.ts';
import { openReadout } from '../../host/tools/readout/open-readout.ts';
import {
  clearReadout,
  readCalibration,
  readoutChannel,
  readoutState,
  selfTest,
  storeCalibration,
} from '../../host/tools/smp/readout.ts';
import {
  configureSequencer,
  sequencerBins,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../../host/tools/smp/sequencer.ts';
import { Calibration } from '../../protocol/calibration/record.ts';
import { Signal } from '../../protocol/plant/places.ts';
import { ReadoutClear } from '../../protocol/readout/module.ts';
import { event, healthy, type InsideRig, scenario, state, within } from '../index.ts';
import { refusedFor } from './refused.ts';

const CHANNEL = 0;
const READOUT_CHANNELS = Calibration.CHANNEL_COUNT;
const WINDOW_NS = 1000;
const FULL_SCALE = 32_767;
const plan = planOfChain(structuredClone(openReadout('uts')), [CHANNEL], WINDOW_NS);

/** Calibrates the channel as `coldrig calibrate` does, with its records in memory. */
async function calibrate({ client }: InsideRig): Promise<void> {
  const kept = new Map<string, string>();
  const folder = {
    names: () => [...kept.keys()],
    read: (name: string) => kept.get(name) ?? '',
    write: (name: string, text: string) => void kept.set(name, text),
    replace: (name: string, text: string) => void kept.set(name, text),
    remove: (name: string) => void kept.delete(name),
  };
  const quantities = quantitiesOf(plan);
  const graph = graphOf(quantities);
  const records = new CalibrationRecords(folder);
  const about = { identity: await deviceIdentity(client), now: () => deviceTime(client) };
  const station = new Station(quantities, plan, new SmpReadout(client), records, about);
  const { failures } = await maintainAll({ graph, plan, records, station, roots: rootsOf(graph) }, [], {});
  if (failures.length > 0) throw failures[0];
}

state(
  'calibrated-channel',
  'a readout channel was calibrated, and both states of its qubit are measured',
  { from: 'confirmed-1.0' },
  async (rig) => {
    await calibrate(rig);
    await measure(rig);
  },
);

/** Starts to measure both states of the qubit, a hundred and twenty times a second: state 0 into bin 0, state 1 into bin 1. */
async function measure({ client }: InsideRig): Promise<void> {
  const text = `
      wait 100
shot: set_mrk 0
      reset_ph
      acquire 0,0,5000
      set_mrk 8
      reset_ph
      acquire 0,1,5000
      set_mrk 0
      upd_param 4
      move 166,R0
rest: wait 50000
      loop R0,@rest
      jmp @shot`;
  const parts = { program: text, waveforms: {}, weights: {}, acquisitions: { states: { num_bins: 2, index: 0 } } };
  await uploadSequence(client, 0, assembleSequence(JSON.stringify(parts), 'measures').binary);
  const { channels } = decodeCalibration((await readCalibration(client)).payload);
  for (let other = 1; other < 6; other++) await configureSequencer(client, other, 'SYNC_ENABLE', 0);
  await configureSequencer(client, 0, 'INPUT', 1 + CHANNEL);
  await configureSequencer(client, 0, 'INTEGRATION_LENGTH', WINDOW_NS);
  await configureSequencer(client, 0, 'FREQUENCY', channels[CHANNEL].frequencyQuarterHertz >>> 0);
  await configureSequencer(client, 0, 'OFFSET', Math.round(plan.channels[0].amplitude * FULL_SCALE));
  await startSequencers(client, 1);
}

scenario(
  'a calibrated channel loses half of its drive: no experiment relies on it until its readout is good again',
  { fridge: 'uts', from: 'calibrated-channel' },
  async (rig) => {
    const { client } = rig;
    await rig.wait('4 s');
    const { snrDecibels = 0 } = await readoutChannel(client, CHANNEL);
    for (let other = 0; other < READOUT_CHANNELS; other++) await readoutChannel(client, other);
    rig.measure('SNR', snrDecibels, { unit: 'dB', atLeast: 20 });
    await refusedFor(rig, 'PLAYED', selfTest(client, 0));
    rig.fault('signal-drop at readout-send 6dB for 8s');
    const lost = await rig.until(event('READOUT_LOST', { argument: CHANNEL }), within('6 s'));
    rig.measure('noticed after', lost.s, { unit: 's', atMost: 4 });
    const { unreadable } = await readoutState(client);
    await rig.check(() => unreadable === 2 ** CHANNEL);
    await rig.until(event('READOUT_BACK', { argument: CHANNEL }), within('16 s'));
    // A record without a threshold for the channel: nothing is asked of it any more, also where it is bad at that moment.
    rig.fault('signal-drop at readout-send 6dB for 15s');
    await rig.until(event('READOUT_LOST', { argument: CHANNEL, since: rig.now }), within('6 s'));
    const record = decodeCalibration((await readCalibration(client)).payload);
    record.channels[CHANNEL].flags = 0;
    await storeCalibration(client, encodeCalibration(record));
    await rig.until(event('READOUT_BACK', { argument: CHANNEL, since: rig.now }), within('4 s'));
    await stopSequencers(client, 1);
    await rig.wait('26 s');
    await rig.until(healthy(), within('30 s'));
  },
);

scenario(
  'a line that clips while it is measured is attenuated, the sums make up for it, and the attenuation is taken back',
  { fridge: 'uts', from: 'calibrated-channel' },
  async (rig) => {
    const { client } = rig;
    const share = async () => {
      const [zero, one] = await sequencerBins(client, 0, 0);
      return (zero.thresholdCount + one.count - one.thresholdCount) / (zero.count + one.count);
    };
    rig.fault('adc-saturation at readout-return 9dB for 12s');
    await rig.until(event('ATTENUATED', { argument: Signal.READOUT_RETURN }), within('6 s'));
    // A client may clear what the converters counted while gain control looks at it.
    await clearReadout(client, ReadoutClear.COUNTERS, 0);
    await rig.wait('6 s');
    const { attenuationDecibels } = await readoutState(client);
    rig.measure('attenuation', attenuationDecibels, { unit: 'dB', atLeast: 12, atMost: 12 });
    rig.measure('wrong states', 100 * (await share()), { unit: '%', atMost: 3.5 });
    await rig.wait('20 s');
    const after = await readoutState(client);
    rig.measure('attenuation left', after.attenuationDecibels, { unit: 'dB', atMost: 6 });
    await stopSequencers(client, 1);
  },
);
