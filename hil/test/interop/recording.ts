// What clients that cannot always be had said on the wire, byte for byte, in one session each: recorded.json, made by
// recorded.generate.ts, replayed by recorded.interop.ts.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentKey } from '../../../host/tools/build.ts';
import { goldenKey, goldenPayload } from '../../../host/tools/image/golden-cases.ts';
import { parseImage, signImage } from '../../../host/tools/image/index.ts';
import { LiveDevice } from './live-device.ts';
import type { LineName } from './raw-line.ts';

export interface RecordedSession {
  client: string;
  line: LineName;
  /** Hex: datagrams, or what went down the serial line from one start marker to the next. */
  requests: string[];
}

export const recordedFile = new URL('recorded.json', import.meta.url);

/** Small, the same for ever, and signed with a key everybody knows: the bootloader takes it, the core cannot run it. */
export const recordedImage = signImage({
  payload: goldenPayload(1300),
  privateKeyPem: goldenKey.privateKeyPem,
  version: '9.9.9',
  securityCounter: 1,
});
export const recordedHash = Buffer.from(parseImage(recordedImage).hash as Uint8Array).toString('hex');
export const recordedFileHash = createHash('sha256').update(recordedImage).digest('hex');

export const recordedSessions = (): RecordedSession[] => JSON.parse(readFileSync(recordedFile, 'utf8')).sessions;

/** A device whose fuses trust the recorded image's key beside the development key. */
export async function startForRecording(options: string[] = []): Promise<LiveDevice> {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-keys-'));
  try {
    const keys = [goldenKey.privateKeyPem, developmentKey()].flatMap((pem, index) => {
      const file = join(folder, `${index}.pem`);
      writeFileSync(file, pem, { mode: 0o600 });
      return ['--key', file];
    });
    return await LiveDevice.start([...options, ...keys]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
