import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildAll } from '../../../host/tools/build.ts';
import { decodeBody, decodeMessage, encodeMessage } from '../../../host/tools/smp/index.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { millisecond, second } from '../../rig/time.ts';
import { updateFile } from './images.ts';
import { LiveDevice } from './live-device.ts';
import { answerTimeoutMs, exchange, type LineName, openRawLine, type RawLine } from './raw-line.ts';

// What clients expect of time: mcumgr-client sends a chunk again after 200 ms, the Go client writes a line every 20 ms, and
// all of them want the same port and the same terminal after a reset.

const answerLimitMs = 200;
const writeOp = 2;
const lines: LineName[] = ['UDP', 'serial'];

let sequence = 0;
function message(group: number, command: number, body: Record<string, unknown>): Uint8Array {
  sequence = (sequence + 1) & 0xff;
  return encodeMessage({ operation: writeOp, version: 2, group, sequence, command }, body);
}

/** Upload messages as a client with chunks of this size sends them. */
function uploadMessages(image: Uint8Array, chunk: number): { message: Uint8Array; end: number }[] {
  return Array.from({ length: Math.ceil(image.length / chunk) }, (_, n) => {
    const off = n * chunk;
    const data = image.slice(off, off + chunk);
    const head = off === 0 ? { len: image.length } : {};
    return { message: message(SmpGroup.IMG, 1, { off, data, ...head }), end: off + data.length };
  });
}

const wanted = (answer: Uint8Array) => decodeBody(decodeMessage(answer).body).off;
const echo = (text: string) => message(SmpGroup.OS, 0, { d: text });
const echoed = (answer: Uint8Array) => decodeBody(decodeMessage(answer).body).r;

async function start(line: LineName): Promise<{ device: LiveDevice; raw: RawLine }> {
  const device = await LiveDevice.start();
  onTestFinished(() => device.close());
  const raw = await openRawLine(device, line);
  onTestFinished(() => raw.close());
  return { device, raw };
}

test('in virtual time, each chunk of any size is answered within 200 ms, the first and the last included', async () => {
  const { bootloader, publicKey, images } = await buildAll(['factory', 'good']);
  for (const chunk of [330, 512, 1400, 2000]) {
    const slots = { A: images.get('factory')?.bytes };
    const device = await DeviceUnderTest.running({ bootloader, keys: [publicKey], slots });
    device.run(2 * second);
    let slowest = 0;
    for (const { message: request, end } of uploadMessages(images.get('good')?.bytes as Uint8Array, chunk)) {
      const begin = device.now;
      device.lines.sendMessage(request);
      expect(wanted(device.lines.nextMessage(answerTimeoutMs * millisecond) as Uint8Array)).toBe(end);
      slowest = Math.max(slowest, (device.now - begin) / millisecond);
    }
    expect(slowest).toBeLessThan(answerLimitMs);
  }
});

describe.each(lines)('over %s', (line) => {
  // Wall time is this machine's as well, and other work may be on it: a board that is too slow is so every time.
  test('each chunk of an upload is answered within 200 ms', { retry: 3 }, async () => {
    const { device, raw } = await start(line);
    const { bytes } = await updateFile(device.folder, '1.1.0');
    let slowest = 0;
    for (const { message: request, end } of uploadMessages(bytes, 1024)) {
      const { answer, tookMs } = await exchange(raw, raw.frame(request));
      expect(wanted(answer)).toBe(end);
      slowest = Math.max(slowest, tookMs);
    }
    await device.event('upload-done', 0, { slot: 'B' });
    expect(slowest).toBeLessThan(answerLimitMs);
  });

  test('chunks that come again after 200 ms change nothing, not even the last one', async () => {
    const { device, raw } = await start(line);
    const { bytes, hash } = await updateFile(device.folder, '1.1.0');
    const uploads = uploadMessages(bytes, 1024);
    for (const [index, { message: request, end }] of uploads.entries()) {
      expect(wanted((await exchange(raw, raw.frame(request))).answer)).toBe(end);
      if (index % 20 !== 1 && index !== uploads.length - 1) continue;
      await sleep(answerLimitMs);
      expect(wanted((await exchange(raw, raw.frame(request))).answer)).toBe(end);
    }
    const images = await (await device.own()).imageState();
    expect(Buffer.from(images[1].hash as Uint8Array).toString('hex')).toBe(hash);
    expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0' });
  });

  test('the line survives resets: the same socket, the same open terminal, the same place', async () => {
    const { device, raw } = await start(line);
    for (let round = 0; round < 3; round++) {
      const { mark } = device;
      const { answer, tookMs } = await exchange(raw, raw.frame(message(SmpGroup.OS, 5, {})));
      expect(decodeBody(decodeMessage(answer).body)).toEqual({});
      expect(tookMs, 'a reset is answered before it happens').toBeLessThan(answerTimeoutMs);
      await device.event('boot', mark, { version: '1.0.0' });
      await device.healthy(mark);
      expect(echoed((await exchange(raw, raw.frame(echo(`round ${round}`)))).answer)).toBe(`round ${round}`);
    }
    // Two readers of one terminal would share its bytes, so the first hangs up before the next client comes.
    await raw.close();
    const another = await openRawLine(device, line);
    onTestFinished(() => another.close());
    expect(echoed((await exchange(another, another.frame(echo('hello')))).answer)).toBe('hello');
    expect(existsSync(device.terminal)).toBe(true);
  });

  test('four requests at once are answered in their order', async () => {
    const { raw } = await start(line);
    const texts = ['one', 'two', 'three', 'four'];
    for (const text of texts) await raw.send(raw.frame(echo(text)));
    for (const text of texts) expect(echoed((await raw.receive(answerTimeoutMs)) as Uint8Array)).toBe(text);
  });
});

describe('over serial', () => {
  let device: LiveDevice;
  beforeAll(async () => {
    device = await LiveDevice.start();
  });
  afterAll(() => device?.close());

  test('lines in three pieces with 20 ms between them, as the Go client writes them', async () => {
    const raw = await openRawLine(device, 'serial');
    const text = 'x'.repeat(1000);
    const wire = Buffer.from(raw.frame(echo(text)));
    for (let at = 0; at < wire.length; ) {
      const end = wire.indexOf('\n', at);
      for (const piece of [wire.subarray(at, at + 2), wire.subarray(at + 2, end), wire.subarray(end, end + 1)]) {
        await raw.send(piece);
      }
      at = end + 1;
      await sleep(20);
    }
    expect(echoed((await raw.receive(answerTimeoutMs)) as Uint8Array)).toBe(text);
    await raw.close();
  });

  test('one byte at a time', async () => {
    const raw = await openRawLine(device, 'serial');
    for (const byte of raw.frame(echo('slow'))) {
      await raw.send(Uint8Array.of(byte));
      await sleep(2);
    }
    expect(echoed((await raw.receive(answerTimeoutMs)) as Uint8Array)).toBe('slow');
    await raw.close();
  });

  test('a terminal opened and closed for every command, as command line clients do', async () => {
    for (let round = 0; round < 10; round++) {
      const raw = await openRawLine(device, 'serial');
      expect(echoed((await exchange(raw, raw.frame(echo(`round ${round}`)))).answer)).toBe(`round ${round}`);
      await raw.close();
    }
  });
});
