// Watching changes nothing: a run seen by every view, log, exporter and instrument there is, at random moments, is to the last bit the
// run that nobody saw. Asking the device over one of its lines is an input, and no observer does that.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DeviceUnderTest } from '../../hil/rig/device.ts';
import { second } from '../../hil/rig/time.ts';
import type { Board } from '../../host/board/board.ts';
import { Random } from '../../host/board/random.ts';
import { Reading } from '../../host/board/surroundings.ts';
import { BoardView } from '../../host/board/view.ts';
import { BlueforsSystem } from '../../host/links/bluefors/system.ts';
import { Model336 } from '../../host/links/lake-shore/model-336.ts';
import { Model372 } from '../../host/links/lake-shore/model-372.ts';
import type { CryostatView } from '../../host/plant/cryostat/view.ts';
import { RAILS, RECORDER } from '../../protocol/generated/registers.ts';
import { Rail } from '../../protocol/plant/places.ts';
import { coldrig } from '../testing.ts';
import { RunFridge } from './fridge.ts';
import { fridgePlot } from './fridge-plot.ts';
import { viewLines } from './fridge-view.ts';
import { LiveLog } from './live-log.ts';

const faults = [
  'thermal-rise at 4K 200mW after 3s for 4s',
  'power-surge at dac -25% after 9s for 1s',
  'timing-jitter at primary after 11s for 2s',
  'signal-drop at control 6dB after 12s for 2s',
  'calibration-drift at 4K 20mK/min after 13s for 3s',
];
const runNs = 18 * second;

/** Everything that can be looked at, once. */
function observers(fridge: RunFridge, view: BoardView) {
  const { cryostat } = fridge;
  const bridge = new Model372(cryostat);
  const controller = new Model336(cryostat);
  const system = new BlueforsSystem(cryostat, bridge);
  return () => {
    viewLines(view, fridge, { colour: false, width: 80 });
    fridge.temperatures();
    if (fridge.samples.length > 1) fridgePlot(fridge);
    readAll(view);
    readAll(cryostat);
    view.register(RECORDER, 'HEARTBEAT', 2);
    view.register(RAILS, 'ENABLE');
    view.flashPicture();
    view.fuseWords();
    for (let place = 0; place < Reading.PLACES; place++) view.reading(place);
    for (const stage of cryostat.stages) {
      cryostat.loadWatts(stage);
      cryostat.capacityWatts(stage);
      cryostat.heatWatts('controller', stage);
    }
    for (const sensor of cryostat.sensors.keys()) cryostat.reading(sensor);
    for (const rail of cryostat.fridge.rails.keys()) cryostat.railMicrovolts(rail);
    for (const connector of cryostat.fridge.connectors.keys()) cryostat.insertionLossMilliDecibel(connector);
    cryostat.clock();
    controller.sample();
    bridge.sample();
    system.channels();
    system.pressures();
    system.states();
    system.compressor();
    system.heaters();
  };
}

/** All getters of a view's class: one that is added is looked at too. */
function readAll(view: BoardView | CryostatView): void {
  const members = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(view)));
  for (const [name, { get }] of members) if (get) Reflect.get(view, name);
}

async function run(watchers: number, seed: number, spy?: (board: Board) => void) {
  const fridge = new RunFridge('uts', faults, 1);
  const device = await DeviceUnderTest.running({ surroundings: () => fridge.wired });
  const view = new BoardView(device.board);
  const look = observers(fridge, view);
  const random = new Random(seed);
  const log = new LiveLog(view, () => {});
  device.board.onLog = (record) => {
    if (watchers === 0) return;
    log.record(record);
    fridge.watch(view, record.timeNs);
    if (random.below(40) === 0) look();
  };
  fridge.disturb(device.board);
  const end = device.board.now + runNs;
  while (device.board.now < end) {
    device.board.runUntil(Math.min(end, watchers === 0 ? end : device.board.now + 1 + random.below(200_000_000)));
    for (let i = 0; i < watchers; i++) look();
    spy?.(device.board);
  }
  return { hash: device.board.logHash, state: Buffer.from(device.board.saveState()), samples: fridge.samples.length };
}

describe('an observer', () => {
  it.each([1, 2, 3])('changes no log and no state, whenever it looks (moments of seed %d)', async (seed) => {
    const alone = await run(0, seed);
    const watched = await run(2, seed);
    expect(watched.samples).toBeGreaterThan(15);
    expect(watched.hash).toBe(alone.hash);
    expect(watched.state.equals(alone.state)).toBe(true);
  });

  it('that reads the chip itself is seen: a computed register brings the physics forward', async () => {
    const alone = await run(1, 1);
    const spied = await run(1, 1, (board) => board.machine.peek(RAILS, 'MILLIVOLTS', Rail.DAC));
    expect(spied.state.equals(alone.state)).toBe(false);
  });

  it('is refused a register that is computed when it is read', async () => {
    const fridge = new RunFridge('uts', [], 1);
    const device = await DeviceUnderTest.running({ surroundings: () => fridge.wired });
    const view = new BoardView(device.board);
    expect(() => view.register(RAILS, 'MILLIVOLTS')).toThrow('RAILS.MILLIVOLTS is computed when it is read');
  });
});

/** A terminal for a command, made by Python's standard library; its exit code is the command's. */
const onTerminal = 'import pty,sys,os; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
const hasPython = await promisify(execFile)('python3', ['-c', 'import pty']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasPython)('coldrig run on a terminal', () => {
  it('draws its live view, and its record replays to the same hash', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coldrig-watched-'));
    const record = join(folder, 'r.jsonl');
    const command = new URL('../coldrig.mjs', import.meta.url).pathname;
    const words = ['run', '--fridge', 'uts', '--udp', '0', '--speed', '8', '--for', '6', '--record', record];
    const { stdout } = await promisify(execFile)('python3', ['-c', onTerminal, process.execPath, command, ...words], {
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
    });
    // Drawn and taken away again, at least once.
    expect(stdout.split(`A${String.fromCharCode(27)}[J`).length).toBeGreaterThan(1);
    const hash = /log hash ([0-9a-f]{16})/.exec(stdout)?.[1];
    const { json } = await coldrig(['replay', record, '--json']);
    rmSync(folder, { recursive: true, force: true });
    expect(json).toMatchObject({ same: true, logHash: hash });
  });
});
