import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goldenCases, goldenKey, runImgtool } from '../../../host/tools/image/golden-cases.ts';
import { generateKey, imageToJson, parseImage, rawPublicKey, signImage } from '../../../host/tools/image/index.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { Imgtool } from './imgtool.ts';
import { pythonTool } from './install.ts';
import { skipWithReason } from './story.ts';

const tool = await pythonTool('imgtool');
if (tool.path === undefined) skipWithReason('imgtool', tool);

describe.skipIf(tool.path === undefined)('imgtool', () => {
  let imgtool: Imgtool;
  let firmware: Uint8Array;

  beforeAll(async () => {
    imgtool = new Imgtool(tool.path as string);
    firmware = await compileFirmware('firmware/main.ts');
  });
  afterAll(() => imgtool?.close());

  /** A new device whose fuses trust imgtool's key and whose slot A holds imgtool's 1.0.0. */
  async function device() {
    const keys = [rawPublicKey(imgtool.privateKeyPem)];
    const made = await DeviceUnderTest.running({ keys, slots: { A: imgtool.sign(firmware, '1.0.0') } });
    const client = made.client();
    await client.waitUntilBack({ afterMs: 2000 });
    const slotList = async () => {
      const flags = ['active', 'confirmed', 'pending', 'permanent'] as const;
      const images = await client.imageState();
      return images.map((image) => [image.slot, image.version, ...flags.filter((flag) => image[flag])].join(' '));
    };
    const reset = async () => {
      await client.reset();
      await client.waitUntilBack({ afterMs: 2000 });
    };
    return { client, slotList, reset, runFor: (seconds: number) => made.run(seconds * second) };
  }

  const hashOf = (image: Uint8Array) => parseImage(image).hash as Uint8Array;

  describe('signs, and the board', () => {
    test('boots the image and takes an update to it: test, trial, confirm', async () => {
      const { client, slotList, reset } = await device();
      const update = imgtool.sign(firmware, '1.1.0');
      await client.upload(update);
      expect(await slotList()).toEqual(['0 1.0.0 active confirmed', '1 1.1.0']);
      await client.imageTest(hashOf(update));
      await reset();
      expect(await slotList()).toEqual(['0 1.0.0 confirmed', '1 1.1.0 active']);
      await client.imageConfirm();
      expect(await slotList()).toEqual(['0 1.0.0', '1 1.1.0 active confirmed']);
    });

    test('goes back from an update nobody confirms', async () => {
      const { client, slotList, reset } = await device();
      const update = imgtool.sign(firmware, '1.1.0');
      await client.upload(update);
      await client.imageTest(hashOf(update));
      await reset();
      await reset();
      expect((await slotList())[0]).toBe('0 1.0.0 active confirmed');
    });

    test('takes an image with --pad as pending: it runs on trial, and is rolled back', async () => {
      const { client, slotList, reset } = await device();
      await client.upload(imgtool.sign(firmware, '1.1.0', ['-s', '1', '--pad']));
      expect(await slotList()).toEqual(['0 1.0.0 active confirmed', '1 1.1.0 pending']);
      await reset();
      expect(await slotList()).toEqual(['0 1.0.0 confirmed', '1 1.1.0 active']);
      await reset();
      expect((await slotList())[0]).toBe('0 1.0.0 active confirmed');
    });

    test('takes an image with --pad --confirm as one to keep: it runs on trial, confirms itself once healthy, and stays', async () => {
      const { client, slotList, reset, runFor } = await device();
      await client.upload(imgtool.sign(firmware, '1.1.0', ['-s', '1', '--pad', '--confirm']));
      expect(await slotList()).toEqual(['0 1.0.0 active confirmed', '1 1.1.0 pending permanent']);
      await reset();
      expect((await slotList())[1]).toBe('1 1.1.0 active');
      runFor(70);
      expect((await slotList())[1]).toBe('1 1.1.0 active confirmed');
      await reset();
      expect((await slotList())[1]).toBe('1 1.1.0 active confirmed');
    });

    const accepted: [what: string, options: string[]][] = [
      ['a security counter made from the version', ['-s', 'auto']],
      ['vendor TLVs', ['-s', '1', '--custom-tlv', '0xa8', '0x01020304', '--custom-tlv', '0x1a2', 'text']],
      ['a larger header', ['-s', '1', '-H', '0x200']],
      ['a boot record and another alignment', ['-s', '1', '--boot-record', 'CTRL', '--align', '1']],
    ];
    test.each(accepted)('runs an image with %s', async (_, options) => {
      const { client, slotList, reset } = await device();
      const update = imgtool.sign(firmware, '1.1.0', options);
      await client.upload(update);
      await client.imageTest(hashOf(update));
      await reset();
      expect(await slotList()).toContain('1 1.1.0 active');
    });

    const foreignKey = () => imgtool.write('foreign.pem', generateKey().privateKeyPem);
    const sign = (options: string[], keyFile?: string) => imgtool.sign(firmware, '1.1.0', options, keyFile);
    const refused: [what: string, sign: () => Uint8Array, error: string][] = [
      ['no security counter', () => sign([]), 'EACCESSDENIED'],
      ['a key the fuses do not know', () => sign(['-s', '1'], foreignKey()), 'EACCESSDENIED'],
      ['another board’s number', () => sign(['-s', '1', '--custom-tlv', '0xa0', '0x07000000']), 'EACCESSDENIED'],

      // Not listed over SMP, so there is nothing to ask for: what the header forbids, what has no SHA-256.
      ['--non-bootable', () => sign(['-s', '1', '--non-bootable']), 'HASH_NOT_FOUND'],
      ['a SHA-512 hash', () => sign(['-s', '1', '--sha', '512']), 'HASH_NOT_FOUND'],
      ['a pure signature', () => sign(['-s', '1', '--pure']), 'HASH_NOT_FOUND'],
    ];
    test.each(refused)('does not try an image with %s', async (_, make, error) => {
      const { client, slotList, reset } = await device();
      const update = make();
      await client.upload(update);
      const hash = parseImage(update).hash ?? new Uint8Array(32);
      await expect(client.imageTest(hash)).rejects.toMatchObject({ name: error });
      await reset();
      expect((await slotList())[0]).toBe('0 1.0.0 active confirmed');
    });
  });

  describe('takes what we sign', () => {
    test.each(goldenCases)('byte for byte: $name', (golden) => {
      const ours = signImage({ ...golden.options, privateKeyPem: goldenKey.privateKeyPem });
      expect(Buffer.compare(runImgtool(tool.path as string, golden), ours)).toBe(0);
    });

    test.each(goldenCases)('verify accepts, dumpinfo agrees with our info: $name', (golden) => {
      const image = signImage({ ...golden.options, privateKeyPem: goldenKey.privateKeyPem });
      const key = imgtool.write('golden.pem', goldenKey.privateKeyPem);
      expect(imgtool.verify(image, key)).toContain('correctly validated');
      const ours = imageToJson(parseImage(image));
      const { header, tlv_area } = imgtool.dump(image);
      expect({
        version: ours.version.includes('+') ? ours.version : `${ours.version}+0`,
        load_addr: ours.loadAddress,
        hdr_size: ours.headerSize,
        img_size: ours.payloadSize,
        protected_tlv_size: ours.protectedTlvSize,
      }).toEqual({
        version: header.version,
        load_addr: header.load_addr,
        hdr_size: header.hdr_size,
        img_size: header.img_size,
        protected_tlv_size: header.protected_tlv_size,
      });
      const theirs = [...(tlv_area.tlvs_prot ?? []), ...tlv_area.tlvs];
      expect(ours.tlvs.map(({ type, length, value }) => ({ type, len: length, data: value }))).toEqual(
        theirs.map(({ type, len, data }) => ({ type, len, data })),
      );
    });

    test('verify refuses one flipped bit of the payload, and so do we', () => {
      const image = signImage({ payload: firmware, privateKeyPem: imgtool.privateKeyPem, version: '1.0.0' });
      image[image.length >> 1] ^= 1;
      expect(() => imgtool.verify(image)).toThrow();
      expect(imageToJson(parseImage(image)).hashMatches).toBe(false);
    });

    test('it signs with a key we made', () => {
      const key = imgtool.write('ours.pem', generateKey().privateKeyPem);
      const image = imgtool.sign(firmware, '1.0.0', ['-s', '1'], key);
      expect(imgtool.verify(image, key)).toContain('correctly validated');
    });

    test('both read the same public key out of a private one', () => {
      const pem = imgtool.run('getpub', '-k', imgtool.keyFile, '-e', 'pem');
      expect(rawPublicKey(pem)).toEqual(rawPublicKey(imgtool.privateKeyPem));
    });
  });
});
