import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { add, base, multiply, neutral, order, p } from './curve.ts';
import { generatedFiles, generatedFolder } from './generate.ts';

describe('generated crypto tables', () => {
  for (const [name, text] of Object.entries(generatedFiles())) {
    it(`${name} is what generate.ts writes today`, () => {
      const kept = readFileSync(join(generatedFolder, name), 'utf8');
      expect(kept === text, 'run npx tsx bootloader/crypto/generate/generate.ts and commit the result').toBe(true);
    });
  }

  it('has no file that nobody writes', () => {
    expect(readdirSync(generatedFolder).sort()).toEqual(Object.keys(generatedFiles()).sort());
  });

  it('starts and ends the SHA-256 round constants as FIPS 180-4 prints them', () => {
    const text = generatedFiles()['sha256-compress.ts'];
    const constants = [...text.matchAll(/\+ (0x[0-9a-f]{8}) \+/g)].map((match) => match[1]);
    expect(constants).toHaveLength(64);
    expect([constants[0], constants[63]]).toEqual(['0x428a2f98', '0xc67178f2']);
  });

  it('takes the base point of RFC 8032, whose order is L', () => {
    expect(base.x).toBe(15112221349535400772501151409588531511454012693041857206046113283949847762202n);
    expect(base.y).toBe(46316835694926478169428394003475163141307993866256225615783033603165251855960n);
    expect(multiply(order, base)).toEqual(neutral);
    expect(add(base, { x: p - base.x, y: base.y })).toEqual(neutral);
  });
});
