// A repository of releases in the folder of a server, signed by two of two.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shelf } from '../../../host/fleet/repository/shelf.ts';
import { TufRepository } from '../../../host/fleet/repository/tuf.ts';
import { readPrivateKey } from '../../../host/tools/image/keys.ts';
import { keySigner } from '../../../host/tools/image/signer.ts';
import { keys } from '../../rig/keys.ts';

/** image-0.bin and so on; root.json beside it. `token`: lets boards go back to the first. */
export function publish(folder: string, all: Uint8Array[], token?: Uint8Array): void {
  const repository = join(folder, 'coldrig-releases');
  const signers = [0, 1].map((index) => keySigner(readPrivateKey(keys[index].privateKeyPem)));
  const publicKeys = signers.map(({ publicKey }) => publicKey);
  const tuf = new TufRepository(repository, Date.now());
  const both = { rootKeys: publicKeys, rootThreshold: 2, releaseKeys: publicKeys, releaseThreshold: 2 };
  tuf.begin({ ...both, serverKey: publicKeys[0] });
  const shelf = new Shelf(repository);
  for (const [index, image] of all.entries())
    tuf.add(shelf.put(image, `image-${index}.bin`, `image-${index}`, index === 0 && token ? { token } : {}));
  for (const signer of signers) tuf.sign(signer);
  tuf.publish(signers[0]);
  writeFileSync(join(folder, 'root.json'), tuf.rootBytes());
}
