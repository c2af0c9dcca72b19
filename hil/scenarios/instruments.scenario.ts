// What the controller is for, over SMP: pulses, held voltages, readout and its calibration, heaters, every question that a client may ask.
//
// What must stay true: no request, however wrong, resets the device.

import { decodeCalibration, encodeCalibration } from '../../host/tools/calibration-record.ts';
import { tableBytes } from '../../host/tools/multiplexer/table.ts';
import { openFridge } from '../../host/tools/open-fridge.ts';
import { assembleSequence } from '../../host/tools/q1/index.ts';
import { openReadout } from '../../host/tools/readout/open-readout.ts';
import { readBootRecord, readLastFault } from '../../host/tools/smp/boot-group.ts';
import {
  configureCell,
  multiplexerState,
  runRefresh,
  uploadTable,
  writeCell,
} from '../../host/tools/smp/multiplexer.ts';
import {
  capture,
  claimReadout,
  clearReadout,
  configureReadout,
  readCalibration,
  readCapture,
  readoutChannel,
  readoutState,
  readReadoutSetting,
  selfTest,
  storeCalibration,
} from '../../host/tools/smp/readout.ts';
import {
  clearSequencerBins,
  configureSequencer,
  sequencerBins,
  sequencerState,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../../host/tools/smp/sequencer.ts';
import { CalChannel } from '../../protocol/calibration/record.ts';
import { interlockNumber } from '../../protocol/plant/interlocks.ts';
import { SequencerState } from '../../protocol/q1/status.ts';
import { ReadoutClear } from '../../protocol/readout/module.ts';
import { OsCommand, Smp, SmpGroup } from '../../protocol/smp/smp.ts';
import {
  beats,
  DeviceUnderTest,
  event,
  healthy,
  millisecond,
  not,
  outputsClosed,
  type SmpClient,
  scenario,
  second,
  within,
} from '../index.ts';
import { WiredCryostat } from '../rig/wiring.ts';
import { refusedFor } from './refused.ts';

scenario(
  'every command answers every request, also a wrong one, and none resets the device',
  { needs: 'inside' },
  async (rig) => {
    const names = [
      'off',
      'len',
      'crc',
      'seq',
      'setting',
      'value',
      'index',
      'mask',
      'acquisition',
      'first',
      'cell',
      'code',
      'on',
      'line',
    ];
    const more = [
      'clear',
      'heater',
      'microwatts',
      'channel',
      'count',
      'slot',
      'image',
      'id',
      'ms',
      'what',
      'source',
      'samples',
      'log',
    ];
    const having = (value: unknown) => Object.fromEntries([...names, ...more].map((name) => [name, value]));
    const texts = {
      name: 'tasks',
      format: 'sbvprmioa',
      query: 'mode',
      d: 'x',
      hash: new Uint8Array(32),
      data: new Uint8Array(40),
    };
    const bodies = [
      {},
      having(0),
      having(1),
      having(5),
      having(-1),
      having(2 ** 32),
      having('x'),
      texts,
      { ...having(0), ...texts },
    ];
    for (const group of Object.values(SmpGroup)) {
      for (let command = 0; command <= 9; command++) {
        if (group === SmpGroup.OS && command === OsCommand.RESET) continue;
        for (const body of bodies)
          for (const operation of [Smp.OP_READ, Smp.OP_WRITE])
            rig.device.request(operation, group, command, body as never);
      }
    }
    await rig.wait('2 s');
    await rig.check(not(event('BOOT_START')));
    await rig.until(beats(), within('3 s'));
  },
);

scenario('a client on the console gets every answer that there is', { needs: 'inside' }, async (rig) => {
  rig.device.type(new TextEncoder().encode('help\r\n'));
  const client = rig.device.client('console');
  await client.echo('a text of several frames, '.repeat(8));
  for (const name of await client.statList()) await client.statRead(name);
  for (const format of ['s', 'n', 'r', 'v', 'b', 'm', 'p', 'i', 'o', 'a', 'sv']) await client.appInfo(format);
  await Promise.all([client.taskstat(), client.params(), client.bootloaderInfo(), client.slotInfo()]);
  await client.enumDetails();
  for (let index = 0; index < (await client.enumCount()); index++) await client.enumSingle(index);
  await client.enumDetails([SmpGroup.OS, SmpGroup.READOUT]);
  await readBootRecord(client);
  await readLastFault(client);
  await rig.until(healthy(), within('10 s'));
});

scenario(
  'a heater keeps what it is told, within its limit, and closes with the interlock',
  { fridge: 'uts' },
  async (rig) => {
    for (const heater of [0, 1, 2, 3]) rig.device.cryo('HEATER', { heater, microwatts: 20 });
    await rig.wait('5 s');
    rig.device.cryo('HEATER');
    rig.device.cryo('TEMPERATURES');
    rig.device.cryo('POWER');
    rig.fault('power-surge at heater 30% for 20ms');
    await rig.until(event('INTERLOCK_TRIPPED'), within('1 s'));
    rig.device.cryo('INTERLOCKS');
    await rig.wait('2 s');
    await rig.clearInterlock(interlockNumber.RAIL_OVER);
    await rig.until(healthy(), within('30 s'));
  },
);

/** Eight cells behind two lines, each served once in 2 ms. */
function table() {
  const cell = (number: number) => ({ name: `${number}`, number, line: number % 2, bank: 0, serviceSlots: 10 });
  const cells = [0, 1, 2, 3, 4, 5, 6, 7].map((number) => ({
    ...cell(number),
    largestGapSlots: 2000,
    deadlineSlots: 5000,
  }));
  const line = (of: number) =>
    cells.flatMap((each, place) => (each.line === of ? [{ startSlot: place * 100, cell: place }] : []));
  return { name: 'eight', slotNs: 1000, periodSlots: 2000, switchSlots: 2, cells, lines: [line(0), line(1)] };
}

scenario('held voltages are served in time until an interlock closes the gate', { fridge: 'uts' }, async (rig) => {
  for (const { number } of table().cells) {
    await configureCell(rig.client, number, 'USED', 1);
    await writeCell(rig.client, number, 1000 + 200 * number);
  }
  await rig.refusal(runRefresh(rig.client, true));
  await uploadTable(rig.client, tableBytes(table()));
  await runRefresh(rig.client, true);
  await rig.wait('2 s');
  const { isRunning, services, late } = await multiplexerState(rig.client);
  await rig.check(() => isRunning && services > 7000 && late === 0);
  rig.fault('power-surge at dac 30% for 20ms');
  await rig.until(outputsClosed(), within('1 s'));
  await rig.wait('2 s');
  await rig.clearInterlock(interlockNumber.RAIL_OVER);
  await rig.wait('3 s');
  const after = await multiplexerState(rig.client);
  // A gate that opens again starts what it had parked.
  await rig.check(() => after.isRunning && rig.events('BOOT_START').length === 0, healthy());
  await runRefresh(rig.client, false);
});

const shots = `
  wait_sync 4
  move 20,R0
  set_awg_gain 16000,16000
loop: set_mrk 1
  upd_param 4
  play 0,0,200
  acquire 0,0,400
  set_mrk 0
  upd_param 20
  loop R0,@loop
  stop`;
const program = JSON.stringify({
  ...{ program: shots, waveforms: { pulse: { data: new Array(64).fill(0.5), index: 0 } }, weights: {} },
  acquisitions: { result: { num_bins: 4, index: 0 } },
});

/** Plays on two sequencers, one of which sends triggers; throws when a sequencer does not stop by itself. */
async function playShots(client: SmpClient, pass: (ns: number) => Promise<void>): Promise<void> {
  const { binary } = assembleSequence(program, 'shots');
  for (const sequencer of [0, 1]) await uploadSequence(client, sequencer, binary);
  for (let other = 2; other < 6; other++) await configureSequencer(client, other, 'SYNC_ENABLE', 0);
  await configureSequencer(client, 0, 'FREQUENCY', 400_000_000);
  await configureSequencer(client, 0, 'INTEGRATION_LENGTH', 400);
  await configureSequencer(client, 0, 'INPUT', 1);
  await startSequencers(client, 3);
  await pass(millisecond * 10);
  for (const sequencer of [0, 1]) {
    const { state } = await sequencerState(client, sequencer);
    if (state !== SequencerState.STOPPED) throw new Error(`sequencer ${sequencer} is in state ${state}, not stopped`);
    await sequencerBins(client, sequencer, 0);
  }
  await clearSequencerBins(client, 0);
  await stopSequencers(client, 3);
}

scenario('pulses play on two sequencers, and what they acquired is read', { needs: 'wire' }, async (rig) => {
  await rig.refusal(startSequencers(rig.client, 4));
  await playShots(rig.client, () => rig.wait('10 ms'));
});

/** A record with a correction in every place. */
function correctedRecord(): Uint8Array {
  const record = decodeCalibration(new Uint8Array());
  const flags = CalChannel.FLAG_TONE | CalChannel.FLAG_THRESHOLD;
  for (const line of record.lines)
    Object.assign(line, { offsetI: 40, offsetQ: -30, gain: 2000, imbalance: 900, skew: 700 });
  for (const channel of record.channels.slice(0, 4))
    Object.assign(channel, {
      flags,
      frequencyQuarterHertz: 4e8,
      phase: 7,
      rotationCos: 858_993_459,
      rotationSin: 644_245_094,
      threshold: 50,
    });
  for (const sequencer of record.sequencers)
    Object.assign(sequencer, { gain0: 5000, gain1: -3000, cross: 800, offset0: 60, offset1: -20, phase: 12 });
  record.thermometerOffsets.fill(150);
  return encodeCalibration(record);
}

scenario(
  'the converters are tested and captured, and a calibration record stays in force over a reset',
  { needs: 'inside' },
  async (rig) => {
    const wired = new WiredCryostat(openFridge('uts'), { seed: 1, readout: openReadout('uts') });
    const device = await DeviceUnderTest.running({ surroundings: () => wired });
    device.run(2 * second);
    const client = device.client();
    rig.measure('effective bits of line 0', await selfTest(client, 0), { unit: 'bit', atLeast: 4, atMost: 16 });
    await clearReadout(client, ReadoutClear.SCOPE, 0);
    await claimReadout(client, 7, 1000);
    await refusedFor(rig, 'CLAIMED', claimReadout(client, 8, 1000));
    await claimReadout(client, 7, 0);
    await configureReadout(client, 'SCOPE_LENGTH', 0, 256);
    await capture(client, 0, 'test-tone', 256);
    rig.note(JSON.stringify(await readCapture(client)).slice(0, 80));
    await clearReadout(client, ReadoutClear.SCOPE, 0);
    await storeCalibration(client, correctedRecord());
    const { payload, sequence } = await readCalibration(client);
    await storeCalibration(client, payload, sequence);
    await rig.refusal(storeCalibration(client, payload.fill(0xff)));
    device.run(3 * second);
    await client.reset();
    device.run(3 * second);
    const kept = await readCalibration(device.client());
    await rig.check(() => kept.sequence >= sequence);
    const { refusedPlace } = await readoutState(device.client());
    await readoutChannel(device.client(), 0);
    await rig.check(() => refusedPlace === undefined && kept.payload.length > 0);
    await readReadoutSetting(device.client(), 'FREQUENCY', 0);
    await playShots(device.client(), (ns) => Promise.resolve(device.run(ns)));
  },
);
