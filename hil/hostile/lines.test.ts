import fc from 'fast-check';
import { describe, test } from 'vitest';
import { traffic } from './noise.ts';
import { always } from './seed.ts';
import { victims } from './victims.ts';
import { wires } from './wire.ts';

describe.each(victims)('%s', (_name, make) => {
  test.each(wires)('takes from $name exactly the messages that are there, whatever the bytes', async (wire) => {
    const victim = await make();
    always(fc.array(traffic(wire), { minLength: 1, maxLength: 6 }), 150, (pieces) => {
      victim.restart();
      for (const piece of pieces) victim.deliver(wire, piece);
      victim.judge();
    });
  });
});
