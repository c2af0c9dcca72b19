// Makes recorded.json: `npx tsx hil/test/interop/recorded.generate.ts`, with mcumgr (Go) and mcumgr-client 0.0.9 (Rust) on PATH.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInputLog } from '../../../host/links/input-log.ts';
import { GATEWAY_LINE } from '../../../host/links/link.ts';
import { SlipDecoder } from '../../../host/links/slip.ts';
import { mcumgr } from './clients/mcumgr.ts';
import { mcumgrClient } from './clients/mcumgr-client.ts';
import { builtTool, interopFolder } from './install.ts';
import type { LineName } from './raw-line.ts';
import {
  type RecordedSession,
  recordedFile,
  recordedFileHash,
  recordedHash,
  recordedImage,
  startForRecording,
} from './recording.ts';

const clients = { mcumgr, 'mcumgr-client': mcumgrClient };
const workshop = join(interopFolder, 'recording');

async function record(name: keyof typeof clients, line: LineName): Promise<RecordedSession> {
  const tool = await builtTool(name);
  if (tool.path === undefined) throw new Error(tool.missing);
  const log = join(workshop, `${name}-${line}.jsonl`);
  const device = await startForRecording(['--record', log]);
  const image = join(device.folder, 'image.bin');
  writeFileSync(image, recordedImage);
  const client = clients[name](tool.path, device, line);
  try {
    await client.echo('hello');
    await client.list();
    await client.upload(image);
    await client.test(recordedHash);
    await client.list();
    // Of an image that has not run: mcumgr-client asks for that one by its hash, and is refused.
    await client.confirm(recordedHash).catch(() => {});
    await client.reset();
    await device.event('image-rejected', 0);
  } finally {
    await device.close();
  }
  const inputs = readInputLog(readFileSync(log, 'utf8'), log).inputs.filter(
    (input) => (input.line === GATEWAY_LINE) === (line === 'UDP'),
  );
  const stream = Buffer.concat(inputs.map(({ bytes }) => bytes));
  return { client: name, line, requests: line === 'UDP' ? datagramsIn(stream) : packetsIn(stream) };
}

/** The gateway's frames begin with the two bytes of the peer's tag. */
function datagramsIn(stream: Buffer): string[] {
  const datagrams: string[] = [];
  new SlipDecoder(4096).push(stream, (frame) => datagrams.push(Buffer.from(frame.subarray(2)).toString('hex')));
  return datagrams;
}

function packetsIn(stream: Buffer): string[] {
  const [, ...packets] = stream.toString('latin1').split('\x06\x09');
  return packets.map((rest) => Buffer.from(`\x06\x09${rest}`, 'latin1').toString('hex'));
}

mkdirSync(workshop, { recursive: true });
const sessions: RecordedSession[] = [];
for (const name of Object.keys(clients) as (keyof typeof clients)[]) {
  for (const line of ['UDP', 'serial'] as const) sessions.push(await record(name, line));
}
const source = 'mcumgr 5c56bd2 with newtmgr 60b2da7 (Go), mcumgr-client 0.0.9 (Rust)';
writeFileSync(recordedFile, `${JSON.stringify({ source, imageSha256: recordedFileHash, sessions }, null, 2)}\n`);
rmSync(workshop, { recursive: true });
