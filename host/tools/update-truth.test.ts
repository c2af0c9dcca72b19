// What an update says has to be what the device did: on images that fail in every way, with power lost meanwhile, on devices that do not come
// back, and on devices that are not ours.

import { beforeAll, describe, expect, it } from 'vitest';
import { ImageFormat } from '../../protocol/image/format.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import { Board } from '../board/board.ts';
import { boardDevice } from '../links/in-process.ts';
import { type Build, buildAll } from './build.ts';
import { generateKey, parseImage, type SignOptions, signImage, verifyImage } from './image/index.ts';
import { FakeServer } from './smp/fake-server.ts';
import { answeringDevice, type InProcessDevice, inProcessTransport, SmpClient } from './smp/index.ts';
import { type UpdateOptions, updateDevice } from './update.ts';

let build: Build;
beforeAll(async () => {
  build = await buildAll();
}, 300_000);

const imageOf = (name: string) => build.images.get(name)?.bytes ?? new Uint8Array(0);

function moduleOf(name: string): Uint8Array {
  const bytes = imageOf(name);
  const { headerSize, imageSize } = parseImage(bytes).header;
  return bytes.subarray(headerSize, headerSize + imageSize);
}

const signed = (name: string, options: Partial<SignOptions>) =>
  signImage({
    ...{ payload: moduleOf(name), privateKeyPem: build.privateKeyPem, version: '2.0.0', securityCounter: 1 },
    ...options,
  });

/** A new board that runs 1.0.0, with a client; `meddle` is called before each wait for an answer. */
function newBoard(meddle: (board: Board) => void = () => {}) {
  const board = new Board();
  board.provision({ bootloader: build.bootloader, keys: [build.publicKey], slots: { A: imageOf('factory') } });
  board.powerOn();
  board.runUntil(2e9);
  const device = boardDevice(board);
  const meddled: InProcessDevice = {
    ...device,
    receive: (timeoutMs) => {
      meddle(board);
      return device.receive(timeoutMs);
    },
  };
  const client = new SmpClient(inProcessTransport(meddled));
  const update = (image: Uint8Array, goal: UpdateOptions['goal'], options: Partial<UpdateOptions> = {}) =>
    updateDevice(client, image, { goal, ...options });
  return { board, client, update };
}

describe('an image signed to be confirmed in advance', () => {
  it('only uploaded is told to be tried at the next reset, and to confirm itself', async () => {
    const { update } = newBoard();
    expect(await update(signed('good', { confirm: true }), 'upload')).toMatchObject({
      ...{ verdict: 'uploaded', waiting: 'permanent', running: { version: '1.0.0' } },
    });
  });

  it('signed with --pad only is told to be tried', async () => {
    const { update } = newBoard();
    expect(await update(signed('good', { pad: true }), 'upload')).toMatchObject({ waiting: 'trial' });
  });

  it('and older than the confirmed image waits behind it: the next reset does not run it', async () => {
    const { client, update } = newBoard();
    expect(await update(signed('good', { version: '2.0.0' }), 'confirm')).toMatchObject({ verdict: 'confirmed' });
    const older = await update(signed('good', { version: '1.9.9', confirm: true }), 'upload');
    expect(older).toMatchObject({ waiting: 'permanent', running: { version: '2.0.0', confirmed: true } });
    await client.reset();
    await client.waitUntilBack();
    const images = await client.imageState();
    expect(images.find(({ active }) => active)?.version).toBe('2.0.0');
    expect(images.find(({ active }) => !active)).toMatchObject({ version: '1.9.9', pending: true });
  });

  it('that hangs is rolled back, whatever was requested', async () => {
    for (const goal of ['trial', 'confirm'] as const) {
      const { update } = newBoard();
      const result = await update(signed('hangs', { confirm: true }), goal, { watchMs: 5000 });
      expect(result).toMatchObject({
        verdict: 'rolled-back',
        running: { version: '1.0.0' },
        reason: RejectReason.WATCHDOG,
      });
    }
  });

  it('on trial by its trailer is told to confirm itself, and once it has done so, to be confirmed', async () => {
    const { client, update } = newBoard();
    const image = signed('good', { confirm: true });
    await update(image, 'upload');
    await client.reset();
    await client.waitUntilBack();
    expect(await update(image, 'trial')).toMatchObject({ verdict: 'on-trial', confirmsItself: true });
    expect(await update(image, 'trial', { watchMs: 90_000 })).toMatchObject({
      ...{ verdict: 'confirmed', confirmsItself: false, running: { confirmed: true } },
    });
  });

  it('and marked for a test only does what was asked last: it is on trial until somebody confirms it', async () => {
    const result = await newBoard().update(signed('good', { confirm: true }), 'trial', { watchMs: 90_000 });
    expect(result).toMatchObject({ verdict: 'on-trial', confirmsItself: false, health: 0 });
  });
});

describe('an image that cannot fit', () => {
  it('is refused before a byte is sent', async () => {
    const server = new FakeServer();
    const client = new SmpClient(inProcessTransport(answeringDevice((message) => server.answer(message))));
    const long = Buffer.concat([imageOf('good'), Buffer.alloc(400_000)]);
    await expect(updateDevice(client, long, { goal: 'upload' })).rejects.toThrow(/a slot has room for 520192 in front/);
    expect(server.requests).toEqual([]);
  });

  it('is refused by the device with its first chunk', async () => {
    const { client } = newBoard();
    const long = Buffer.concat([imageOf('good'), Buffer.alloc(400_000)]);
    const sent: number[] = [];
    const upload = client.upload(long, { onProgress: ({ bytes }) => sent.push(bytes) });
    // SMP version 2 has no room for the device's own words: the number says it, and the client has the words.
    await expect(upload).rejects.toThrow(
      /: The image does not fit the slot \(IMG INVALID_IMAGE_TOO_LARGE, code 30\); make the image fit the slot: slot info says/,
    );
    expect(sent).toEqual([]);
  });
});

describe('an image whose header asks for what this chip does not do', () => {
  it.each([
    ['is marked as not bootable', 'NON_BOOTABLE', { nonBootable: true }],
    ['asks for RAM load', 'FLAGS', { nonBootable: false }],
  ] as const)('is refused by its own defect, and no other client is blamed: %s', async (_, reason, options) => {
    const image = signed('good', options);
    if (reason === 'FLAGS') image[ImageFormat.OFFSET_FLAGS] |= 0x20;
    const { verdict, refusal } = await newBoard().update(image, 'confirm', { name: 'app.bin' });
    expect(verdict).toBe('refused');
    expect(refusal?.message).toContain(
      `does not list them as an image: ${verifyImage(image, [], { name: 'app.bin' }).message}`,
    );
    expect(verifyImage(image, []).reason).toBe(reason);
    expect(refusal?.message).not.toContain('another client');
  });
});

describe('an image that does not stay', () => {
  it('on trial only, and watched, is rolled back with the reason and the boots that show it', async () => {
    const { update } = newBoard();
    const result = await update(imageOf('hangs'), 'trial', { watchMs: 5000 });
    expect(result).toMatchObject({
      verdict: 'rolled-back',
      reason: RejectReason.WATCHDOG,
      running: { version: '1.0.0' },
    });
    expect(result.boots?.map(({ ran }) => ran?.slot)).toEqual([1, 0]);
  });

  it('on trial, and never healthy, is on trial and says what is wrong', async () => {
    const { update } = newBoard();
    const result = await update(imageOf('never-confirms'), 'trial', { watchMs: 2000 });
    expect(result.verdict).toBe('on-trial');
    expect((result.health ?? 0) & Health.SELF_TEST).not.toBe(0);
  });

  it.each<[string, Partial<SignOptions>, keyof typeof RejectReason]>([
    ['a foreign key', { privateKeyPem: generateKey(new Uint8Array(32).fill(7)).privateKeyPem }, 'KEY_UNKNOWN'],
    ['no security counter', { securityCounter: undefined }, 'SECURITY_COUNTER'],
    ['another board', { boardId: 77 }, 'WRONG_BOARD'],
    ['a bootloader of the future', { dependencies: [{ image: 1, version: '200.0.0' }] }, 'DEPENDENCY'],
  ])('signed for %s is refused with exactly that reason', async (_, options, reason) => {
    const result = await newBoard().update(signed('good', options), 'trial');
    expect(result).toMatchObject({ verdict: 'refused', refusedAt: 'mark', running: { version: '1.0.0' } });
    expect(result.refusal?.reason).toBe(reason);
  });

  it('with a module the core does not run is rolled back, and the core says which function and byte', async () => {
    const text = new TextEncoder().encode('not a module');
    const result = await newBoard().update(signed('good', { payload: text }), 'confirm');
    expect(result).toMatchObject({ verdict: 'rolled-back', reason: RejectReason.CORE_REFUSED });
    expect(result.fault?.functionName).toMatch(/^malformed at byte 0x0/);
  });
});

describe('a device that loses power', () => {
  it('while an image is watched: the watch begins anew, and the reset is told', async () => {
    const { board, update } = newBoard((each) => {
      if (each.state === 'off') each.powerOn();
    });
    const onStep = (step: string) => step === 'watch' && board.cutPowerAt(board.now + 1e9);
    const result = await update(imageOf('good'), 'confirm', { onStep });
    expect(result).toMatchObject({ verdict: 'confirmed', resets: 1, running: { version: '1.1.0', confirmed: true } });
  });

  it('and does not come back after the reset: that is what is said, and nothing about what runs', async () => {
    const { board, update } = newBoard();
    const onStep = (step: string) => step === 'reset' && board.cutPowerAt(board.now + 1e8);
    expect((await update(imageOf('good'), 'confirm', { onStep })).verdict).toBe('silent');
  });
});

describe('a confirmed image that begins to hang', () => {
  it('is not called confirmed and well', async () => {
    const { board, update } = newBoard();
    expect((await update(signed('hangs', { version: '3.0.0' }), 'confirm', { watchMs: 500 })).verdict).toBe(
      'confirmed',
    );
    board.runUntil(board.now + 4e9);
    expect(await update(signed('hangs', { version: '3.0.0' }), 'confirm')).toMatchObject({ verdict: 'failing' });
  });
});

describe('a device that is not a coldrig', () => {
  const foreign = (server: FakeServer) => new SmpClient(inProcessTransport(answeringDevice((m) => server.answer(m))));

  it('is updated the same way; it keeps no boot log, and so nothing is said about its resets', async () => {
    const server = new FakeServer();
    const result = await updateDevice(foreign(server), imageOf('good'), { goal: 'confirm', watchMs: 1000 });
    expect(result).toMatchObject({ verdict: 'confirmed', boots: undefined, resets: 0, reason: 0, health: undefined });
  });

  it('that goes back is told to have gone back', async () => {
    let requests = 0;
    const server = new FakeServer({ trialFails: () => ++requests > 8 });
    const result = await updateDevice(foreign(server), imageOf('good'), { goal: 'confirm', watchMs: 60_000 });
    expect(result).toMatchObject({ verdict: 'rolled-back', boots: undefined, running: { version: '1.0.0' } });
  });

  it('that says yes to a confirm and does not keep it is not trusted', async () => {
    let confirms = 0;
    const server: FakeServer = new FakeServer({ forgetsConfirm: () => ++confirms > 0 });
    const result = await updateDevice(foreign(server), imageOf('good'), { goal: 'confirm', watchMs: 1000 });
    expect(confirms).toBeGreaterThan(0);
    expect(result.verdict).not.toBe('confirmed');
  });
});
