// Writes docs/boot.md, what a boot takes, after a change of the bootloader: npx tsx hil/test/boot/boot-time.generate.ts

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { measureBootTimes, renderBootTimes } from './boot-time.ts';

writeFileSync(join(repositoryRoot, 'docs', 'boot.md'), renderBootTimes(await measureBootTimes()));
