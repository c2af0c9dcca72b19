import { describe, expect, test } from 'vitest';
import { PlayedStore } from '../testing/play-store.ts';
import { RemoteWrite, StoreError, storePost, writeAddress } from './remote-write.ts';
import { encodedLabels, type StoreSample } from './write-request.ts';

const now = new AbortController().signal;
const sample = (timestampMs: number, value = 1, device = 'a'): StoreSample => ({
  labels: encodedLabels('coldrig_power_watts', { device, cryostat: 'north', empty: '' }),
  ...{ timestampMs, value },
});
const samples = (count: number, firstMs = 0) => Array.from({ length: count }, (_, index) => sample(firstMs + index));

describe('remote write', () => {
  test('says name, labels in order, value and time; an empty label is none', async () => {
    const store = new PlayedStore();
    const values = [0, -1.5, 1e300, Number.POSITIVE_INFINITY];
    const given = values.map((value, index) => sample(1_800_000_000_000 + index, value));
    expect(await new RemoteWrite('store', store.post).write(given, now)).toEqual({ stored: 4, refused: 0 });
    expect([...store.series.keys()]).toEqual(['__name__=coldrig_power_watts,cryostat=north,device=a']);
    expect(store.points('device=a')).toEqual(values.map((value, index) => [1_800_000_000_000 + index, value]));
  });

  test('gives up the sample that the store refuses, and stores the rest', async () => {
    const store = new PlayedStore();
    store.poison = 'device=bad';
    const given = [...samples(700), sample(1_000, 1, 'bad'), ...samples(700, 2_000)];
    const result = await new RemoteWrite('store', store.post).write(given, now);
    expect(result).toEqual({ stored: 1_400, refused: 1, reason: 'label value is not taken' });
    expect(store.points('device=a')).toHaveLength(1_400);
    expect(store.requests).toBeLessThan(30);
  });

  test.each([
    ['some', 1_000, 3_000],
    ['all', 9_000, 0],
    ['none', 0, 4_000],
  ])('gives up %s samples that are too old in few requests', async (_, oldestMs, stored) => {
    const store = new PlayedStore();
    store.oldestMs = oldestMs;
    const result = await new RemoteWrite('store', store.post).write(samples(4_000).reverse(), now);
    expect(result).toMatchObject({ stored, refused: 4_000 - stored });
    expect(store.requests).toBeLessThan(64);
  });

  test('sends a request again in halves that is too large', async () => {
    const store = new PlayedStore();
    const post = async (body: Uint8Array) => (body.length > 4_000 ? { status: 413, text: '' } : store.post(body));
    expect(await new RemoteWrite('store', post).write(samples(1_000), now)).toEqual({ stored: 1_000, refused: 0 });
  });

  test.each([
    [{ status: 503, text: 'starting' }, /store answers 503: starting/],
    [{ status: 500, text: 'no space left on device' }, /store answers 500: no space left/],
    [{ status: 429, text: '' }, /store answers 429/],
    [{ status: 404, text: 'remote write receiver needs to be enabled' }, /store answers 404/],
    [{ status: 401, text: '' }, /store answers 401/],
  ])('leaves %j to be tried again, and gives up nothing', async (failing, message) => {
    const store = new PlayedStore();
    store.failing = failing;
    const write = new RemoteWrite('store', store.post).write(samples(10), now);
    await expect(write).rejects.toThrow(StoreError);
    await expect(write).rejects.toThrow(message);
    expect(store.requests).toBe(1);
  });

  test('says who does not answer', async () => {
    const write = new RemoteWrite('store', storePost('http://127.0.0.1:1/')).write(samples(1), now);
    await expect(write).rejects.toThrow(/^store does not answer: .*/);
  });

  test('has a usual path', () => {
    expect(['http://a:9090', 'http://a:9090/', 'http://a/insert/0/prometheus'].map(writeAddress)).toEqual([
      ...['http://a:9090/api/v1/write', 'http://a:9090/api/v1/write', 'http://a/insert/0/prometheus'],
    ]);
  });
});
