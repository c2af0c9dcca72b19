// Measures the channels of a device behind a target: clouds and effective bits, and nothing that only the surroundings of the device know.
//
//   tone of each channel, by the record of the device or by the chain ─▶ shots of both states on sequencer 0 ─▶ figures
//   test tone ─▶ scope of the chip ─▶ sine fit ─▶ effective bits
//
// What must stay true: all goes over SMP; the device is left as it was.

import { type ReadoutChain, TONES_A_LINE } from '../../host/plant/readout/chain-data.ts';
import { hasTone, toneHertz } from '../../host/tools/calibration/nodes/channel-nodes.ts';
import { planOfChain } from '../../host/tools/calibration/plan-of-chain.ts';
import type { Iq } from '../../host/tools/calibration/readout-bench.ts';
import { cloudFigures } from '../../host/tools/readout/clouds.ts';
import { configureReadout, readoutState, readReadoutSetting } from '../../host/tools/smp/readout.ts';
import type { Reached } from '../calibrate/device.ts';
import { type ChannelReport, type LineReport, recordBits, type ShotOptions } from './measure.ts';

export interface DeviceReport {
  channels: (ChannelReport & { isCalibrated: boolean; isClipped: boolean })[];
  lines: LineReport[];
}

/** A record is 64 KiB: some seconds on a serial line. */
const RECORDS = 8;
const toneSettings = ['TONE_FREQUENCY', 'TONE_AMPLITUDE'] as const;

export async function measureOverSmp(
  reached: Reached,
  options: ShotOptions,
  signal: AbortSignal,
  onStep: (what: string) => void,
): Promise<DeviceReport> {
  const { client, readout } = reached;
  const { chain, shots, lengthNs: windowNs } = options;
  const record = await readout.corrections();
  const channels: DeviceReport['channels'] = [];
  for (const plan of planOfChain(chain, options.channels).channels) {
    const { channel, amplitude } = plan;
    onStep(`channel ${channel}`);
    const frequencyHertz = toneHertz(record, plan);
    const tone = { channel, driveHertz: frequencyHertz, amplitude, windowNs, shots };
    const { zero, one, clipped: isClipped } = await readout.measure(tone);
    const clouds = [inTurn(zero), inTurn(one)] as const;
    const { attenuationDecibels } = await readoutState(client, { signal });
    channels.push({
      ...{ plan: { channel, frequencyHertz, amplitude }, name: nameOf(chain, channel), attenuationDecibels, clouds },
      ...{ measured: cloudFigures(clouds), isCalibrated: hasTone(record, channel), isClipped },
    });
  }
  const lines: LineReport[] = [];
  const before = await Promise.all(toneSettings.map((setting) => readReadoutSetting(client, setting, 0, { signal })));
  try {
    for (const line of new Set(options.channels.map((channel) => Math.floor(channel / TONES_A_LINE)))) {
      const bits: number[] = [];
      for (let n = 0; n < RECORDS; n++) {
        onStep(`the converter of line ${line}`);
        bits.push(await recordBits(client, line, n, { signal }));
      }
      lines.push({ line, name: chain.lines[line].name, bits });
    }
  } finally {
    for (const [i, setting] of toneSettings.entries())
      await configureReadout(client, setting, 0, before[i]).catch(() => undefined);
  }
  return { channels, lines };
}

const nameOf = (chain: ReadoutChain, channel: number): string =>
  chain.lines[Math.floor(channel / TONES_A_LINE)].resonators[channel % TONES_A_LINE].name;

function inTurn(shots: readonly Iq[]): Float64Array {
  const values = new Float64Array(2 * shots.length);
  for (const [n, { i, q }] of shots.entries()) values.set([i, q], 2 * n);
  return values;
}
