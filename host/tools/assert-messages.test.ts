import { describe, expect, test } from 'vitest';
import { withoutMessages } from './assert-messages.ts';
import { compileGuest } from './guest.ts';

describe('what assertions say', () => {
  test.each([
    ["assert(a < b, 'why');", 'assert(a < b       );'],
    ["  assert(f(a, b) == (c), 'one, two) and \\'three');", `  assert(f(a, b) == (c)${' '.repeat(25)});`],
    ["assert(\n  a,\n  'why',\n);", 'assert(\n  a \n        \n);'],
    ["if (x) assert(a == 0x2c, ','); assert(b, 'c');", 'if (x) assert(a == 0x2c     ); assert(b     );'],
    ['assert(a);', 'assert(a);'],
    ["// assert(a, 'b')", "// assert(a, 'b')"],
  ])('%s', (source, compiled) => expect(withoutMessages(source)).toBe(compiled));

  test('is in no guest', async () => {
    for (const entry of ['firmware/main.ts', 'bootloader/main.ts', 'firmware/sequencer/main.ts']) {
      const image = Buffer.from(await compileGuest(entry));
      for (const text of ['there are two slots', 'a number of the manifest', 'there are six cores'])
        expect(image.includes(Buffer.from(text, 'utf16le')), `${entry}: ${text}`).toBe(false);
    }
  });
});
