// Makes golden.json: `npx tsx host/tools/image/golden.generate.ts IMGTOOL`, where IMGTOOL is imgtool 2.4.0.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Golden, goldenCases, goldenFile, runImgtool } from './golden-cases.ts';

const imgtool = process.argv[2];
if (imgtool === undefined) throw new Error('usage: npx tsx host/tools/image/golden.generate.ts PATH_OF_IMGTOOL');
const golden: Record<string, Golden> = {};
for (const one of goldenCases) {
  const bytes = runImgtool(imgtool, one);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  golden[one.name] = { length: bytes.length, sha256, bytes: bytes.length < 500 ? bytes.toString('base64') : undefined };
}
writeFileSync(goldenFile, `${JSON.stringify(golden, null, 2)}\n`);
