// A readout channel that cannot tell its states apart any more is calibrated without a person: board, gateway and every command a process of its own.
//
//   a record of another cooldown is stored ──> an experiment's SNR is below the limit ──> READOUT_LOST ──> begun, in the name of a technician ──> the graph runs ──>
//   corrections are on the device ──> stored, and a record of each run is on disk ──> the experiment's SNR is good: READOUT_BACK
//
// And then without a credential that is good, with one that is taken away in the middle, and with a chain that is not the one that was built.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChain } from '../../../../cli/readout/open.ts';
import type { GatewayState } from '../../../../host/telemetry/metrics/api.ts';
import { planOfChain } from '../../../../host/tools/calibration/plan-of-chain.ts';
import { decodeCalibration, encodeCalibration } from '../../../../host/tools/calibration-record.ts';
import { repositoryRoot } from '../../../../host/tools/guest.ts';
import { SmpClient } from '../../../../host/tools/smp/index.ts';
import { readCalibration, storeCalibration } from '../../../../host/tools/smp/readout.ts';
import {
  configureSequencer,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../../../../host/tools/smp/sequencer.ts';
import { EventKind } from '../../../../protocol/telemetry/events.ts';
import { coldrigIn, freePort } from '../../campaign/live-server.ts';
import { statesProgram } from '../../faults/reading-bench.ts';
import { LiveProcess } from './live-process.ts';

const device = '1'.padStart(32, '0');
const withinMs = 300_000;
/** Takes half of the drive's distance from the states of resonators that are 3 MHz wide: SNR about 15 dB. */
const detunedQuarterHertz = 4 * 3_000_000;
const [{ channel, amplitude }] = planOfChain(openChain('uts'), [0]).channels;
const windowNs = 1_000;

describe('a readout channel whose SNR falls below the limit', () => {
  let folder: string;
  let board: LiveProcess;
  let client: SmpClient;
  let gateway: LiveProcess;
  let page: string;
  let target: string;

  /** To its end, in the folder, as a person would. */
  const coldrig = async (...words: string[]) => {
    const { code, stderr } = await coldrigIn(folder, ...words);
    if (code !== 0) throw new Error(`coldrig ${words.join(' ')} ended with ${code}: ${stderr}`);
  };
  const startGateway = async (chain: string) => {
    const port = await freePort();
    page = `http://127.0.0.1:${port}`;
    gateway = await LiveProcess.start([
      ...['gateway', '--target', target, '--name', 'lab', '--cryostat', 'north', '--log', join(folder, 'log')],
      ...['--listen', `127.0.0.1:${port}`, '--calibrate', chain, '--calibrate-as', join(folder, 'robot.token')],
      ...['--people', join(folder, 'people.json'), '--records', join(folder, 'calibration')],
    ]);
  };
  const giveToken = () =>
    coldrig('fleet', 'person', 'add', 'robot', '--role', 'technician', '--days', '1', '--token-out', 'robot.token');

  const stateOfGateway = async (): Promise<GatewayState> => {
    const ask = () => fetch(`${page}/api/state`);
    // The second time for a connection that rested, and that the gateway has just closed.
    return (await (await ask().catch(ask)).json()) as GatewayState;
  };
  /** What the gateway has said of its calibrations, the oldest first: `state: reason`. */
  const said = async (): Promise<string[]> =>
    (await stateOfGateway()).gaps
      .filter(({ kind, body }) => kind === 'calibration' && `${body.because}`.startsWith('READOUT_LOST'))
      .map(({ body }) => `${body.state}: ${body.reason}`);
  /** How often the device has told an event. */
  const told = async (kind: keyof typeof EventKind): Promise<number> =>
    (await stateOfGateway()).events.filter(({ body }) => body.event === EventKind[kind]).length;
  const until = async <Value>(look: () => Promise<Value>, isEnough: (value: Value) => boolean): Promise<Value> => {
    for (const end = Date.now() + withinMs; ; ) {
      const value = await look();
      if (isEnough(value)) return value;
      if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)}; said: ${(await said()).join(' | ')}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  /** The next thing that the gateway says, behind so many. */
  const next = async (behind: number): Promise<string> => (await until(said, ({ length }) => length > behind))[behind];

  const tone = async () =>
    decodeCalibration((await readCalibration(client)).payload).channels[channel].frequencyQuarterHertz;
  const storeDetuned = async () => {
    const record = decodeCalibration((await readCalibration(client)).payload);
    record.channels[channel].frequencyQuarterHertz += detunedQuarterHertz;
    await storeCalibration(client, encodeCalibration(record));
  };
  /** Measures both states on sequencer 0, by the tone of the record, until it is stopped. */
  const experiment = async () => {
    const { binary, settings = [] } = statesProgram({
      ...{ channel, windowNs, amplitude },
      frequencyQuarterHertz: await tone(),
    });
    await uploadSequence(client, 0, binary);
    for (const [setting, value, index] of settings) await configureSequencer(client, 0, setting, value, index);
    await startSequencers(client, 1);
  };
  const stopExperiment = () => stopSequencers(client, 1);
  /** A record of another cooldown is stored, and an experiment shows it. */
  const loseChannel = async () => {
    const before = await told('READOUT_LOST');
    await storeDetuned();
    await experiment();
    await until(
      () => told('READOUT_LOST'),
      (count) => count > before,
    );
  };
  /** The experiment again: the device tells anew that a channel is lost when it was good in between. */
  const regainChannel = async () => {
    const before = await told('READOUT_BACK');
    await experiment();
    await until(
      () => told('READOUT_BACK'),
      (count) => count > before,
    );
    await stopExperiment();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-event-calibration-'));
    board = await LiveProcess.start(['run', '--fridge', 'uts', '--udp', '0', '--speed', '4']);
    target = (board.ready.links as string[])[0];
    client = await SmpClient.open(target, { firstSequence: 99, timeoutMs: 100_000 });
    await giveToken();
    await startGateway('uts');
    await coldrig('calibrate', '--target', target, '--channels', '0', '--records', 'by-hand', '--timeout', '100000');
  });
  afterAll(async () => {
    await client?.close();
    await gateway?.end();
    await board?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is calibrated through the graph when the experiment has ended, and is good again', async () => {
    const calibrated = await tone();
    await loseChannel();
    expect(await next(0)).toBe('begun: channels 0, in the name of robot');
    // An experiment is worth more.
    expect([(await said()).length, await tone()]).toEqual([1, calibrated + detunedQuarterHertz]);
    await stopExperiment();
    expect(await next(1)).toMatch(/^stored: .*resonator-0/);
    expect(Math.abs((await tone()) - calibrated)).toBeLessThan(4 * 150_000);
    const runs = readdirSync(join(folder, 'calibration', device)).map((file) =>
      JSON.parse(readFileSync(join(folder, 'calibration', device, file), 'utf8')),
    );
    expect(runs.filter(({ node, kind }) => node === 'resonator-0' && kind === 'calibrate')).toHaveLength(1);
    await regainChannel();
  });

  test('is left alone without a credential that is good, and is calibrated a minute after there is one', async () => {
    const people = join(folder, 'people.json');
    const whole = JSON.parse(readFileSync(people, 'utf8'));
    // It ends sooner than a calibration must.
    whole.people.robot.until = new Date(Date.now() + 300_000).toISOString();
    writeFileSync(people, JSON.stringify(whole));
    await loseChannel();
    await stopExperiment();
    expect(await next(2)).toMatch(/^refused: the credential of robot ends .*; to calibrate may take 15 minutes$/);
    await giveToken();
    expect(await next(3)).toBe('begun: channels 0, in the name of robot');
    expect(await next(4)).toMatch(/^stored: .*resonator-0/);
    await regainChannel();
  });

  test('is calibrated no longer when the credential is taken away', async () => {
    await loseChannel();
    expect(await next(5)).toBe('begun: channels 0, in the name of robot');
    await coldrig('fleet', 'person', 'revoke', 'robot');
    expect(await next(6)).toMatch(/^failed: it may no longer: .*revoked/);
    await stopExperiment();
    expect(await next(7)).toMatch(/^refused: .*revoked/);
    await giveToken();
    expect(await next(8)).toBe('begun: channels 0, in the name of robot');
    expect(await next(9)).toMatch(/^stored: .*resonator-0/);
    await regainChannel();
  });

  test('is tried once more when it fails, and then left to a person', async () => {
    const before = (await said()).length;
    await gateway.end('SIGTERM');
    // Who believes that so little is lost on the way drives the resonators with a tenth of what they need.
    const chain = readFileSync(join(repositoryRoot, 'host/plant/readout/presets/uts.yaml'), 'utf8');
    writeFileSync(join(folder, 'lab.yaml'), chain.replaceAll('loss_dB: 80', 'loss_dB: 60'));
    await startGateway(join(folder, 'lab.yaml'));
    await until(said, ({ length }) => length === before);
    await loseChannel();
    await stopExperiment();
    const rest = (await until(said, ({ length }) => length === before + 5)).slice(before);
    expect(rest.map((line) => line.split(':')[0])).toEqual(['begun', 'failed', 'begun', 'failed', 'stopped']);
    expect(rest[4]).toContain('nothing is calibrated until the device boots or has other corrections');
  });
});
