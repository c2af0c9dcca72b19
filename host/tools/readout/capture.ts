// A record of a device's own test tone, as its scope captured it: what judges the converter of a line. Over SMP alone.

import { ReadoutClear } from '../../../protocol/readout/module.ts';
import type { RequestOptions, SmpClient } from '../smp/index.ts';
import { capture, clearReadout, configureReadout, readCapture } from '../smp/readout.ts';

export interface TestTone {
  /** In whole quarters of a hertz. */
  frequencyHertz: number;
  /** In full scale: a multiple of 1/32768. */
  amplitude: number;
}

const AMPLITUDE_ONE = 32_768;

/** Captures `samples` from now on, in codes: I into even places and Q into odd ones. The scope is left empty. */
export async function captureTone(
  client: SmpClient,
  line: number,
  tone: TestTone,
  samples: number,
  options?: RequestOptions,
): Promise<Int16Array> {
  await configureReadout(client, 'TONE_FREQUENCY', 0, tone.frequencyHertz * 4, options);
  await configureReadout(client, 'TONE_AMPLITUDE', 0, tone.amplitude * AMPLITUDE_ONE, options);
  await capture(client, line, 'test-tone', samples, options);
  const { codes } = await readCapture(client, options);
  await clearReadout(client, ReadoutClear.SCOPE, line, options);
  return codes;
}
