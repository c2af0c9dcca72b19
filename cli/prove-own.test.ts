// `coldrig prove` with guests of one's own: a bootloader and a firmware in files. About five seconds of processor time; the broken bootloader is that of a
// canary, which the proof of the canaries compiles as well.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootloaderFor } from '../hil/prove/canaries/canaries.ts';
import { signed } from '../hil/rig/images.ts';
import { keys } from '../hil/rig/keys.ts';
import { compileGuest } from '../host/tools/guest.ts';
import { coldrig } from './testing.ts';

let folder = '';
let payload: Uint8Array;
const inFolder = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-prove-own-'));
  writeFileSync(inFolder('broken.wasm'), await bootloaderFor({ canary: 'board identity ignored' }));
  writeFileSync(inFolder('sound.wasm'), await bootloaderFor({}));
  payload = await compileGuest('bootloader/testing/agent.entry.ts');
  writeFileSync(inFolder('app.bin'), signed('1.0.0', { payload }));
  for (const number of [0, 1]) writeFileSync(inFolder(`${number}.pem`), keys[number].publicKeyPem);
});
afterAll(() => rmSync(folder, { recursive: true }));

const slice = (proof: string, scenario: string) => [
  ...['prove', proof, '--slice', '--threads', '1', '--scenario', scenario, '--json'],
];
const image = () => ['--image', inFolder('app.bin'), '--key', inFolder('0.pem')];

describe('coldrig prove with guests of one’s own', () => {
  it('finds what is wrong with a bootloader in a file, and the command that repeats it names the file', async () => {
    const broken = ['--bootloader', inFolder('broken.wasm')];
    const { code, json } = await coldrig([...slice('tamper', 'images for other boards'), ...broken]);
    expect([code, json.violations]).toEqual([1, expect.any(Number)]);
    const [{ replay }] = json.found as { replay: string }[];
    expect(replay).toContain(`'--bootloader' '${inFolder('broken.wasm')}'`);
    const again = replay.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) as string[];
    expect((await coldrig([...again.slice(1), '--json'])).code).toBe(1);
  });

  it('proves a sound one, by its own hash, with firmware in the images under attack', async () => {
    const sound = ['--bootloader', inFolder('sound.wasm'), ...image()];
    const { code, json } = await coldrig([...slice('tamper', 'images for other boards'), ...sound]);
    expect([code, json.violations]).toEqual([0, 0]);
    const ours = await coldrig(slice('tamper', 'images for other boards'));
    expect((json.proved as { guests: object }).guests).toEqual({
      ...(ours.json.proved as { guests: object }).guests,
      firmware: createHash('sha256').update(payload).digest('hex'),
    });
  });

  it('says which scenarios it leaves out, and why', async () => {
    const { json } = await coldrig([...slice('power', 'first install of the whole firmware'), ...image()]);
    expect(json.leftOut).toContainEqual({
      scenario: 'the whole firmware hangs',
      because: 'it needs a build of the firmware that hangs, and there is one of ours alone',
    });
    // The agent has no SMP server, so nobody can update it over the wire: that is told as what it is.
    const [first] = json.found as object[];
    expect(first).toMatchObject({ invariant: 'repeatable', text: expect.stringMatching(/an answer to operation/) });
  });

  it.each([
    ['explore', () => image(), /does not take --image: its firmware does what the search tells it/],
    [
      'canaries',
      () => ['--bootloader', inFolder('sound.wasm')],
      /does not take --bootloader: it breaks sources of ours/,
    ],
    ['tamper', () => ['--image', inFolder('app.bin')], /--image FILE and --key PUBLIC\.pem go together/],
    [
      'tamper',
      () => ['--bootloader', inFolder('sound.wasm'), '--canary', 'hash TLV not compared'],
      /does not take --canary/,
    ],
  ])('refuses for %s what it cannot do, as a mistake of the command line', async (proof, words, message) => {
    const { code, json } = await coldrig(['prove', proof, '--slice', '--json', ...words()]);
    expect([code, (json.error as { message: string }).message]).toEqual([2, expect.stringMatching(message)]);
  });

  it('refuses an image that its key did not sign, and a bootloader that is no module', async () => {
    const other = ['--image', inFolder('app.bin'), '--key', inFolder('1.pem')];
    expect((await coldrig(['prove', 'tamper', '--slice', '--json', ...other])).json.error).toMatchObject({
      reason: 'KEY_UNKNOWN',
    });
    const { json } = await coldrig(['prove', 'tamper', '--slice', '--json', '--bootloader', inFolder('0.pem')]);
    expect(json.error).toMatchObject({ code: 'CORE_REFUSED' });
  });
});
