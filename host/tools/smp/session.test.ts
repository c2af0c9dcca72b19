import { describe, expect, it } from 'vitest';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { Random } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { FakeServer, fairWeather, inWeather, type Weather } from './fake-server.ts';
import { SmpClient, SmpError } from './index.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { answeringDevice, inProcessTransport, type SmpTransport } from './transport.ts';

function connect(weather: Partial<Weather> = {}, seed = 1, device = new FakeServer()) {
  const transport = inProcessTransport(inWeather(device, { ...fairWeather, ...weather }, new Random(seed)));
  return { device, transport, client: new SmpClient(transport) };
}
/** A client whose device answers each request with whatever `answers` makes of it. */
function answered(answers: (request: Uint8Array) => Uint8Array[]) {
  const transport = inProcessTransport(answeringDevice(answers));
  return { transport, client: new SmpClient(transport, { timeoutMs: 4000 }) };
}
const echoAnswer = (request: Uint8Array, change: object = {}, body: Record<string, unknown> = { r: 'hi' }) =>
  encodeMessage({ ...decodeMessage(request), operation: 3, ...change }, body);

describe('a request', () => {
  it('is sent again when nothing comes back, with the same sequence number, until the device answers', async () => {
    const asked: number[] = [];
    const { client } = answered((request) => {
      asked.push(request[6] as number);
      return asked.length < 4 ? [] : [echoAnswer(request)];
    });
    expect(await client.echo('hi')).toBe('hi');
    expect(asked).toEqual([0, 0, 0, 0]);
  });

  it('gives up in time, and says what was tried', async () => {
    const { client, transport } = answered(() => []);
    await expect(client.echo('hi')).rejects.toThrow(
      'echo: no answer from a board in this process in 4000 ms, asked 4 times; check that the board runs and that this is ' +
        'its address',
    );
    expect(transport.nowMs()).toBe(4000);
  });

  it('gets through a network that loses half of everything', async () => {
    for (const seed of seeds(40)) {
      const { client } = connect({ loss: 0.3, duplication: 0.3, jitterMs: 100 }, seed);
      for (const text of ['one', 'two', 'three']) expect(await client.echo(text, { timeoutMs: 60_000 })).toBe(text);
    }
  });

  it('takes the next sequence number each time, and goes round after 255', async () => {
    const { client, device } = connect();
    const numbers: number[] = [];
    const answer = device.answer.bind(device);
    device.answer = (bytes) => {
      numbers.push(bytes[6] as number);
      return answer(bytes);
    };
    for (let count = 0; count < 258; count += 1) await client.echo('x');
    expect(numbers).toEqual(Array.from({ length: 258 }, (_, index) => index % 256));
  });

  it('that is larger than the device takes is refused here, with both sizes', async () => {
    const { client, device } = connect({}, 1, new FakeServer({ bufferSize: 1024 }));
    const fits = 'x'.repeat(1024 - 8 - 6);
    expect(await client.echo(fits)).toBe(fits);
    const asked = device.requests.length;
    for (const text of [`${fits}x`, 'x'.repeat(70_000)])
      await expect(client.echo(text)).rejects.toThrow(
        /^echo: .* message of \d+ bytes, and the device takes 1024; send/,
      );
    expect(device.requests.length).toBe(asked);
  });

  it('takes turns with others made at the same time', async () => {
    const { client, device } = connect({ jitterMs: 50 });
    const texts = ['a', 'b', 'c', 'd'];
    expect(await Promise.all(texts.map((text) => client.echo(text)))).toEqual(texts);
    expect(device.requests.map(({ body }) => body.d)).toEqual(texts);
  });

  it('that fails leaves the next one its turn', async () => {
    const { client } = connect();
    const failing = client.statRead('nope');
    const working = client.echo('still here');
    await expect(failing).rejects.toThrow(SmpError);
    expect(await working).toBe('still here');
  });
});

describe('an answer counts only when it is one', () => {
  const strangers: [string, (request: Uint8Array) => Uint8Array][] = [
    ['another sequence number', (request) => echoAnswer(request, { sequence: 77 })],
    ['another group', (request) => echoAnswer(request, { group: SmpGroup.STAT })],
    ['another command', (request) => echoAnswer(request, { command: 9 })],
    ['a request', (request) => request],
    ['a few bytes', () => Uint8Array.of(1, 2, 3)],
    ['a body shorter than announced', (request) => echoAnswer(request).subarray(0, 11)],
  ];
  it.each(strangers)('%s is passed over', async (_name, stranger) => {
    const { client } = answered((request) => [stranger(request), echoAnswer(request)]);
    expect(await client.echo('hi')).toBe('hi');
  });

  it('and when nothing else came, the timeout tells', async () => {
    const { client } = answered((request) => [echoAnswer(request, { sequence: 77 })]);
    await expect(client.echo('hi')).rejects.toThrow(
      /4 other messages arrived, the last was ignored because its sequence/,
    );
  });

  const malformed: [string, Record<string, unknown>, RegExp][] = [
    ['without the field', {}, /echo, r: the answer is not a text but missing/],
    ['of the wrong type', { r: 5 }, /echo, r: the answer is not a text but 5/],
    ['with an err that is none', { err: 3 }, /echo: the answer cannot be read: its err is not \{group, rc\}/],
    ['with an rc that is a text', { rc: 'x' }, /its rc is not a number/],
  ];
  it.each(malformed)('one %s is an error with the name of the field', async (_name, body, message) => {
    const { client } = answered((request) => [echoAnswer(request, {}, body)]);
    await expect(client.echo('hi')).rejects.toThrow(message);
    await expect(client.echo('hi')).rejects.toMatchObject({ kind: 'malformed', name: 'MALFORMED' });
  });

  it('a body that cannot be decoded is an error at once', async () => {
    const { client, transport } = answered((request) => [
      encodeMessage({ ...decodeMessage(request), operation: 3 }, Uint8Array.of(0xa1, 0x61)),
    ]);
    await expect(client.echo('hi')).rejects.toThrow(/echo: the answer cannot be read: a string of 1 bytes/);
    expect(transport.nowMs()).toBe(0);
  });

  it('a code nobody has words for keeps its number', async () => {
    const { client } = answered((request) => [echoAnswer(request, {}, { err: { group: 64, rc: 300 } })]);
    await expect(client.echo('hi')).rejects.toMatchObject({ group: 64, code: 300, name: 'ERROR_300' });
  });
});

describe('what may not happen twice', () => {
  it('a reset is asked for once, even when no answer comes', async () => {
    let resets = 0;
    const { client } = answered(() => {
      resets += 1;
      return [];
    });
    await expect(client.reset()).rejects.toMatchObject({ kind: 'timeout' });
    expect(resets).toBe(1);
  });

  it('the parameters are asked for once and remembered', async () => {
    const { client, device } = connect();
    await client.params();
    await client.params();
    expect(device.requests).toHaveLength(1);
  });
});

describe('waiting for a device that resets', () => {
  it('ends when it answers again', async () => {
    const { client, device, transport } = connect();
    const answer = device.answer.bind(device);
    device.answer = (bytes) => (device.resets > 0 && transport.nowMs() < 3000 ? [] : answer(bytes));
    await client.reset();
    await client.waitUntilBack();
    expect(transport.nowMs()).toBeGreaterThanOrEqual(3000);
    expect(transport.nowMs()).toBeLessThan(5000);
  });

  it('or with a timeout when it does not', async () => {
    const { client } = answered(() => []);
    await expect(client.waitUntilBack({ timeoutMs: 5000 })).rejects.toMatchObject({
      kind: 'timeout',
      message: expect.stringMatching(
        /^the device did not come back in 5000 ms: echo: no answer .* in \d{2,} ms, asked/,
      ),
    });
  });
});

describe('an abort', () => {
  it('before a request sends nothing', async () => {
    const { client, device } = connect();
    await expect(client.echo('hi', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(device.requests).toEqual([]);
  });

  it('in the middle of a request ends it with the reason given, and the client goes on', async () => {
    const abort = new AbortController();
    const { device, client, transport } = connect();
    const failing = new Proxy(transport, {
      get: (target, key: keyof SmpTransport) =>
        key === 'receive'
          ? async (timeoutMs: number, signal?: AbortSignal) => {
              if (signal) abort.abort(new Error('enough'));
              return target.receive(timeoutMs, signal);
            }
          : target[key],
    });
    const other = new SmpClient(failing);
    await expect(other.echo('hi', { signal: abort.signal })).rejects.toThrow('enough');
    expect(await other.echo('again')).toBe('again');
    expect(device.requests).toHaveLength(2);
    await client.close();
  });
});
