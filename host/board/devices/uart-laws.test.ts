// Laws of a serial line, over random transfers and pauses.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UART0 } from '../../../protocol/generated/registers.ts';
import { cases } from '../testing/cases.ts';
import { fifoBytes } from './uart.ts';
import { byteNs, free, makeUartRig, pattern, readAll, sentBytes, status, write } from './uart-rig.ts';

const { TRANSMIT_EMPTY, OVERRUN } = UART0.registers.STATUS.fields;

test('whatever the sizes and pauses, bytes are received in order and complete, or OVERRUN says otherwise', () => {
  const step = fc.record({
    put: fc.integer({ min: 0, max: 400 }),
    pauseBytes: fc.integer({ min: 0, max: 500 }),
    read: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const rig = makeUartRig();
      const put: number[] = [];
      const got: number[] = [];
      for (const { put: length, pauseBytes, read } of steps) {
        const bytes = pattern(Math.min(length, rig.device.wireFree), put.length);
        rig.device.receive(bytes);
        put.push(...bytes);
        rig.skip(pauseBytes * byteNs);
        if (read) got.push(...readAll(rig));
      }
      const overran = () => (status(rig) & OVERRUN.mask) !== 0;
      while (rig.machine.queue.length > 0 && !overran()) {
        rig.machine.handleNext();
        got.push(...readAll(rig));
      }
      got.push(...readAll(rig));
      if (overran()) expect(isSubsequence(got, put)).toBe(true);
      else expect(got).toEqual(put);
    }),
    cases(60),
  );
});

test('whatever the writes and pauses, bytes leave in order, complete, and never faster than the rate', () => {
  const step = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 300 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.constantFrom(9600, 1_000_000, 25_000_000), (steps, baud) => {
      const rig = makeUartRig();
      rig.machine.poke(UART0, 'BAUD', baud);
      const written: number[] = [];
      for (const [length, pauseBytes] of steps) {
        const bytes = pattern(Math.min(length, free(rig)), written.length);
        write(rig, bytes);
        written.push(...bytes);
        rig.skip(Math.round((pauseBytes * 1e10) / baud));
      }
      rig.skip(Math.ceil((fifoBytes * 1e10) / baud) + 16);
      expect(sentBytes(rig)).toEqual(written);
      expect(status(rig)).toBe(TRANSMIT_EMPTY.mask);
      let before = 0;
      for (const { bytes, timeNs } of rig.sent) {
        expect(timeNs - before).toBeGreaterThanOrEqual(Math.floor((bytes.length * 1e10) / baud));
        before = timeNs;
      }
    }),
    cases(40),
  );
});

function isSubsequence(part: number[], whole: number[]): boolean {
  let at = 0;
  for (const byte of whole) if (at < part.length && part[at] === byte) at++;
  return at === part.length;
}
