import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConsoleDecoder, decodeBody, decodeMessage, type SmpMessage } from '../../../host/tools/smp/index.ts';
import { exchange, openRawLine } from './raw-line.ts';
import {
  type RecordedSession,
  recordedFile,
  recordedFileHash,
  recordedHash,
  recordedImage,
  recordedSessions,
  startForRecording,
} from './recording.ts';

// The Go and the Rust client, also where neither can be built: their own bytes, answered by the device over real links.

const [group, command] = [1, { state: 0, upload: 1 }];

function messageIn({ line }: RecordedSession, request: string): SmpMessage {
  const bytes = Buffer.from(request, 'hex');
  const [message] = line === 'UDP' ? [bytes] : new ConsoleDecoder().push(bytes);
  return decodeMessage(message);
}

/** What the answer to a request must be, from the request alone. */
function expectedBody(request: SmpMessage): Record<string, unknown> {
  const body = decodeBody(request.body);
  if (request.group === group && request.command === command.upload) {
    return { off: (body.off as number) + (body.data as Uint8Array).length };
  }
  if (request.group === group) return { splitStatus: 0 };
  return request.command === 0 ? { r: body.d } : {};
}

/** Confirming an image that never ran, by its hash: refused, in the words of the request's version. */
function isRefused(request: SmpMessage): boolean {
  const { hash, confirm } = decodeBody(request.body) as { hash?: Uint8Array | null; confirm?: boolean };
  const asksByHash = hash !== undefined && hash !== null && hash.length > 0;
  return request.group === group && request.command === command.state && confirm === true && asksByHash;
}

test('the recording is of the image this suite makes', () => {
  expect(JSON.parse(readFileSync(recordedFile, 'utf8')).imageSha256).toBe(recordedFileHash);
});

describe.each(recordedSessions())('what $client says over $line', (session) => {
  test('is answered, request by request, to the end: a trial the core refuses, and the old image again', async () => {
    const device = await startForRecording();
    onTestFinished(() => device.close());
    const line = await openRawLine(device, session.line);
    onTestFinished(() => line.close());
    for (const bytes of session.requests) {
      const request = messageIn(session, bytes);
      const { answer } = await exchange(line, Buffer.from(bytes, 'hex'));
      const { body, ...header } = decodeMessage(answer);
      const { body: _, ...asked } = request;
      expect(header).toEqual({ ...asked, operation: asked.operation + 1 });
      const refusal = asked.version === 1 ? { rc: 1 } : { err: { group, rc: 32 } };
      expect(decodeBody(body)).toMatchObject(isRefused(request) ? refusal : expectedBody(request));
    }
    await device.event('upload-done', 0, { slot: 'B', matched: true });
    await device.event('image-pending', 0, { slot: 'B' });
    const rejected = await device.event('image-rejected', 0, { slot: 'B' });
    await device.event('boot', device.events.indexOf(rejected), { slot: 'A', version: '1.0.0' });
  });

  test('uploads every byte of the image, and asks for it by its hash', () => {
    const uploads = session.requests
      .map((request) => messageIn(session, request))
      .filter((request) => request.group === group && request.command === command.upload)
      .map(({ body }) => decodeBody(body) as { off: number; data: Uint8Array });
    const image = Buffer.alloc(recordedImage.length);
    for (const { off, data } of uploads) image.set(data, off);
    expect(Buffer.compare(image, recordedImage)).toBe(0);
    const marks = session.requests
      .map((request) => messageIn(session, request))
      .filter((request) => request.group === group && request.command === command.state && request.operation === 2);
    expect(Buffer.from(decodeBody(marks[0].body).hash as Uint8Array).toString('hex')).toBe(recordedHash);
  });
});
