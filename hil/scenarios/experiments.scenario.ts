// Pulses and held voltages together, as an experiment uses them: values that change with the pulses, windows that no service may disturb, sequencers that
// wait for each other, a clock that steps while they play.

import { assembleSequence } from '../../host/tools/q1/index.ts';
import {
  configureCell,
  multiplexerState,
  prepareValues,
  runRefresh,
  uploadTable,
  writeCell,
} from '../../host/tools/smp/multiplexer.ts';
import {
  configureSequencer,
  sequencerState,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../../host/tools/smp/sequencer.ts';
import { SequencerState } from '../../protocol/q1/status.ts';
import { beats, event, type InsideRig, not, scenario, within } from '../index.ts';
import { eightCells } from './eight-cells.ts';
import { refusedFor } from './refused.ts';

/** Marker 0 opens a window, marker 1 steps a held voltage, marker 2 is what a scope triggers on. */
const sweep = `
      move 40,R0
      set_awg_gain 16000,16000
shot: set_mrk 5
      upd_param 4
      play 0,0,2000
      set_mrk 0
      upd_param 20000
      set_mrk 2
      upd_param 40
      set_mrk 0
      move 5,R1
rest: upd_param 60000
      loop R1,@rest
      loop R0,@shot
      stop`;
const waveforms = { pulse: { data: new Array(64).fill(0.5), index: 0 } };
const assembled = (program: string) =>
  assembleSequence(JSON.stringify({ program, waveforms, weights: {}, acquisitions: {} }), 'experiment').binary;

async function alone({ client }: InsideRig, players: number): Promise<void> {
  for (let other = players; other < 6; other++) await configureSequencer(client, other, 'SYNC_ENABLE', 0);
}

async function holding({ client }: InsideRig, serviceSlots?: number): Promise<void> {
  const { bytes, cells } = eightCells({ serviceSlots });
  for (let cell = 0; cell < cells; cell++) {
    await configureCell(client, cell, 'USED', 1);
    await writeCell(client, cell, 1000 + 200 * cell);
  }
  await configureCell(client, 3, 'SEQUENCERS', 1);
  await uploadTable(client, bytes);
  await configureCell(client, 0, 'WINDOW_MARKERS', 1);
}

scenario(
  'a flux sweep: each pulse finds the next held voltage, and no service falls into its window',
  { fridge: 'uts' },
  async (rig) => {
    const { client } = rig;
    await holding(rig);
    await alone(rig, 1);
    await uploadSequence(client, 0, assembled(sweep));
    await prepareValues(client, 3, 1, [1700, 1800, 1900, 2000]);
    await runRefresh(client, true);
    await rig.wait('100 ms');
    await startSequencers(client, 1);
    await rig.wait('20 ms');
    const { state } = await sequencerState(client, 0);
    const { windows, valuesStored, flagged, late } = await multiplexerState(client);
    await rig.check(() => state === SequencerState.STOPPED && late === 0 && flagged === 0);
    rig.measure('windows', windows, { unit: 'windows', atLeast: 40, atMost: 40 });
    rig.measure('voltages set by markers', valuesStored, { unit: 'values', atLeast: 40, atMost: 40 });
    await runRefresh(client, false);
    // Cells that are not served any more go late one after the other, and nothing worse comes of it.
    await rig.until(event('CELL_LATE'), within('2 s'));
    await rig.wait('2 s');
    await rig.check(() => rig.events('BOOT_START').length === 0);
    await rig.until(beats(), within('2 s'));
  },
);

scenario(
  'a table without idle time has no room for large steps: they are refused, and who relies on the cell is told',
  { needs: 'inside' },
  async (rig) => {
    const { client } = rig;
    for (const cell of [3, 5]) await configureCell(client, cell, 'TOLERANCE', 10);
    await holding(rig, 480);
    await alone(rig, 1);
    await uploadSequence(client, 0, assembled(sweep));
    await prepareValues(client, 3, 1, [0, 32_000]);
    await runRefresh(client, true);
    await rig.wait('2 s');
    await refusedFor(rig, 'NO_ROOM', writeCell(client, 5, 32_000));
    await startSequencers(client, 1);
    await rig.until(event('CELL_VALUE_REFUSED', { argument: 3 }), within('1 s'));
    await rig.wait('20 ms');
    const { valuesRefused, flagged } = await multiplexerState(client);
    rig.measure('refused', valuesRefused, { unit: 'values', atLeast: 1 });
    await rig.check(() => flagged === 1);
    await runRefresh(client, false);
  },
);

scenario(
  'two sequencers wait for each other and neither can go on: the device says which, and a stop ends it',
  { needs: 'inside' },
  async (rig) => {
    const { client } = rig;
    await alone(rig, 2);
    const waits = (own: number) => assembled(`wait_trigger ${own},4\n stop`);
    await uploadSequence(client, 0, waits(1));
    await uploadSequence(client, 1, assembled('wait_sync 4\n stop'));
    await startSequencers(client, 3);
    const stuck = await rig.until(event('SEQUENCER_DEADLOCK'), within('1 s'));
    rig.measure('told after', stuck.ms, { unit: 'ms', atMost: 10 });
    await stopSequencers(client, 3);
    await rig.check(not(event('BOOT_START')));
  },
);

scenario(
  'a program calculates longer than its pulses last: its sequencer stops, and says at which instruction and by how much',
  { needs: 'inside' },
  async (rig) => {
    const { client } = rig;
    await alone(rig, 1);
    await uploadSequence(client, 0, assembled(`a: ${'add R0,1,R0\n '.repeat(40)} upd_param 4\n jmp @a`));
    await startSequencers(client, 1);
    await rig.until(event('SEQUENCER_STOPPED', { argument: 0 }), within('1 s'));
    const { fault, leastSlackNs = 0 } = await sequencerState(client, 0);
    rig.measure('late by', -leastSlackNs, { unit: 'ns', atLeast: 1 });
    await rig.check(() => fault !== undefined);
  },
);

scenario(
  'the reference is lost while sequencers play: they run by the other one, and their phases are corrected',
  { fridge: 'uts' },
  async (rig) => {
    const { client } = rig;
    await alone(rig, 1);
    await uploadSequence(client, 0, assembled('a: set_mrk 1\n upd_param 50000\n set_mrk 0\n upd_param 50000\n jmp @a'));
    await startSequencers(client, 1);
    rig.fault('timing-jitter at primary after 200ms');
    await rig.until(event('CLOCK_SWITCHED', { argument: 1 }), within('1 s'));
    const corrected = await rig.until(event('PHASES_CORRECTED'), within('1 s'));
    rig.measure('corrected after', corrected.ms, { unit: 'ms', atMost: 5 });
    const { state } = await sequencerState(client, 0);
    await rig.check(() => state === SequencerState.RUNNING);
    await stopSequencers(client, 1);
  },
);
