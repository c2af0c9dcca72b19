// Two boards that live through the same: one has every service executed, because somebody listens to them; on the other calm periods are passed over,
// and nothing is worked out before it is wanted. Log, snapshot, figures and counted energy are the same, bit by bit.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cells } from '../../../host/board/multiplexer/cells.ts';
import { nextWrongSwitch } from '../../../host/board/multiplexer/switch-errors.ts';
import { type Choose, chooser } from '../../../host/board/random.ts';
import { cases, seeds } from '../../../host/board/testing/cases.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import {
  cellState,
  configureCell,
  multiplexerState,
  prepareValues,
  runRefresh,
  writeCell,
} from '../../../host/tools/smp/multiplexer.ts';
import { MULTIPLEXER, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Channel, channelSensors } from '../../../protocol/plant/places.ts';
import { curves } from '../../../protocol/sensors/curves.ts';
import type { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { millisecond, second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { sequence } from '../pulse/programs.ts';
import { refreshing, smallTable } from './on-board.ts';

/** Cells of two banks in turn, so that every service changes the bank. */
const table = { ...smallTable, switch: 2, cells: smallTable.cells.map((cell) => ({ ...cell, bank: cell.cell % 2 })) };
const cellCount = table.cells.length;
const plate = curves[channelSensors[Channel.PLATE_4K]];
const gate = OUTPUTS.registers.DISABLE.fields.MULTIPLEXER.mask;
/** Plays for 100 ns with marker 1 high, so many times, and waits in between. */
const pulses = (rounds: number) =>
  sequence(
    'pulses',
    `      move ${rounds},R0
shot: set_mrk 2
      play 0,0,1000
      set_mrk 0
      upd_param 40000
      loop R0,@shot
      stop`,
  );

/** Seeds of chips with a wrong bank change within some seconds. */
function unluckySeeds(count: number): number[] {
  const found: number[] = [];
  for (let [seed] = seeds(1); found.length < count; seed++) if (nextWrongSwitch(seed, 0) < 300_000) found.push(seed);
  return found;
}

/** Something that a client, the fridge or the board does; what it answers. */
async function act(kind: number, pick: Choose, device: PulseDevice): Promise<unknown> {
  const { client, board } = device;
  const cell = pick(cellCount);
  switch (kind) {
    case 0:
      return await multiplexerState(client);
    case 1:
      return await cellState(client, cell);
    case 2:
      return await writeCell(client, cell, pick(20));
    case 3:
      return device.device.fault(`thermal-rise at 4K ${100 + pick(900)}mW for ${1 + pick(3)}s`);
    case 4:
      return board.machine.poke(OUTPUTS, 'DISABLE', gate);
    case 5:
      await device.load([pulses(200)]);
      return await device.start([pulses(200)]);
    case 6:
      await device.finish([]);
      await configureCell(client, 0, 'WINDOW_MARKERS', pick(2) === 0 ? 0 : 2);
      return await prepareValues(client, cell, 1, [pick(10), pick(10)]);
    case 7:
      return [board.machine.peek(MULTIPLEXER, 'INVALID'), board.machine.peek(MULTIPLEXER, 'VOLTAGE')];
    case 8:
      // The plate has another temperature at this moment.
      board.multiplexer.follow(Math.round(plate.readingOf(3.5 + pick(80) / 100) * plate.stepsPerUnit));
      return stateOf(device);
    case 12:
      // The cells keep their charge.
      device.device.reset();
      return board.machine.peek(MULTIPLEXER, 'VOLTAGE');
    default:
      await runRefresh(client, false);
      return await runRefresh(client, true);
  }
}

/** Services that cells were told of so far, on any board. A spy of the runner would keep each of some hundred thousand with its arguments. */
let served = 0;
const { serve } = Cells.prototype;
beforeAll(() => {
  Cells.prototype.serve = function (service, isWrong) {
    served++;
    return serve.call(this, service, isWrong);
  };
});
afterAll(() => {
  Cells.prototype.serve = serve;
});

/** A snapshot, in short. */
const stateOf = ({ board }: PulseDevice) => createHash('sha256').update(board.saveState()).digest('hex');
/** What is known of a device from outside. */
const known = ({ board }: PulseDevice) => [board.logHash, board.now, board.recorderEvents()];

async function livedAlike(seed: number): Promise<{ executed: [number, number]; errors: number }> {
  const make = () => refreshing(1, table, { seed, surroundings: () => new WiredCryostat(openFridge('uts')) });
  const [watched, calm] = [await make(), await make()];
  watched.board.multiplexer.listener = () => {};
  const executed: [number, number] = [0, 0];
  let errors = 0;
  const pick = chooser(seed);
  for (let step = 0; step < 7; step++) {
    // A reset comes last, if at all, because the table is lost by it.
    const kind = step < 6 ? pick(12) : 7 + 5 * pick(2);
    const [own, leadNs, spanNs] = [pick(1e6), pick(second), pick(second)];
    const cuts = Array.from({ length: pick(4) }, () => pick(spanNs));
    const answers: unknown[] = [];
    for (const [index, device] of [watched, calm].entries()) {
      const before = served;
      device.board.runFor(leadNs);
      answers.push(await act(kind, chooser(own), device).catch((refusal) => `${refusal}`));
      const end = device.board.now + spanNs;
      // One of them is cut, saved and restored as it goes.
      if (index === 1)
        for (const cut of cuts.sort((a, b) => a - b)) {
          device.board.runUntil(Math.max(device.board.now, end - spanNs + cut));
          if (cut % 2 === 0) device.board.restore(device.board.snapshot());
          else device.board.loadState(device.board.saveState());
        }
      device.board.runUntil(end);
      executed[index] += served - before;
    }
    expect(answers[1], `action ${kind}, step ${step}`).toEqual(answers[0]);
    expect(known(calm), `action ${kind}, step ${step}`).toEqual(known(watched));
    expect(stateOf(calm), `snapshot, action ${kind}`).toBe(stateOf(watched));
    if (calm.board.multiplexer.released) errors = Math.max(errors, calm.board.multiplexer.figure('SWITCH_ERRORS'));
  }
  return { executed, errors };
}

describe('a board whose calm periods are passed over', () => {
  test('lives bit by bit as one that executes every service', async () => {
    let [watched, calm, errors] = [0, 0, 0];
    for (const seed of unluckySeeds(cases(8).numRuns)) {
      const found = await livedAlike(seed);
      watched += found.executed[0];
      calm += found.executed[1];
      errors += found.errors;
    }
    expect(calm / watched).toBeLessThan(0.2);
    expect(errors).toBeGreaterThan(3);
  });

  test('executes nothing while nobody asks, and the last periods when somebody does', async () => {
    const device = await refreshing(0, table, { seed: 3 });
    device.board.runFor(second);
    const before = served;
    device.board.runFor(second);
    expect(served).toBe(before);
    const { services } = await multiplexerState(device.client);
    expect(services).toBeGreaterThan(79_000 * 2);
    // The last period before the question was executed, with every deadline watched.
    expect(served - before).toBeGreaterThanOrEqual(table.lines[0].length);
    expect(served - before).toBeLessThan(30 * table.lines[0].length);
    device.board.runFor(millisecond);
  });
});
