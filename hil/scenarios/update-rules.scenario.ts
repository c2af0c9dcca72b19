// What an update may do to the images that are there: trailers that ask for something, requests that a device refuses, uploads that cannot end well.

import { compileGuest } from '../../host/tools/guest.ts';
import { Trailer } from '../../protocol/image/format.ts';
import { ImgCommand, SmpGroup } from '../../protocol/smp/smp.ts';
import { event, healthy, type InsideRig, lastBoot, register, runs, scenario, signed, slots, within } from '../index.ts';
import { forge } from '../rig/forged-image.ts';
import { ask, refusedFor } from './refused.ts';

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);

scenario(
  'an image that was signed to confirm itself does so once it was healthy for a minute',
  { needs: 'inside' },
  async (rig) => {
    const payload = await compileGuest('firmware/main.ts');
    rig.device.programmer.place('B', signed('1.1.0', { payload, confirm: true }));
    const [, listed] = await rig.images();
    await rig.check(() => listed.pending && listed.permanent);
    rig.pullReset();
    await rig.check(lastBoot({ decision: 'PERMANENT', slot: 'B' }));
    const confirmed = await rig.until(event('IMAGE_CONFIRMED', { argument: 1 }), within('90 s'));
    rig.measure('confirmed after', confirmed.s, { unit: 's', atLeast: 60, atMost: 65 });
    await rig.check(slots({ B: 'CONFIRMED' }));
  },
);

scenario(
  'the trailer of an image asks for a trial; one that another bootloader began already is left alone',
  { needs: 'inside' },
  async (rig) => {
    const payload = await compileGuest('firmware/main.ts');
    const padded = signed('1.1.0+12', { payload, pad: true });
    const listed = async (change: (bytes: Uint8Array) => void) => {
      const image = padded.slice();
      change(image);
      rig.device.programmer.place('B', image);
      return (await rig.images())[1];
    };
    const last = padded.length - 1;
    const asks = await listed(() => {});
    const spoiled = await listed((bytes) => {
      bytes[last] ^= 1;
    });
    const begun = await listed((bytes) => {
      bytes[last + 1 - Trailer.COPY_DONE] = Trailer.FLAG_SET;
    });
    await rig.check(() => asks.pending && !spoiled.pending && !begun.pending);
    await listed(() => {});
    rig.pullReset();
    await rig.check(slots({ B: 'TRIAL 2' }));
  },
);

scenario(
  'what must not be done to images is refused: to test what runs, to confirm what never ran, to overwrite what a trial falls back to',
  { needs: 'inside', from: 'trial-1.1' },
  async (rig) => {
    const { client } = rig;
    const [before, trial] = await rig.images();
    const state = (body: Record<string, unknown>) => ask(rig, SmpGroup.IMG, ImgCommand.STATE, body as never);
    await refusedFor(rig, 'TEST_TO_ACTIVE', client.imageTest(trial.hash as Uint8Array));
    await refusedFor(rig, 'ALREADY_PENDING', client.imageTest(before.hash as Uint8Array));
    await refusedFor(rig, 'NO_FREE_SLOT', client.upload(await rig.update(await rig.version(2))));
    await rig.refusal(client.erase(0));
    await rig.refusal(client.erase(1));
    await refusedFor(rig, 'INVALID_HASH', state({ confirm: false }));
    await refusedFor(rig, 'INVALID_HASH', state({ hash: bytes(5), confirm: true }));
    await refusedFor(rig, 'EINVAL', state({ hash: bytes(32), confirm: 'yes' }));
    await rig.until(healthy(), within('10 s'));
    await state({ hash: null, confirm: true });
    await state({ confirm: true });
    await client.imageConfirm(trial.hash);
    await client.imageConfirm(trial.hash);
    await refusedFor(rig, 'CONFIRMATION_DENIED', client.imageConfirm(before.hash));
    await rig.check(slots({ A: 'CONFIRMED', B: 'CONFIRMED' }), register('RESET.TRIAL_TIMEOUT', 0));
    await client.erase(0);
    await rig.check(slots({ B: 'CONFIRMED' }));
  },
);

/** The first chunk of an upload, with fields of one's own. */
function firstChunk(rig: InsideRig, image: Uint8Array, more: Record<string, unknown>) {
  const body = { off: 0, len: image.length, data: image.subarray(0, 400), ...more };
  return ask(rig, SmpGroup.IMG, ImgCommand.UPLOAD, body as never);
}

scenario(
  'an upload that cannot end well is refused at its first chunk; one that comes twice is stored once',
  { needs: 'inside' },
  async (rig) => {
    const image = await rig.update();
    const small = forge();
    const { client } = rig;
    const sha = new Uint8Array(await crypto.subtle.digest('SHA-256', image.slice()));
    const send = (more: Record<string, unknown>) => firstChunk(rig, image, more);
    await refusedFor(rig, 'HEADER_MAGIC', send({ data: bytes(400) }));
    await refusedFor(rig, 'INVALID_IMAGE_HEADER', send({ data: image.subarray(0, 20) }));
    await refusedFor(rig, 'INVALID_LENGTH', send({ len: undefined }));
    await refusedFor(rig, 'TOO_LARGE', send({ len: 1_000_000 }));
    await refusedFor(rig, 'OVERRUN', send({ len: 300 }));
    await refusedFor(rig, 'INVALID_HASH', send({ sha: bytes(33) }));
    await refusedFor(rig, 'EINVAL', send({ len: 'long' }));
    await refusedFor(rig, 'NEWER', firstChunk(rig, await rig.update(await rig.version()), { upgrade: true }));
    await send({ upgrade: true, sha });
    const chunk = (off: number, length = 400) =>
      ask(rig, SmpGroup.IMG, ImgCommand.UPLOAD, { off, data: image.subarray(off, off + length) });
    await firstChunk(rig, small, { data: small.subarray(0, 100) });
    const behind = { off: 100, data: bytes(small.length) };
    await refusedFor(rig, 'OVERRUN', ask(rig, SmpGroup.IMG, ImgCommand.UPLOAD, behind));
    await rig.upload(image);
    const { off } = await chunk(400);
    await rig.check(() => off === image.length);
    await chunk(400 + 4, 5);
    await ask(rig, SmpGroup.IMG, ImgCommand.UPLOAD, { off: 400, data: bytes(40) });
    await send({ sha });
    // One whose bytes are not those that its hash announces is forgotten.
    const other = await rig.update(await rig.version(2));
    await ask(rig, SmpGroup.IMG, ImgCommand.UPLOAD, { off: 0, len: 400, data: other.subarray(0, 400), sha: bytes(32) });
    await ask(rig, SmpGroup.IMG, ImgCommand.UPLOAD, { off: 0, len: 400, data: other.subarray(0, 400) });
    await client.erase();
    await rig.check(runs(await rig.version(), { confirmed: true }));
  },
);
