// Pulse programs, refresh tables and calibration records that a controller refuses: each is judged before anything of it comes into force.
//
// What must stay true: what was in force before goes on.

import { crc32 } from 'node:zlib';
import { decodeCalibration, encodeCalibration } from '../../host/tools/calibration-record.ts';
import { assembleSequence } from '../../host/tools/q1/index.ts';
import {
  cellState,
  configureCell,
  multiplexerState,
  runRefresh,
  uploadTable,
  writeCell,
} from '../../host/tools/smp/multiplexer.ts';
import { readCalibration, readoutState, storeCalibration } from '../../host/tools/smp/readout.ts';
import {
  configureSequencer,
  sequencerState,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../../host/tools/smp/sequencer.ts';
import { CalChannel, Calibration, CalLine, CalSequencer, CalThermometer } from '../../protocol/calibration/record.ts';
import { RefreshTable } from '../../protocol/multiplexer/table.ts';
import { SequenceLayout } from '../../protocol/q1/sequence.ts';
import { ReadoutSetting } from '../../protocol/readout/module.ts';
import { MuxCommand } from '../../protocol/smp/multiplexer.ts';
import { ReadoutRequest } from '../../protocol/smp/readout.ts';
import { SeqCommand } from '../../protocol/smp/sequencer.ts';
import { SmpGroup } from '../../protocol/smp/smp.ts';
import { scenario } from '../index.ts';
import { eightCells } from './eight-cells.ts';
import { ask, refusedFor } from './refused.ts';

const changed = (bytes: Uint8Array, change: (view: DataView) => void): Uint8Array => {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  return copy;
};

const parts = {
  program: 'a: set_mrk 1\n upd_param 100\n jmp @a',
  waveforms: { pulse: { data: new Array(16).fill(0.5), index: 0 } },
  weights: {},
  acquisitions: { result: { num_bins: 4, index: 0 } },
};
const { binary: endless } = assembleSequence(JSON.stringify(parts), 'endless');
const instruction = SequenceLayout.HEADER_SIZE;
const firstRow = instruction + 16 * new DataView(endless.slice().buffer).getUint32(SequenceLayout.INSTRUCTIONS, true);

/** Instructions of two sets in one program: no assembler makes that. */
const ofSet = (...lines: string[]) => assembleSequence(lines.join('\n'), 'set', 'cryo-hrl').binary;
const second = ofSet('cmp R1,R2', 'add R1,R2,R3', 'stop');
const mixed = ofSet('add R1,R2,R3', 'add R1,R2,R3', 'stop').map((byte, index) =>
  index < instruction + 16 ? byte : second[index],
);

const wrongPrograms: [reason: string, program: Uint8Array][] = [
  ['HEADER', changed(endless, (view) => view.setUint32(SequenceLayout.MAGIC, 1, true))],
  ['HEADER', changed(endless, (view) => view.setUint32(SequenceLayout.VERSION, 99, true))],
  ['SIZE', changed(endless, (view) => view.setUint32(SequenceLayout.LENGTH, 4, true))],
  ['SIZE', changed(endless, (view) => view.setUint32(SequenceLayout.INSTRUCTIONS, 1_000_000, true))],
  ['INSTRUCTION', changed(endless, (view) => view.setUint8(instruction, 0xff))],
  ['ROW', changed(endless, (view) => view.setUint32(firstRow, 1_000, true))],
  ['MIXED', mixed],
  ['BINS', changed(endless, (view) => view.setUint32(firstRow + SequenceLayout.ROW_SIZE, 0x7fff_ffff, true))],
];

scenario(
  'a pulse program that is wrong is refused with its reason, and the one that plays goes on',
  { needs: 'inside' },
  async (rig) => {
    const { client } = rig;
    const upload = (body: Record<string, unknown>) => ask(rig, SmpGroup.SEQUENCER, SeqCommand.UPLOAD, body as never);
    const whole = { seq: 0, off: 0, len: endless.length, crc: crc32(endless), data: endless };
    await refusedFor(rig, 'NO_SEQUENCER', upload({ ...whole, seq: 99 }));
    await refusedFor(rig, 'NO_OFFSET', upload({ ...whole, off: undefined }));
    await refusedFor(rig, 'LENGTH', upload({ ...whole, len: endless.length + 1 }));
    await refusedFor(rig, 'LENGTH', upload({ ...whole, data: endless.subarray(0, 5) }));
    await refusedFor(rig, 'CRC', upload({ ...whole, crc: 1 }));
    await refusedFor(rig, 'EINVAL', upload({ ...whole, seq: 'first' }));
    for (const [reason, program] of wrongPrograms) await refusedFor(rig, reason, uploadSequence(client, 0, program));
    await refusedFor(rig, 'NOT_LOADED', startSequencers(client, 1));
    for (const sequencer of [0, 1]) await uploadSequence(client, sequencer, endless);
    await refusedFor(rig, 'SETTING', configureSequencer(client, 0, 'CORRECTION_CROSS', 1));
    await startSequencers(client, 1);
    await refusedFor(rig, 'BUSY', uploadSequence(client, 0, endless));
    await refusedFor(rig, 'BUSY', configureSequencer(client, 0, 'INPUT', 1));
    await refusedFor(
      rig,
      'NO_BIN',
      ask(rig, SmpGroup.SEQUENCER, SeqCommand.RESULTS, { seq: 0, acq: 7, bin: 0, count: 1 }, false),
    );
    // An upload that another sequencer's chunk interrupts, and one whose last part comes when it has been started meanwhile.
    await upload({ ...whole, seq: 1, data: endless.subarray(0, 64) });
    await upload({ seq: 2, off: 64, data: endless.subarray(64, 128) });
    await startSequencers(client, 2);
    await refusedFor(rig, 'BUSY', upload({ seq: 1, off: 64, data: endless.subarray(64) }));
    const { executed } = await sequencerState(client, 0);
    await rig.check(() => executed > 0);
    await stopSequencers(client, 3);
  },
);

const { bytes: good, cells } = eightCells();
const rewritten = (change: (view: DataView) => void): Uint8Array =>
  changed(good, (view) => {
    change(view);
    view.setUint32(RefreshTable.CRC, crc32(new Uint8Array(view.buffer, RefreshTable.CRC + 4)), true);
  });
const cellRows = RefreshTable.HEADER_SIZE + 2 * RefreshTable.LINE_SIZE;
const entries = cellRows + cells * RefreshTable.CELL_SIZE;

const wrongTables: [reason: string, table: Uint8Array][] = [
  ['CRC', changed(good, (view) => view.setUint8(good.length - 8, 1))],
  ['HEADER', rewritten((view) => view.setUint32(RefreshTable.MAGIC, 1, true))],
  ['SIZE', rewritten((view) => view.setUint32(RefreshTable.ENTRIES, 70_000, true))],
  ['CELL', rewritten((view) => view.setUint16(cellRows, 900, true))],
  ['CELL', rewritten((view) => view.setUint16(cellRows + RefreshTable.CELL_SIZE, 0, true))],
  ['ENTRY', rewritten((view) => view.setUint32(entries, 5_000_000, true))],
  ['CERTIFICATE', rewritten((view) => view.setUint32(cellRows + RefreshTable.CELL_GAP, 17, true))],
];

scenario(
  'a refresh table that is wrong is refused with its reason, and the cells are served by the one before',
  { needs: 'inside' },
  async (rig) => {
    const { client } = rig;
    const upload = (body: Record<string, unknown>) => ask(rig, SmpGroup.MULTIPLEXER, MuxCommand.UPLOAD, body as never);
    for (let cell = 0; cell < cells; cell++) {
      await configureCell(client, cell, 'USED', 1);
      await writeCell(client, cell, 1000 + 200 * cell);
    }
    await refusedFor(rig, 'NO_TABLE', runRefresh(client, true));
    await uploadTable(client, good);
    await runRefresh(client, true);
    await rig.wait('100 ms');
    await refusedFor(rig, 'NO_OFFSET', upload({ data: good.subarray(0, 8) }));
    await refusedFor(rig, 'LENGTH', upload({ off: 0, len: 10_000_000, data: good.subarray(0, 8) }));
    await refusedFor(rig, 'LENGTH', upload({ off: 0, len: good.length, data: good.subarray(0, 5) }));
    for (const [reason, table] of wrongTables) {
      await refusedFor(rig, reason, uploadTable(client, table));
      const { refusedPlace } = await multiplexerState(client);
      rig.note(`${reason}: cell or service ${refusedPlace}`);
    }
    await refusedFor(rig, 'NO_CELL', writeCell(client, 5000, 1));
    await refusedFor(rig, 'NO_CELL', writeCell(client, 90, 1));
    await refusedFor(rig, 'NO_CELL', cellState(client, 5000));
    await refusedFor(rig, 'CODE', writeCell(client, 1, 40_000));
    await refusedFor(rig, 'CODE', writeCell(client, 1, 70_000));
    await refusedFor(rig, 'SETTING', configureCell(client, 1, 'TOLERANCE', 5));
    await refusedFor(rig, 'EINVAL', ask(rig, SmpGroup.MULTIPLEXER, MuxCommand.RUN, { on: 2 }));
    const { isRunning, late, tables } = await multiplexerState(client);
    await rig.check(() => isRunning && late === 0 && tables === 1);
    // The same services later in the period: they come into force without a missed deadline.
    await rig.wait('1 s');
    await uploadTable(client, eightCells({ shiftSlots: 50 }).bytes);
    await rig.wait('100 ms');
    const changed = await multiplexerState(client);
    await rig.check(() => changed.tables === 2 && changed.late === 0);
    // Parked: a table that leaves a cell out, and cells that hold their voltage for too short a time.
    await runRefresh(client, false);
    await configureCell(client, 9, 'USED', 1);
    await refusedFor(rig, 'NOT_SERVED', uploadTable(client, good));
    await configureCell(client, 9, 'USED', 0);
    await configureCell(client, 3, 'TOLERANCE', 1);
    await configureCell(client, 3, 'SETTLED', 40_000_000);
    await refusedFor(rig, 'DEADLINE', uploadTable(client, good));
    const { refusedExcessUs } = await multiplexerState(client);
    rig.measure('too long by', refusedExcessUs, { unit: 'us', atLeast: 1 });
  },
);

scenario(
  'a calibration record that is out of range, damaged or out of date is refused, and the one in force stays',
  { needs: 'inside' },
  async (rig) => {
    const { client } = rig;
    const plain = encodeCalibration(decodeCalibration(new Uint8Array()));
    await storeCalibration(client, plain);
    const { sequence } = await readCalibration(client);
    const at = (offset: number, value: number) => changed(plain, (view) => view.setUint32(offset, value, true));
    const [line, channel, sequencer, thermometer] = [
      Calibration.LINES,
      Calibration.CHANNELS,
      Calibration.SEQUENCERS,
      Calibration.THERMOMETERS,
    ];
    const outOfRange: [place: number, value: number][] = [
      ...[CalLine.OFFSET_I, CalLine.OFFSET_Q, CalLine.GAIN, CalLine.IMBALANCE, CalLine.SKEW].map(
        (field): [number, number] => [line + field, 0x0700_0000],
      ),
      [line + CalLine.OFFSET_I, CalLine.OFFSET_MOST + 1],
      [line + CalLine.OFFSET_Q, CalLine.OFFSET_MOST + 1],
      [line + CalLine.IMBALANCE, CalLine.IMBALANCE_MOST + 1],
      [line + CalLine.SKEW, CalLine.SKEW_MOST + 1],
      [line + CalLine.DELAY, CalLine.DELAY_MOST + 1],
      [channel + CalChannel.FLAGS, 64],
      [channel + CalChannel.FREQUENCY, CalChannel.FREQUENCY_MOST + 1],
      [channel + CalChannel.PHASE, CalChannel.PHASE_TURN],
      [channel + CalChannel.ROTATION_COS, CalChannel.ROTATION_ONE + 1],
      [channel + CalChannel.ROTATION_SIN, CalChannel.ROTATION_ONE + 1],
      ...[
        CalSequencer.GAIN_0,
        CalSequencer.GAIN_1,
        CalSequencer.CROSS,
        CalSequencer.OFFSET_0,
        CalSequencer.OFFSET_1,
      ].map((field): [number, number] => [sequencer + field, 0x0700_0000]),
      [sequencer + CalSequencer.PHASE, CalChannel.PHASE_TURN],
      [thermometer + CalThermometer.OFFSET, CalThermometer.OFFSET_MOST + 1],
      [thermometer + CalThermometer.SPARE, 1],
    ];
    for (const [place, value] of outOfRange) {
      await refusedFor(rig, 'FIELD', storeCalibration(client, at(place, value)));
      const { refusedPlace } = await readoutState(client);
      await rig.check(() => refusedPlace === place);
    }
    const upload = (body: Record<string, unknown>) => ask(rig, SmpGroup.READOUT, ReadoutRequest.RECORD, body as never);
    const whole = { off: 0, len: plain.length, crc: crc32(plain), data: plain };
    await refusedFor(rig, 'CRC', upload({ ...whole, crc: 1 }));
    await refusedFor(rig, 'LENGTH', upload({ ...whole, len: 5 }));
    await refusedFor(rig, 'LENGTH', upload({ ...whole, data: plain.subarray(0, 5) }));
    await refusedFor(rig, 'NO_OFFSET', upload({ ...whole, off: undefined }));
    await refusedFor(rig, 'NO_OFFSET', ask(rig, SmpGroup.READOUT, ReadoutRequest.RECORD, { off: 5000 }, false));
    const configure = (body: Record<string, number>) => ask(rig, SmpGroup.READOUT, ReadoutRequest.CONFIGURE, body);
    await refusedFor(rig, 'SETTING', configure({ setting: 200, index: 0, value: 0 }));
    await refusedFor(rig, 'INDEX', configure({ setting: ReadoutSetting.FREQUENCY, index: 5000, value: 0 }));
    await refusedFor(rig, 'VALUE', configure({ setting: ReadoutSetting.FREQUENCY, index: 0, value: 0x7fff_ffff }));
    await refusedFor(rig, 'STALE', storeCalibration(client, at(thermometer, 700), sequence + 5));
    const kept = await readCalibration(client);
    await rig.check(() => kept.sequence === sequence && Buffer.from(kept.payload).equals(plain));
  },
);

scenario(
  'a calibration that is stored every day uses both of its sectors in turn, and outlives a cut in each',
  { needs: 'inside' },
  async (rig) => {
    const plain = encodeCalibration(decodeCalibration(new Uint8Array()));
    const ofDay = (day: number) =>
      changed(plain, (view) => view.setInt32(Calibration.THERMOMETERS + CalThermometer.OFFSET, 100 + day, true));
    for (let day = 0; day < 18; day++) {
      await storeCalibration(rig.client, ofDay(day));
      if (day % 2 === 0) continue;
      const cut = storeCalibration(rig.client, ofDay(90)).catch(() => {});
      rig.cutPower(`after ${1500 + 125 * day}us`);
      await rig.wait('60 ms');
      await cut;
      rig.powerOn();
      await rig.wait('500 ms');
      const { payload } = await readCalibration(rig.client);
      await rig.check(() => [ofDay(day), ofDay(90)].some((record) => Buffer.from(record).equals(payload)));
    }
  },
);
