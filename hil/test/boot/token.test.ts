// Downgrade tokens on the real firmware and bootloader: what a token allows, and everything that makes it invalid.

import { beforeAll, describe, expect, test } from 'vitest';
import { compileGuest } from '../../../host/tools/guest.ts';
import { parseImage, signImage } from '../../../host/tools/image/index.ts';
import { makeToken, type TokenOptions } from '../../../host/tools/image/token.ts';
import { readFuseReport, readWholeBootLog, sendToken } from '../../../host/tools/smp/boot-group.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { bootDecisions } from '../../../protocol/image/boot-state.ts';
import { Fuse, KeyPurpose, MemoryMap } from '../../../protocol/memory-map.ts';
import { bootErrors } from '../../../protocol/smp/boot.ts';
import { ImgCommand, SmpGroup } from '../../../protocol/smp/smp.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { keys } from '../../rig/keys.ts';
import { second } from '../../rig/time.ts';

let old: Uint8Array;
let running: Uint8Array;
let next: Uint8Array;
let hash: Uint8Array;

beforeAll(async () => {
  const payload = await compileGuest('firmware/main.ts');
  const make = (version: string, securityCounter: number) =>
    signImage({ payload, privateKeyPem: keys[0].privateKeyPem, version, securityCounter });
  old = make('1.0.0', 1);
  running = make('2.0.0', 5);
  next = make('3.0.0', 5);
  hash = parseImage(old).hash as Uint8Array;
});

/** 2.0.0 with counter 5 confirmed in A and running; 1.0.0 with counter 1 uploaded to B. */
async function device(): Promise<DeviceUnderTest> {
  const made = await DeviceUnderTest.running({ slots: { A: running } });
  made.board.runFor(second);
  await made.client().upload(old);
  return made;
}

async function tokenFor(made: DeviceUnderTest, options: Partial<TokenOptions> = {}): Promise<Uint8Array> {
  const { serial, board, securityCounter } = await readFuseReport(made.client());
  const counter: [number, number] = [0, securityCounter];
  const usual = { privateKeyPem: keys[0].privateKeyPem, imageHash: hash, serial, board, displaces: '2.0.0', counter };
  return makeToken({ ...usual, ...options });
}

/** The name of the refusal, or the slot. */
async function send(made: DeviceUnderTest, token: Uint8Array): Promise<string | number | undefined> {
  return sendToken(made.client(), token).catch((error) => nameOf(bootErrors, error.code) ?? String(error));
}

async function restart(made: DeviceUnderTest): Promise<void> {
  await made.client().reset();
  made.board.runFor(3 * second);
}

const lastBoot = async (made: DeviceUnderTest) => {
  const { decision, ran, reasons } = (await readWholeBootLog(made.client())).at(-1) ?? {};
  return [nameOf(bootDecisions, decision ?? 0), ran?.version === undefined ? undefined : ran.version >>> 24, reasons];
};

describe('a downgrade token', () => {
  test('lets an older image run and be confirmed, boot after boot, until a newer one is confirmed', async () => {
    const made = await device();
    expect(
      await made
        .client()
        .imageTest(hash)
        .catch((error) => String(error)),
    ).toContain('newer');
    expect(await send(made, await tokenFor(made))).toBe(1);
    await made.client().imageTest(hash);
    await restart(made);
    expect(await lastBoot(made)).toEqual(['TRIAL_FIRST', 1, [0, 0]]);
    await made.client().imageConfirm();
    await restart(made);
    expect(await lastBoot(made)).toEqual(['CONFIRMED', 1, [0, 0]]);
    expect((await readFuseReport(made.client())).securityCounter).toBe(5);
    await made.client().upload(next);
    await made.client().imageTest(parseImage(next).hash as Uint8Array);
    await restart(made);
    expect(await lastBoot(made)).toEqual(['TRIAL_FIRST', 3, [0, 0]]);
    await made.client().imageConfirm();
    await restart(made);
    expect(await lastBoot(made)).toEqual(['CONFIRMED', 3, [0, 0]]);
  });

  test('of a trial that fails changes nothing for good: the newer image is back', async () => {
    const made = await device();
    await send(made, await tokenFor(made));
    await made.client().imageTest(hash);
    await restart(made);
    await restart(made);
    expect(await lastBoot(made)).toEqual(['REVERTED', 2, [0, 32]]);
  });

  test('is erased with its image when another one is uploaded', async () => {
    const made = await device();
    await send(made, await tokenFor(made));
    await made.client().erase();
    await made.client().upload(old);
    expect(
      await made
        .client()
        .imageTest(hash)
        .catch((error) => String(error)),
    ).toContain('newer');
  });

  test('with a flipped bit in flash is not valid, and the newer image runs', async () => {
    const made = await device();
    await send(made, await tokenFor(made));
    await made.client().imageTest(hash);
    const address = MemoryMap.SLOT_B + MemoryMap.IMAGE_SIZE_MAX + 70;
    const byte = new Uint8Array(1);
    made.board.machine.flash.readBytes(address, byte);
    made.board.machine.flash.writeBytes(address, Uint8Array.of(byte[0] ^ 1));
    await restart(made);
    expect((await lastBoot(made)).slice(0, 2)).toEqual(['CONFIRMED', 2]);
  });

  test('that is there already is good, whatever happened to flash meanwhile', async () => {
    const made = await device();
    const token = await tokenFor(made, { imageHash: parseImage(running).hash as Uint8Array });
    expect(await send(made, token)).toBe(0);
    const { flash } = made.board.machine;
    const write = flash.writeWord.bind(flash);
    flash.writeWord = (address, value) => (address < MemoryMap.SLOT_B ? write(address, value) : undefined);
    await expect(made.client().upload(next)).rejects.toThrow('Flash');
    flash.writeWord = write;
    expect(await send(made, token)).toBe(0);
  });

  test('that cannot be written does not end the upload that is under way', async () => {
    const made = await device();
    const client = made.client();
    const chunk = (off: number, more: object = {}) =>
      client.request(
        { what: 'chunk', group: SmpGroup.IMG, command: ImgCommand.UPLOAD, write: true },
        { off, data: next.subarray(off, off + 512), ...more },
      );
    expect(await chunk(0, { len: next.length })).toEqual({ off: 512 });
    const { flash } = made.board.machine;
    const write = flash.writeWord.bind(flash);
    flash.writeWord = (address, value) => (address >= MemoryMap.SLOT_B ? write(address, value) : undefined);
    const token = await tokenFor(made, { imageHash: parseImage(running).hash as Uint8Array });
    expect(await send(made, token)).toBe('FLASH_WRITE');
    flash.writeWord = write;
    expect(await chunk(512)).toEqual({ off: 1024 });
  });

  const flip = (token: Uint8Array, at: number) => token.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const refusals: [string, string, (made: DeviceUnderTest) => Promise<Uint8Array>][] = [
    ['of other bytes', 'TOKEN_FORMAT', async (made) => flip(await tokenFor(made), 0)],
    ['that is too short', 'TOKEN_FORMAT', async (made) => (await tokenFor(made)).subarray(1)],
    ['about another image', 'TOKEN_NO_IMAGE', (made) => tokenFor(made, { imageHash: new Uint8Array(32) })],
    ['for another device', 'TOKEN_OTHER_DEVICE', (made) => tokenFor(made, { serial: new Uint8Array(16).fill(9) })],
    ['for another board', 'TOKEN_OTHER_DEVICE', (made) => tokenFor(made, { board: 7, serial: undefined })],
    ['for a counter long past', 'TOKEN_COUNTER', (made) => tokenFor(made, { counter: [0, 4] })],
    ['for a counter to come', 'TOKEN_COUNTER', (made) => tokenFor(made, { counter: [6, 9] })],
    ['of a key we do not have', 'TOKEN_KEY', (made) => tokenFor(made, { privateKeyPem: keys[3].privateKeyPem })],
    ['with a changed version', 'TOKEN_SIGNATURE', async (made) => flip(await tokenFor(made), 31)],
    ['with a changed signature', 'TOKEN_SIGNATURE', async (made) => flip(await tokenFor(made), 110)],
  ];
  test.each(refusals)('%s is refused: %s', async (_what, reason, make) => {
    const made = await device();
    expect(await send(made, await make(made))).toBe(reason);
  });

  test('for every device of the board is taken, and refused where its key is not for tokens', async () => {
    const made = await device();
    const token = await tokenFor(made, { serial: undefined });
    expect(await send(made, token)).toBe(1);
    made.board.cutPower();
    const words = made.board.fuseWords();
    words[Fuse.KEY_PURPOSES] = KeyPurpose.RELEASE;
    made.board.loadFuses(words);
    made.board.powerOn();
    made.board.runFor(second);
    expect(await send(made, token)).toBe('TOKEN_KEY');
  });
});
