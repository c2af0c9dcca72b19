// Images the stories flash: the firmware of this tree in several versions, signed with the key a new device trusts.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { developmentKey } from '../../../host/tools/build.ts';
import { parseImage, signImage } from '../../../host/tools/image/index.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';

export interface UpdateFile {
  version: string;
  path: string;
  bytes: Uint8Array;
  /** As clients want it: the image's own hash in hex, not that of the file. */
  hash: string;
}

/** `change` may make something else of the firmware before it is signed. */
export async function updateFile(
  folder: string,
  version: string,
  change = (module: Uint8Array) => module,
): Promise<UpdateFile> {
  const payload = change(await compileFirmware('firmware/main.ts'));
  const bytes = signImage({ payload, privateKeyPem: developmentKey(), version, securityCounter: 1 });
  const path = join(folder, `update-${version}.bin`);
  writeFileSync(path, bytes);
  return { version, path, bytes, hash: Buffer.from(parseImage(bytes).hash as Uint8Array).toString('hex') };
}
