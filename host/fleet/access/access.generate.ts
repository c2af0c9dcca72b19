// Writes the table of the default policy into docs/fleet-security.md, between its marks. Run: npx tsx host/fleet/access/access.generate.ts

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../tools/guest.ts';
import { readPolicy } from './files.ts';
import { tableText } from './table.ts';

const path = join(repositoryRoot, 'docs', 'fleet-security.md');
const text = readFileSync(path, 'utf8');
writeFileSync(
  path,
  text.replace(/(<!-- table of the policy -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${tableText(readPolicy())}\n$2`),
);
