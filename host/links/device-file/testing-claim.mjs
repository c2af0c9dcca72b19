// A process that claims files for lock.test.ts: for each line of its input, a JSON list of a word and a path, it answers with a line.
// `claim` answers "claimed" or the error's message; `release` gives back what was claimed. It ends with its input.

import { createInterface } from 'node:readline';
import { importSource } from '../../tools/bundle.mjs';

const { claimFile } = await importSource('host/links/device-file/lock.ts');
let claim;
console.log(`process ${process.pid}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [word, path] = JSON.parse(line);
  try {
    if (word === 'claim') claim = claimFile(path);
    else claim?.release();
    console.log(word === 'claim' ? 'claimed' : 'released');
  } catch (error) {
    console.log(error.message);
  }
  if (word === 'release') claim = undefined;
}
