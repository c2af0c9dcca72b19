// `coldrig calibrate --target` on a board in another process: to the end; with a link that is cut, a reset, Ctrl-C, and a second calibration at any moment.
//
// Between both is a link that counts the requests, so that what happens in the middle happens at a request, and never at a time.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeCalibration } from '../../host/tools/calibration-record.ts';
import { SmpClient } from '../../host/tools/smp/index.ts';
import { claimReadout, readCalibration, readoutClaim, readReadoutSetting } from '../../host/tools/smp/readout.ts';
import { sequencerState } from '../../host/tools/smp/sequencer.ts';
import { CalChannel } from '../../protocol/calibration/record.ts';
import { SequencerState } from '../../protocol/q1/status.ts';
import { coldrig, RunningBoard, startColdrig } from '../testing.ts';

/** A UDP link to the board of one client at a time. */
class CountedLink {
  readonly target: string;
  /** Called with the number of each request, from 1 on, before it is passed on. */
  onRequest: (count: number) => void = () => {};
  isCut = false;
  private readonly socket: Socket;
  private readonly boardPort: number;
  private client = 0;
  /** Requests so far. */
  count = 0;
  private held: Buffer[] | undefined;

  static async to(board: RunningBoard): Promise<CountedLink> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new CountedLink(socket, Number(board.link('udp://').split(':').at(-1)));
  }

  private constructor(socket: Socket, boardPort: number) {
    this.socket = socket;
    this.boardPort = boardPort;
    this.target = `udp://127.0.0.1:${socket.address().port}`;
    socket.on('message', (bytes, from) => {
      if (from.port === boardPort) socket.send(bytes, this.client, '127.0.0.1');
      else this.request(bytes, from.port);
    });
  }

  /** Requests wait from now on. */
  hold(): void {
    this.held ??= [];
  }

  letGo(): void {
    for (const bytes of this.held ?? []) this.pass(bytes);
    this.held = undefined;
  }

  close(): void {
    this.socket.close();
  }

  private request(bytes: Buffer, from: number): void {
    this.client = from;
    this.onRequest(++this.count);
    if (this.isCut) return;
    if (!this.held) this.pass(bytes);
    // A request that is repeated meanwhile is passed on once: the board would drop what it has no room for.
    else if (!this.held.some((each) => each.equals(bytes))) this.held.push(bytes);
  }

  private pass(bytes: Buffer): void {
    this.socket.send(bytes, this.boardPort, '127.0.0.1');
  }
}

let folder = '';
let board: RunningBoard;
let link: CountedLink;
/** A client beside the link. */
let other: SmpClient;
const at = (name: string) => join(folder, name);
const records = () => at('records');
const call = (...more: string[]) => [
  ...['--json', 'calibrate', '--target', link.target, '--channels', '0', '--records', records()],
  // A machine that is busy is slow to answer, which is no cut link.
  ...['--timeout', '100000'],
  ...more,
];
/** The same, of the first half of the calibrations: enough for whatever happens in the middle. */
const half = (...more: string[]) => call('mixer-0', ...more);
/** In the middle of them: there are some 250 requests. */
const middle = 150;
/** Of the first two, offset and output, for what does not depend on which they are; and in the middle of the offset's. */
const begin = () => call('output-0');
const early = 20;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-over-smp-'));
  await open();
});
afterEach(async () => {
  await close('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function open(): Promise<void> {
  const links = ['--udp', '0', '--pty', at('console')];
  board = await RunningBoard.start(['--fridge', 'uts', ...links, '--flash', at('device.bin'), '--speed', '8']);
  await board.event('rails-up');
  link = await CountedLink.to(board);
  other = await SmpClient.open(board.link('udp://'), { firstSequence: 99, timeoutMs: 100_000 });
}

async function close(signal: NodeJS.Signals): Promise<void> {
  await other.close();
  link.close();
  await board.end(signal);
}

/** The next call of a function, as a promise. */
const happening = () => {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happen, happened };
};

/** Nothing of the calibration is left on the device but its record. */
async function expectLeft(but?: string): Promise<void> {
  expect((await sequencerState(other, 0)).state).not.toBe(SequencerState.RUNNING);
  expect(await readoutClaim(other)).toBeUndefined();
  if (but !== undefined) return;
  const { flags, frequencyQuarterHertz } = decodeCalibration((await readCalibration(other)).payload).channels[0];
  const tone = (await readReadoutSetting(other, 'FREQUENCY', 0)) | 0;
  expect(tone).toBe((flags & CalChannel.FLAG_TONE) !== 0 ? frequencyQuarterHertz : 0);
}

/** `coldrig readout` sees the channel as it was calibrated, says what it cannot know, and leaves nothing behind. */
async function expectReadable(): Promise<void> {
  const plot = at('readout.svg');
  const shots = ['--channels', '0', '--shots', '500', '--plot', plot, '--timeout', '100000'];
  const { code, json, stderr } = await coldrig(['--json', 'readout', '--target', link.target, ...shots]);
  expect(code, stderr || JSON.stringify(json)).toBe(0);
  const [channel] = json.channels as { measured: { snrDecibels: number; assignmentError: number } }[];
  expect(channel).toMatchObject({ channel: 0, isCalibrated: true, isClipped: false, formula: null, photons: null });
  expect(channel.measured.snrDecibels).toBeGreaterThan(20);
  expect(channel.measured.assignmentError).toBeLessThan(0.03);
  const [line] = json.lines as { effectiveBits: { mean: number; records: number[] } }[];
  expect(line).toMatchObject({ noiseKelvin: null, effectiveBits: { formula: null } });
  expect(line.effectiveBits.records).toHaveLength(8);
  // 9.5 bits, 9.2 when the chip is warm from sending records.
  expect(line.effectiveBits.mean).toBeGreaterThan(8.5);
  expect(line.effectiveBits.mean).toBeLessThan(10);
  expect(readFileSync(plot, 'utf8')).toMatch(/^<svg [\s\S]*0 R0[\s\S]*<\/svg>\n$/);
  expect(await readReadoutSetting(other, 'TONE_AMPLITUDE', 0)).toBe(0);
  await expectLeft();
}

/**
 * Over a serial line the same device is calibrated and read. Whether it was in its limits still: the time of the board goes on while a busy machine takes
 * its time, and the converter drifts.
 */
async function expectSerial(): Promise<boolean> {
  const target = ['--target', `serial://${at('console')}`, '--channels', '0', '--timeout', '100000'];
  const folder = ['--records', at('serial')];
  const calibrated = await coldrig(['--json', 'calibrate', 'offset-0', '--force', ...target, ...folder]);
  expect(calibrated.code, calibrated.stderr || calibrated.stdout).toBe(0);
  const of = { node: 'offset-0' };
  const good = { ...of, kind: 'check', verdict: 'in_spec' };
  const mended = [
    { ...of, kind: 'check', verdict: 'out_of_spec' },
    { ...of, kind: 'calibrate', verdict: 'in_spec' },
  ];
  const { failures, runs } = calibrated.json as { failures: unknown[]; runs: { verdict: string }[] };
  const isGood = runs[0]?.verdict === 'in_spec';
  expect({ failures, runs }).toMatchObject({ failures: [], runs: isGood ? [good] : mended });
  const { code, json, stderr } = await coldrig(['--json', 'readout', '--shots', '100', ...target]);
  expect(code, stderr).toBe(0);
  const [{ measured }] = json.channels as { measured: { snrDecibels: number } }[];
  expect(measured.snrDecibels).toBeGreaterThan(20);
  return isGood;
}

/** Nothing was measured again that was there already. */
function expectEachOnce(): void {
  const runs = readdirSync(records()).map((name) => name.slice(name.indexOf('-') + 1));
  expect(runs.length).toBe(new Set(runs).size);
}

describe('a calibration over SMP', { timeout: 600_000 }, () => {
  it('brings a device into its limits, and finds it so again after a power cycle', async () => {
    const first = await coldrig(call());
    expect(first.code, first.stderr).toBe(0);
    const runs = (json: Record<string, unknown>) =>
      (json.runs as { kind: string; node: string }[]).map(({ kind, node }) => `${kind} ${node}`);
    // A new device has 35 codes of offset and 63 ns of delay.
    const [offset, timing] = ['calibrate offset-0', 'calibrate timing-0'];
    expect(runs(first.json)).toEqual(expect.arrayContaining([offset, timing]));
    // Whoever uses the channel needs nothing but the record.
    const { flags } = decodeCalibration((await readCalibration(other)).payload).channels[0];
    expect(flags).toBe(CalChannel.FLAGS_ALL);
    await expectLeft();
    await expectReadable();
    const isGood = await expectSerial();
    const { json } = await coldrig(call());
    // What somebody else has calibrated meanwhile is looked at again.
    expect(json).toMatchObject(isGood ? { ok: true, runs: [] } : { ok: true });
    await close('SIGTERM');
    await open();
    const again = await coldrig(call());
    expect(again.code, again.stderr).toBe(0);
    expect(runs(again.json)).toContain('check threshold-0');
    for (const run of [offset, timing]) expect(runs(again.json)).not.toContain(run);
  });

  it('whose link is cut says that it can go on, and goes on where it was', async () => {
    link.onRequest = (count) => {
      link.isCut = count >= middle;
    };
    const cut = await coldrig(half('--timeout', '5000'));
    expect(cut.code).toBe(1);
    expect(cut.json).toMatchObject({ error: { code: 'TIMEOUT' } });
    expect(cut.stdout).toContain('the same command goes on where it was');
    const before = readdirSync(records()).filter((name) => name.endsWith('.json') && name !== 'session.json');
    expect(before.length).toBeGreaterThan(1);
    [link.onRequest, link.isCut] = [() => {}, false];
    // Its claim is its own: it ends by itself, which is waited for in the time of the device.
    while (await readoutClaim(other)) await other.pause(100);
    const { code, json, stderr } = await coldrig(half());
    expect(code, stderr || JSON.stringify(json)).toBe(0);
    expect(json.resumed).toBeGreaterThan(0);
    expectEachOnce();
    await expectLeft('with a tone that the link was cut before it could be put back');
  });

  it('of a device that is reset meanwhile says so, and checks everything when it is called again', async () => {
    link.onRequest = (count) => {
      if (count === middle) void other.reset();
    };
    const { code, json } = await coldrig(half());
    expect(code).toBe(1);
    expect(json).toMatchObject({
      error: { code: 'DEVICE_RESET', message: expect.stringMatching(/boot 1, now boot 2/) },
    });
    // It does not ask for seconds whether a sequencer that has lost its program has ended.
    expect(link.count).toBeLessThan(middle + 1000);
    link.onRequest = () => {};
    const again = await coldrig(begin());
    expect(again.code, again.stderr).toBe(0);
    expect(again.json).toMatchObject({ resumed: 0 });
    await expectLeft();
  });

  it('that is ended by Ctrl-C leaves the device as it was, and goes on where it was', async () => {
    const first = startColdrig(half());
    link.onRequest = (count) => {
      if (count === middle) first.end('SIGINT');
    };
    expect((await first.outcome).code).toBe(130);
    await expectLeft();
    const { code, json, stderr } = await coldrig(half());
    expect(code, stderr || JSON.stringify(json)).toBe(0);
    expect(json.resumed).toBeGreaterThan(0);
    expectEachOnce();
  });

  it('refuses a second one on the same device, or into the same folder, and is not disturbed', async () => {
    const { happen, happened } = happening();
    link.onRequest = (count) => {
      if (count !== early) return;
      link.hold();
      happen();
    };
    const first = startColdrig(begin());
    await happened;
    // So that it does not end in the time that the others take to start.
    await claimReadout(other, (await readoutClaim(other))?.id ?? 0, 600_000);
    const session = () => readFileSync(join(records(), 'session.json'), 'utf8');
    const [before, names] = [session(), readdirSync(records())];
    const beside = ['--json', 'calibrate', '--target', board.link('udp://'), '--channels', '0', '--records'];
    const device = await coldrig([...beside, at('others')]);
    expect(device.code).toBe(1);
    expect(device.json).toMatchObject({
      error: { code: 'MEASUREMENT', message: expect.stringContaining('another client works with the readout') },
    });
    expect(existsSync(at('others'))).toBe(false);
    const same = await coldrig([...beside, records()]);
    expect(same.code).toBe(1);
    expect(same.json).toMatchObject({ error: { code: 'BUSY' } });
    expect([session(), readdirSync(records())]).toEqual([before, names]);
    link.letGo();
    const { code, stdout } = await first.outcome;
    expect(code, stdout.slice(0, 400)).toBe(0);
    await expectLeft();
  });
});
