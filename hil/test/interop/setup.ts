// Before the first test: makes the working folder of the suite and compiles the parts of a new device, so that no test waits for a compiler.

import { mkdirSync } from 'node:fs';
import { buildAll } from '../../../host/tools/build.ts';
import { interopFolder } from './install.ts';

export default async function setup(): Promise<void> {
  mkdirSync(interopFolder, { recursive: true });
  await buildAll(['factory', 'good']);
}
