// A process that keeps a device and kills itself, for killed.test.ts: `node testing-life.mjs FILE OPERATION`.
//
// It changes a device again and again, keeps it, and says the number of each change once it is kept, as an answer to a client would. At the
// given operation on files, counted from one, it is killed in the middle of things, as by `kill -9`. A short journal makes it fold often.

import { writeSync } from 'node:fs';
import { importSource } from '../../tools/bundle.mjs';

const { Device, DeviceFile, nodeDisk } = await importSource('host/links/device-file/testing-device.ts');

const [name, killAt] = [process.argv[2], Number(process.argv[3])];
let operations = 0;
const changing = ['open', 'write', 'truncate', 'sync', 'rename', 'remove', 'syncFolder'];
const disk = { ...nodeDisk };
for (const operation of changing) {
  disk[operation] = (...words) => {
    const result = nodeDisk[operation](...words);
    operations += 1;
    if (operations === killAt) process.kill(process.pid, 'SIGKILL');
    return result;
  };
}

const device = new Device();
const file = DeviceFile.open(name, { disk, journalBytes: 6000 });
file.begin(device);
for (let number = 1; number <= 9; number++) {
  file.keep(device.change(number));
  writeSync(1, `${number}\n`);
}
file.close(device);
