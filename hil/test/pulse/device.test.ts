// The sequencers as a client and a debugger meet them on a running device: uploads that are refused, registers, gates, and state.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../../host/board/testing/cases.ts';
import { SmpError } from '../../../host/tools/smp/index.ts';
import {
  clearSequencerBins,
  configureSequencer,
  sequencerBins,
  sequencerState,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../../../host/tools/smp/sequencer.ts';
import { ACTIVITY, DAC, MARKERS, OUTPUTS, SEQUENCER } from '../../../protocol/generated/registers.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { profiles } from '../../../protocol/q1/profiles.ts';
import { SequencerState, sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { SeqCommand, SeqError } from '../../../protocol/smp/sequencer.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { millisecond } from '../../rig/time.ts';
import { measuring, program, resetting, sequence } from './programs.ts';

/** Runs for a quarter of a second, with one output high and one low all along. */
const long = sequence(
  'long',
  'set_awg_offs 1000,-1000\nset_mrk 5\nset_freq 400\nwait_sync 100\nreset_ph\nupd_param 100\nmove 4000,R0\nagain: wait 60000\nloop R0,@again\nstop',
);

let device: PulseDevice;

beforeAll(async () => {
  device = await PulseDevice.running();
});

/** The group's error code a request is refused with. */
async function refusal(request: Promise<unknown>): Promise<string> {
  const error = await request.then(
    () => undefined,
    (problem) => problem,
  );
  if (!(error instanceof SmpError)) return `no refusal: ${error}`;
  return Object.keys(SeqError).find((name) => SeqError[name as keyof typeof SeqError] === error.code) ?? String(error);
}

function uploadChunk(body: Record<string, unknown>) {
  const command = { what: 'chunk', group: SmpGroup.SEQUENCER, command: SeqCommand.UPLOAD, write: true };
  return device.client.request(command, body as never);
}

describe('a device that plays no pulses', () => {
  test('has no sequencers in its snapshots', async () => {
    const quiet = await PulseDevice.running(2);
    expect(quiet.board.snapshot().sequencers).toBeUndefined();
    expect(quiet.board.machine.peek(SEQUENCER, 'CONTROL')).toBe(0);
  });
});

describe('an upload is refused', () => {
  const { binary } = program('short', 'nop\nstop');
  const changed = (at: number, value: number) =>
    Uint8Array.from(binary, (byte, index) => (index === at ? value : byte));

  test('with another CRC than that of its bytes', async () => {
    const body = { seq: 0, off: 0, len: binary.length, crc: 1, data: binary };
    expect(await refusal(uploadChunk(body))).toBe('CRC');
  });

  test('with an instruction that does not exist, a register that does not exist, and bytes that are no sequence', async () => {
    const firstInstruction = 40;
    expect(await refusal(uploadSequence(device.client, 0, changed(firstInstruction, 63)))).toBe('INSTRUCTION');
    const move = program('move', 'move R1,R2\nstop').binary;
    const wild = Uint8Array.from(move, (byte, index) => (index === firstInstruction + 1 ? 64 : byte));
    expect(await refusal(uploadSequence(device.client, 0, wild))).toBe('INSTRUCTION');
    expect(await refusal(uploadSequence(device.client, 0, changed(0, 0)))).toBe('HEADER');
  });

  test('with instructions of both sets', async () => {
    const first = program('first', 'add R1,R2,R3\nadd R1,R2,R3\nstop').binary;
    const second = program('second', 'cmp R1,R2\nadd R1,R2,R3\nstop').binary;
    const secondInstruction = 56;
    const mixed = Uint8Array.from(first, (byte, index) => (index < secondInstruction ? byte : second[index]));
    expect(await refusal(uploadSequence(device.client, 0, mixed))).toBe('MIXED');
    await uploadSequence(device.client, 0, second);
  });

  test('with a length that is not that of its parts, and for a sequencer that is not there', async () => {
    const more = Uint8Array.from([...binary, 0, 0, 0, 0]);
    expect(await refusal(uploadSequence(device.client, 0, more))).toBe('SIZE');
    expect(await refusal(uploadSequence(device.client, 6, binary))).toBe('NO_SEQUENCER');
  });

  test('when its bins are more than are left', async () => {
    const { sequencerBins: most, bins } = profiles['qblox-qrm'];
    const withBins = (count: number) => sequence('bins', 'stop', [], count).binary;
    for (const core of [0, 1, 3, 4]) await uploadSequence(device.client, core, withBins(most));
    await uploadSequence(device.client, 5, withBins(bins - 4 * most));
    expect(await refusal(uploadSequence(device.client, 2, withBins(1)))).toBe('BINS');
    for (const core of [0, 1, 3, 4, 5]) await uploadSequence(device.client, core, binary);
  });

  test('when its bins are more than one sequencer may have', async () => {
    const tooMany = sequence('bins', 'stop', [], profiles['qblox-qrm'].sequencerBins).binary.slice();
    // The number of bins is the word behind two rows of waveforms and two of weights.
    new DataView(tooMany.buffer).setUint32(40 + 16 + 4 * 8, profiles['qblox-qrm'].sequencerBins + 1, true);
    expect(await refusal(uploadSequence(device.client, 0, tooMany))).toBe('BINS');
  });

  test('a chunk out of order is answered with where to go on, and changes nothing', async () => {
    const half = 48;
    const first = { seq: 2, off: 0, len: binary.length, crc: 0, data: binary.subarray(0, half) };
    expect(await uploadChunk(first)).toMatchObject({ off: half });
    expect(await uploadChunk({ seq: 2, off: half + 4, data: binary.subarray(half + 4) })).toMatchObject({ off: half });
    expect((await sequencerState(device.client, 2)).instructions).toBe(0);
  });
});

describe('requests of any kind', () => {
  test('are answered, and fault nothing', async () => {
    const number = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -5, max: 2 ** 53 - 1 }));
    const value = fc.oneof({ weight: 4, arbitrary: number }, fc.uint8Array({ maxLength: 64 }), fc.constant('text'));
    const keys = ['seq', 'off', 'len', 'crc', 'data', 'setting', 'value', 'index', 'mask', 'acq', 'bin', 'count'];
    const bodies = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
    const hostile = await PulseDevice.running(3);
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 0, max: 8 }), fc.boolean(), async (body, command, write) => {
        const what = { what: 'anything', group: SmpGroup.SEQUENCER, command, write };
        await hostile.client.request(what, body as never).catch((error) => {
          if (!(error instanceof SmpError) || error.kind !== 'device') throw error;
        });
        expect(hostile.board.state).toBe('firmware');
      }),
      cases(400),
    );
    expect(hostile.board.fault.cause).toBe(0);
  });
});

describe('a running sequencer', () => {
  test('refuses uploads, settings and another start, and obeys a stop', async () => {
    await device.load([long]);
    await device.start([long]);
    device.board.runFor(10 * millisecond);
    expect(await refusal(uploadSequence(device.client, 0, long.binary))).toBe('BUSY');
    expect(await refusal(configureSequencer(device.client, 0, 'THRESHOLD', 1))).toBe('BUSY');
    expect(await refusal(startSequencers(device.client, 1))).toBe('BUSY');
    await stopSequencers(device.client, 1);
    device.board.runFor(3 * millisecond);
    const { state, flags } = await sequencerState(device.client, 0);
    expect([state, sequencerFlagNames(flags)]).toEqual([SequencerState.STOPPED, ['FORCED_STOP', 'ACQ_BINNING_DONE']]);
  });

  test.each([
    [100, 4],
    [50, 2],
    [25, 1],
    [0, 0],
  ])('at a duty of %i %% it plays in %i milliseconds of four', async (duty, plays) => {
    await device.load([long]);
    await device.start([long]);
    device.board.runFor(10 * millisecond);
    const { machine } = device.board;
    machine.poke(ACTIVITY, 'DUTY', duty);
    let played = 0;
    for (let turn = 0; turn < 4; turn++) {
      device.board.runUntil((Math.floor(device.board.now / millisecond) + 1) * millisecond + 1000);
      if (machine.peek(MARKERS, 'STATE') !== 0) played++;
    }
    expect(played).toBe(plays);
    machine.poke(ACTIVITY, 'DUTY', 100);
    await stopSequencers(device.client, 1);
    device.board.runFor(3 * millisecond);
  });

  test('shows its outputs in registers, as of now, while their gate is open', async () => {
    await device.load([long]);
    await device.start([long]);
    device.board.runFor(10 * millisecond);
    const { machine } = device.board;
    expect(machine.peek(DAC, 'PATH0')).toBe(1000);
    expect((machine.peek(DAC, 'PATH1') << 16) >> 16).toBe(-1000);
    expect(machine.peek(DAC, 'FREQUENCY')).toBe(400);
    expect(machine.peek(MARKERS, 'STATE')).toBe(5);
    const phase = machine.peek(DAC, 'PHASE');
    device.board.runFor(1000);
    expect((machine.peek(DAC, 'PHASE') - phase + 4e9) % 4e9).toBe(400 * 1000);
    machine.poke(OUTPUTS, 'DISABLE', OUTPUTS.registers.DISABLE.fields.DAC.mask);
    expect(machine.peek(DAC, 'PATH0') | machine.peek(MARKERS, 'STATE')).toBe(0);
    machine.poke(OUTPUTS, 'ENABLE', OUTPUTS.registers.STATE.fields.DAC.mask | (0x0a7e << 16));
    expect(machine.peek(MARKERS, 'STATE')).toBe(5);
    await stopSequencers(device.client, 1);
    device.board.runFor(3 * millisecond);
  });

  test('goes on in a fork, and in a state that was saved and loaded, exactly as on the board it came from', async () => {
    await device.load([long, measuring([1, 0, 1]), resetting(3)]);
    await startSequencers(device.client, 7);
    device.board.runFor(5 * millisecond);
    const fork = device.board.fork();
    const loaded = device.board.fork();
    loaded.loadState(device.board.saveState());
    const ends = [device.board, fork, loaded].map((board) => {
      board.runFor(300 * millisecond);
      return [board.logHash, board.sequencers.module.timeNs(0), board.sequencers.module.bins(1, 0)];
    });
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
    expect((await sequencerState(device.client, 0)).state).toBe(SequencerState.STOPPED);
  });

  test('is told of by the firmware’s event recorder when it stops, and when it waits in vain', async () => {
    const waits = program('waits', 'wait_sync 100\nstop');
    const leaves = program('leaves', 'stop');
    await device.load([waits, leaves, leaves]);
    await startSequencers(device.client, 3);
    device.board.runFor(millisecond);
    const told = device.board.recorderEvents();
    expect(told.findLast(({ kind }) => kind === EventKind.SEQUENCER_STOPPED)?.argument0).toBe(1);
    // Sequencer 0 waits; 1 has left, and 2 was never started.
    const deadlock = told.findLast(({ kind }) => kind === EventKind.SEQUENCER_DEADLOCK);
    expect([deadlock?.argument0, deadlock?.argument1]).toEqual([1, 6]);
    expect(told.filter(({ kind }) => kind === EventKind.SEQUENCER_DEADLOCK)).toHaveLength(1);
    expect(sequencerFlagNames((await sequencerState(device.client, 0)).flags)).toEqual(['SYNC_DEADLOCK']);
    await stopSequencers(device.client, 1);
    device.board.runFor(millisecond);
  });

  test('counts what it plays, because that heats', async () => {
    const programs = [measuring([1, 1])];
    await device.load(programs);
    const count = () => device.board.machine.peek(ACTIVITY, 'COUNT', Activity.EVENTS);
    const before = count();
    await device.start(programs);
    await device.finish(programs);
    // wait_sync, and three real-time instructions in each of two rounds.
    expect(count() - before).toBe(1 + 2 * 3);
  });

  test('adds to its bins until they are cleared', async () => {
    const programs = [measuring([1, 1])];
    await device.load(programs);
    for (let run = 0; run < 3; run++) {
      await device.start(programs);
      await device.finish(programs);
    }
    const [bin] = await sequencerBins(device.client, 0, 0);
    expect(bin).toMatchObject({ count: 3, thresholdCount: 3, sum0: 3 * 200 * 16384 });
    await clearSequencerBins(device.client, 0);
    expect((await sequencerBins(device.client, 0, 0))[0]).toMatchObject({ count: 0, sum0: 0 });
  });

  test('is gone after a reset, and so is what it held', async () => {
    await device.load([long]);
    await device.start([long]);
    device.board.pullResetPin();
    expect(device.board.machine.peek(SEQUENCER, 'CONTROL')).toBe(0);
    device.board.runFor(1000 * millisecond);
    expect((await sequencerState(device.client, 0)).instructions).toBe(0);
  });
});
