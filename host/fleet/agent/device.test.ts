import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { generateKey, parseImage, signImage } from '../../tools/image/index.ts';
import { makeToken } from '../../tools/image/token.ts';
import { FakeServer } from '../../tools/smp/fake-server.ts';
import { SmpClient, SmpError } from '../../tools/smp/index.ts';
import { answeringDevice, inProcessTransport } from '../../tools/smp/transport.ts';
import { type ExpectedImage, hasRun, newestBoot, readFacts, refusalOf, sendBack } from './device.ts';

const { privateKeyPem } = generateKey(new Uint8Array(32).fill(1));
const image = (more: { securityCounter?: number; boardId?: number } = {}) =>
  signImage({ payload: new Uint8Array(61), privateKeyPem, version: '1.2.0', securityCounter: 3, ...more });
const fuses = { securityCounter: 3, board: 1 } as never;
const refusal = (bytes: Uint8Array, expected: ExpectedImage = {}, bootloader?: string) =>
  refusalOf(bytes, { running: undefined, fuses }, expected, bootloader);

describe('before anything is sent to a device', () => {
  test('an image for it is not refused, whoever has signed it: its keys are in its fuses', () => {
    expect(refusal(image())).toBeUndefined();
    expect(refusal(image({ boardId: 1 }))).toBeUndefined();
    expect(refusalOf(image({ boardId: 9 }), { running: undefined, fuses: undefined }, {}, undefined)).toBeUndefined();
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['a lower security counter', image({ securityCounter: 2 }), /security counter is 2, the device asks for 3/],
    ['another board', image({ boardId: 9 }), /for board 0x9, this is board 0x1/],
    ['bytes that were changed', image().fill(1, 40, 50), /damaged or was changed/],
    ['no image', new Uint8Array(100), /is no MCUboot image/],
  ])('an image with %s is refused', (_what, bytes, reason) => {
    expect(refusal(bytes)).toMatch(reason);
  });

  test.each<[string, object, boolean]>([
    ['that is for it', {}, true],
    ['for another image', { imageHash: new Uint8Array(32) }, false],
    ['for another board', { board: 2 }, false],
    ['whose window of counters ends before the fuses', { counter: [0, 2] }, false],
  ])('a lower security counter is the token’s to allow: one %s', (_what, more, isGood) => {
    const old = image({ securityCounter: 2 });
    const imageHash = parseImage(old).hash as Uint8Array;
    const usual = { privateKeyPem, imageHash, board: 1, displaces: '1.3.0', counter: [0, 3] as [number, number] };
    const token = makeToken({ ...usual, ...more });
    const said = refusalOf(old, { running: undefined, fuses }, {}, undefined, token);
    if (isGood) expect(said).toBeUndefined();
    else expect(said).toMatch(/security counter is 2, the device asks for 3/);
  });

  test('an image that its metadata speaks against is refused', () => {
    expect(refusal(image(), { version: '1.2.0', securityCounter: 3 })).toBeUndefined();
    expect(refusal(image(), { version: '1.2.1' })).toMatch(/has version 1.2.0, its metadata says 1.2.1/);
    expect(refusal(image(), { board: 1 })).toMatch(/has board none, its metadata says 1/);
    expect(refusal(image(), { minimumBootloader: '2.0.0' }, '1.9.0')).toMatch(/needs bootloader 2.0.0 or newer/);
    expect(refusal(image(), { minimumBootloader: '2.0.0' }, '2.0.0')).toBeUndefined();
  });
});

describe('a device that answers anything', () => {
  const asks = {
    readFacts: (client: SmpClient, signal: AbortSignal) => readFacts(client, signal),
    newestBoot: (client: SmpClient, signal: AbortSignal) => newestBoot(client, signal),
    hasRun: (client: SmpClient, signal: AbortSignal) => hasRun(client, 'beef', 1, signal),
    sendBack: (client: SmpClient, signal: AbortSignal) => sendBack(client, 'beef', signal),
  };

  test.each(Object.entries(asks))('%s ends, with an answer or an error of the protocol', async (_name, ask) => {
    const change = fc.record({ at: fc.nat(400), bits: fc.integer({ min: 1, max: 255 }) });
    const answer = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(change, { minLength: 1, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 6 }), async (answers) => {
        const server = new FakeServer();
        let number = 0;
        const device = answeringDevice((request) => {
          const next = answers[number++ % answers.length];
          if (next instanceof Uint8Array) return [next];
          return server.answer(request).map((bytes) => {
            const changed = Uint8Array.from(bytes);
            // Behind the header, so that it is taken for the answer.
            for (const { at, bits } of next) if (8 + at < changed.length) changed[8 + at] ^= bits;
            return changed;
          });
        });
        const client = new SmpClient(inProcessTransport(device), { timeoutMs: 4_000 });
        await ask(client, new AbortController().signal).catch((error) => expect(error).toBeInstanceOf(SmpError));
      }),
      cases(80),
    );
  });
});
