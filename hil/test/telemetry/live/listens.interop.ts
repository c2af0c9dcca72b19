// Where each command that listens does so when it is not told a place: on this machine alone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { listeners } from './listeners.ts';
import { LiveProcess } from './live-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-listens-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const silent = ['--target', 'udp://127.0.0.1:9'];

// How many sockets: of TCP, and of UDP.
test.each([
  ['a board with all of its links', ['run', '--udp', '0', '--serial', '0', '--pty', at('console')], 1, 1],
  [
    'a board with its page',
    ['run', '--udp', '0', '--dashboard', '--listen', '127.0.0.1:0', '--flash', at('flash.bin')],
    1,
    undefined,
  ],
  [
    'an emulated cryostat',
    ['cryostat', 'serve', 'uts', '--lake-shore-336', '0', '--lake-shore-372', '0', '--bluefors-http', '0'],
    3,
    0,
  ],
  ['a gateway', ['gateway', '--log', at('plain'), ...silent], 0, undefined],
] as const)('%s', async (_what, words, tcp, udp) => {
  const process = await LiveProcess.start(words);
  try {
    const found = listeners(process.pid);
    expect([...found.tcp, ...found.udp].filter((place) => !place.startsWith('127.0.0.1:'))).toEqual([]);
    expect(found.tcp).toHaveLength(tcp);
    if (udp !== undefined) expect(found.udp).toHaveLength(udp);
  } finally {
    await process.end('SIGTERM');
  }
});
