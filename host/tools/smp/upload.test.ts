import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../board/random.ts';
import { cases, seeds } from '../../board/testing/cases.ts';
import { goldenKey, goldenPayload } from '../image/golden-cases.ts';
import { signImage } from '../image/index.ts';
import { FakeServer, type FakeServerOptions, fairWeather, inWeather, type Weather } from './fake-server.ts';
import { SmpClient, type SmpError, type UploadProgress } from './index.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { inProcessTransport } from './transport.ts';

const image = signImage({
  payload: goldenPayload(40_000),
  version: '1.1.0',
  privateKeyPem: goldenKey.privateKeyPem,
});

function connect(options: FakeServerOptions = {}, weather: Partial<Weather> = {}, seed = 1) {
  const device = new FakeServer(options);
  const transport = inProcessTransport(inWeather(device, { ...fairWeather, ...weather }, new Random(seed)));
  return { device, client: new SmpClient(transport, { timeoutMs: 60_000 }), transport };
}
function expectArrived(device: FakeServer, story?: string): void {
  expect(Buffer.compare(device.uploaded ?? new Uint8Array(), image), story).toBe(0);
}
const chunksOf = (device: FakeServer) => device.requests.filter(({ group, command }) => group === 1 && command === 1);

describe('in fair weather', () => {
  it('an upload arrives whole, nothing is sent twice, and progress goes from the first chunk to the last', async () => {
    const { device, client } = connect({ saysMatch: true });
    const progress: UploadProgress[] = [];
    const result = await client.upload(image, { onProgress: (step) => progress.push(step) });
    expectArrived(device);
    expect(result).toMatchObject({ resumedAt: 0, resent: 0, matched: true });
    expect(progress.at(-1)).toMatchObject({ bytes: image.length, totalBytes: image.length });
    const bytes = progress.map((step) => step.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  });

  it('every message fits the buffer the device states, and chunks end on flash units', async () => {
    for (const bufferSize of [128, 384, 1024, 2048]) {
      const { device, client } = connect({ bufferSize });
      await client.upload(image);
      expectArrived(device);
      const sizes = chunksOf(device).map(({ body }) => (body.data as Uint8Array).length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(bufferSize - 8);
      expect(Math.max(...sizes)).toBeGreaterThan(bufferSize - 40);
      expect(sizes.slice(0, -1).filter((size) => size % 8 !== 0)).toEqual([]);
    }
  });

  it('with four buffers it is at least three times as fast as with one', async () => {
    const slow = connect({ bufferCount: 1 }, { latencyMs: 10 });
    const fast = connect({ bufferCount: 4 }, { latencyMs: 10 });
    const alone = await slow.client.upload(image);
    const together = await fast.client.upload(image);
    expect(alone.elapsedMs / together.elapsedMs).toBeGreaterThan(3);
  });

  it('only the first chunk carries length and SHA-256, and image and upgrade only where asked for', async () => {
    const { device, client } = connect();
    await client.upload(image, { image: 1, onlyUpgrade: true });
    const [first, second] = chunksOf(device).map(({ body }) => Object.keys(body).sort());
    expect(first).toEqual(['data', 'image', 'len', 'off', 'sha', 'upgrade']);
    expect(second).toEqual(['data', 'off']);
  });

  it('a device without the parameters command gets small messages, one at a time', async () => {
    const { device, client } = connect({ withoutParams: true });
    await client.upload(image.subarray(0, 2000));
    const sizes = chunksOf(device).map(({ body }) => (body.data as Uint8Array).length);
    expect(Math.max(...sizes)).toBeLessThan(384);
  });
});

describe('whatever the network does', () => {
  const storms: [string, Partial<Weather>][] = [
    ['a third of all messages is lost', { loss: 0.33 }],
    ['every second message comes twice', { duplication: 0.5 }],
    ['messages overtake each other', { jitterMs: 40 }],
    ['all of it at once', { loss: 0.15, duplication: 0.2, jitterMs: 30 }],
  ];
  it.each(storms)('the bytes arrive: %s', async (_name, weather) => {
    for (const seed of seeds(25)) {
      const { device, client } = connect({}, weather, seed);
      await client.upload(image, { timeoutMs: 60_000 });
      expectArrived(device, `seed ${seed}`);
    }
  });

  it('the same seed tells the same story', async () => {
    const run = () => connect({}, { loss: 0.2, duplication: 0.2, jitterMs: 20 }, 7).client.upload(image);
    expect(await run()).toEqual(await run());
  });

  it('any size, any buffer, any window, any weather: the device has these bytes', async () => {
    const worlds = fc.record({
      size: fc.integer({ min: 1, max: 6000 }),
      bufferSize: fc.integer({ min: 110, max: 2100 }),
      window: fc.integer({ min: 1, max: 12 }),
      unit: fc.constantFrom(1, 4, 8),
      loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
      duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
      jitterMs: fc.nat(50),
      seed: fc.nat(0xffff),
      version: fc.constantFrom(1 as const, 2 as const),
    });
    await fc.assert(
      fc.asyncProperty(worlds, async ({ size, bufferSize, window, unit, seed, version, ...weather }) => {
        const device = new FakeServer({ bufferSize, unit, saysMatch: true });
        const transport = inProcessTransport(inWeather(device, { ...fairWeather, ...weather }, new Random(seed)));
        const client = new SmpClient(transport, { version, timeoutMs: 120_000 });
        const bytes = goldenPayload(size);
        const result = await client.upload(bytes, { window, timeoutMs: 120_000 });
        expect(device.uploaded).toEqual(bytes);
        expect(result.matched).not.toBe(false);
      }),
      cases(150),
    );
  });
});

describe('whatever the device does', () => {
  it('an upload broken off is resumed where it ended', async () => {
    const { device, client } = connect();
    const abort = new AbortController();
    const onProgress = ({ bytes }: UploadProgress) => bytes > 20_000 && abort.abort(new Error('lunch'));
    await expect(client.upload(image, { onProgress, signal: abort.signal })).rejects.toThrow('lunch');
    const result = await client.upload(image);
    expect(result.resumedAt).toBeGreaterThan(20_000);
    expectArrived(device);
  });

  it('or started afresh, when asked for', async () => {
    const { device, client } = connect();
    const abort = new AbortController();
    const onProgress = ({ bytes }: UploadProgress) => bytes > 20_000 && abort.abort();
    await expect(client.upload(image, { onProgress, signal: abort.signal })).rejects.toThrow(/abort/i);
    const result = await client.upload(image, { resume: false });
    expect(result.resumedAt).toBe(0);
    expect(device.erases).toBe(1);
  });

  it('one that takes whole flash units only gets the rest again', async () => {
    const { device, client } = connect({ unit: 8, bufferSize: 333 });
    await client.upload(image);
    expectArrived(device);
  });

  it('one that loses the session once is sent everything again', async () => {
    let lost = 0;
    const { device, client } = connect({ losesSession: (offset) => offset > 10_000 && lost++ === 0 });
    await client.upload(image);
    expectArrived(device);
  });

  it('one that loses every session is given up, and the error says so', async () => {
    const { client } = connect({ losesSession: (offset) => offset > 10_000 });
    await expect(client.upload(image)).rejects.toThrow(/lost the upload 6 times, .* someone else uploads/);
  });

  it('one that forgets a finished upload is asked for its images instead of being sent everything again', async () => {
    const { device, client } = connect({ forgetsFinished: true });
    const answer = device.answer.bind(device);
    let swallowed = 0;
    device.answer = (bytes) => {
      const answers = answer(bytes);
      const isNearEnd = (device.requests.at(-1)?.body.off as number) > 34_000;
      return isNearEnd && swallowed++ < 3 ? [] : answers;
    };
    await client.upload(image);
    expectArrived(device);
    expect(swallowed).toBeGreaterThan(3);
    expect(chunksOf(device).filter(({ body }) => body.off === 0)).toHaveLength(1);
  });

  it('one that is busy now and then gets a rest', async () => {
    let count = 0;
    const refuses = (group: number, command: number) =>
      group === 1 && command === 1 && ++count % 5 === 0 ? 10 : undefined;
    const { device, client } = connect({ refuses });
    await client.upload(image);
    expectArrived(device);
  });

  it('one that is busy for ever is given up with its own error', async () => {
    const { client } = connect({ refuses: (group, command) => (group === 1 && command === 1 ? 10 : undefined) });
    await expect(client.upload(image)).rejects.toMatchObject({ kind: 'device', name: 'EBUSY', code: 10 });
  });

  it('one that refuses ends the upload at once', async () => {
    const { client, device } = connect({
      refuses: (group, command) => (group === 1 && command === 1 ? 11 : undefined),
    });
    await expect(client.upload(image)).rejects.toThrow(/upload: the device refuses: Access denied .*; unlock/);
    expect(chunksOf(device).length).toBe(1);
  });

  it('one that falls silent is reported with the place, and time is all it costs', async () => {
    const { client, transport } = connect({}, { loss: 0 });
    const silent = new SmpClient({ ...transport, send: async () => {} });
    await expect(silent.upload(image, { firstTimeoutMs: 5000 })).rejects.toMatchObject({ kind: 'timeout' });
    expect(transport.nowMs()).toBeLessThan(20_000);
    await client.close();
  });

  it('one that wants what the file does not have tells of another client, whose longer file it may have begun', async () => {
    const { client, device } = connect();
    const answer = device.answer.bind(device);
    device.answer = (bytes) => {
      const answers = answer(bytes);
      if (chunksOf(device).length < 4) return answers;
      const { operation, ...request } = decodeMessage(bytes);
      return [encodeMessage({ ...request, operation: operation + 1 }, { off: image.length + 1000 })];
    };
    const [wants, has] = [image.length + 1000, image.length];
    const expected = `wants byte ${wants} of a file of ${has} bytes; if another client uploads at the same time, end that`;
    await expect(client.upload(image)).rejects.toThrow(expected);
  });

  it('one whose copy differs is an error', async () => {
    const device = new FakeServer({ saysMatch: true });
    const transport = inProcessTransport(inWeather(device, fairWeather, new Random(1)));
    const client = new SmpClient(transport);
    const answer = device.answer.bind(device);
    device.answer = (bytes) => {
      const data = Buffer.from(bytes).indexOf(Buffer.from(image.subarray(20_480, 20_500)));
      if (data > 0) bytes[data] = (bytes[data] as number) ^ 1;
      return answer(bytes);
    };
    const failure = (await client.upload(image).catch((error) => error)) as SmpError;
    expect(failure.message).toMatch(/SHA-256 is not that of the file/);
  });

  it('an empty file, or messages too small for any data, are refused here', async () => {
    const { client } = connect({ bufferSize: 60 });
    await expect(client.upload(new Uint8Array())).rejects.toThrow(/file is empty/);
    await expect(client.upload(image)).rejects.toThrow(/leave no room for data; allow at least/);
  });
});
