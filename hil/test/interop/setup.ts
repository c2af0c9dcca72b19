// Before the first test: the folder the suite works in, and everything a new device is made of, so that no test waits for a compiler.

import { mkdirSync } from 'node:fs';
import { buildAll } from '../../../host/tools/build.ts';
import { interopFolder } from './install.ts';

export default async function setup(): Promise<void> {
  mkdirSync(interopFolder, { recursive: true });
  await buildAll(['factory', 'good']);
}
