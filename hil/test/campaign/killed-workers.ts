// A campaign of 100,000 points over four workers, two of which are killed on the way; the bench measures it, and the test kills the server as well.
//
// It is the proof of a user's own firmware (`prove power --image`), which has 105,320 points; that of ours has ten times as many.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firmwareImage } from '../../rig/images.ts';
import { keys } from '../../rig/keys.ts';
import type { LiveServer } from './live-server.ts';

export const pointsAtLeast = 100_000;
export const workerNames = ['a', 'b', 'c', 'd'];

/** The words of the proof, after its files are written into `folder`. */
export async function proofOfManyPoints(folder: string): Promise<string[]> {
  const [image, key] = ['app.bin', 'public.pem'].map((name) => join(folder, name));
  writeFileSync(image, await firmwareImage('1.0.0'));
  writeFileSync(key, keys[0].publicKeyPem);
  return ['power', '--image', image, '--key', key];
}

/** Works on a campaign to its end. Two workers have done a unit each and hold another one when SIGKILL comes; `onKilled` is called then. */
export async function workWithTwoKilled(
  server: LiveServer,
  campaign: string,
  onKilled: (others: readonly Worker[]) => Promise<void> = async () => {},
): Promise<readonly Worker[]> {
  const [first, second, ...others] = workerNames.map((name) => server.worker(campaign, name));
  await Promise.all([first, second].map(killInSecondUnit));
  await onKilled(others);
  const codes = await Promise.all(others.map((other) => other.ended()));
  const failed = others.find((_, index) => codes[index] !== 0);
  if (failed) throw new Error(`a worker that nobody killed ended with an error: ${failed.lines.join('\n')}`);
  return others;
}

type Worker = ReturnType<LiveServer['worker']>;

async function killInSecondUnit(victim: Worker): Promise<void> {
  await victim.says(/ done$/);
  await victim.stopInUnit();
  victim.signal('SIGKILL');
  const code = await victim.ended();
  if (code !== null) throw new Error(`the worker that was to be killed had ended with ${code}`);
}
