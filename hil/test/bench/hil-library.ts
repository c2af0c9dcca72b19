// How long a team waits for the scenarios at each commit: `coldrig hil --junit` on the whole library, as CI calls it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coldrig } from '../campaign/live-server.ts';
import { millisecondsOf } from './measure.ts';
import { type BenchRow, median } from './row.ts';

/** Three minutes on two cores. */
const GOAL_SECONDS = 180;
const rounds = 3;

/** Row `hil-library`, in seconds of wall time, the start of its processes included. */
export async function benchHilLibrary(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-library-'));
  const times: number[] = [];
  try {
    for (let round = 0; round < rounds; round++)
      times.push(
        await millisecondsOf(async () => {
          const { code, stdout, stderr } = await coldrig(
            'hil',
            '--junit',
            join(folder, 'library.xml'),
            '--out',
            folder,
          );
          if (code !== 0) throw new Error(`hil-library: the scenarios failed: ${stderr || stdout}`);
        }),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    { id: 'hil-library', value: median(times) / 1000, unit: 's', goal: GOAL_SECONDS, peer: 'none', peerValue: 0 },
  ];
}
