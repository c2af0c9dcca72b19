// The verifier, against the engine of the chip itself.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Chip, reference } from '../../board/testing/attesting-chip.ts';
import { cases } from '../../board/testing/cases.ts';
import { AttestationError } from './error.ts';
import { type Reference, readDevices, readReferences, writeDevices, writeReferences } from './files.ts';
import { readTokenBytes } from './token.ts';
import { nonceWithinMs, Verifier } from './verifier.ts';

const chip = new Chip(1);
const other = new Chip(2);

class Bench {
  nowMs = 0;
  private asked = 0;
  readonly verifier = new Verifier({
    devices: new Map([chip, other].map((one) => [one.serial, one.key])),
    references: [reference],
    nowMs: () => this.nowMs,
    nonce: () => new Uint8Array(32).fill(++this.asked),
  });
}

describe('a device is believed', () => {
  test('that answers in time what it was asked, and runs a release', () => {
    const { verifier } = new Bench();
    expect(verifier.check(chip.token(verifier.ask(chip.serial)))).toEqual({ serial: chip.serial, reference });
  });
});

describe('a device is refused', () => {
  test('whose token is used a second time, comes too late, or answers a question that nobody asked', () => {
    const bench = new Bench();
    const token = chip.token(bench.verifier.ask(chip.serial));
    bench.verifier.check(token);
    expect(() => bench.verifier.check(token)).toThrow(/answers no open question/);
    const late = chip.token(bench.verifier.ask(chip.serial));
    bench.nowMs = nonceWithinMs + 1;
    expect(() => bench.verifier.check(late)).toThrow(/more than 60 s after the question/);
    expect(() => bench.verifier.check(chip.token(new Uint8Array(32)))).toThrow(/answers no open question/);
    expect(() => new Bench().verifier.check(token)).toThrow(/answers no open question/);
  });

  test('that answers in place of another, or is not known', () => {
    const { verifier } = new Bench();
    expect(() => verifier.check(other.token(verifier.ask(chip.serial)))).toThrow(/was asked, and a token of/);
    expect(() => verifier.ask(new Chip(3).serial)).toThrow(/is not known/);
  });

  test('that has the serial number of another and a key of its own; the right one may still answer', () => {
    const { verifier } = new Bench();
    const nonce = verifier.ask(chip.serial);
    const twin = new Chip(1, reference, new Uint8Array(32));
    expect(() => verifier.check(twin.token(nonce))).toThrow(/is not signed by its key/);
    expect(verifier.check(chip.token(nonce)).serial).toBe(chip.serial);
  });

  test('that runs another image, another bootloader, or none', () => {
    const { verifier } = new Bench();
    const running = (change: Partial<Reference>) =>
      verifier.check(new Chip(1, { ...reference, ...change }).token(verifier.ask(chip.serial)));
    expect(() => running({ image: 'ff'.repeat(32) })).toThrow(/its image measures ffff.*, as no release does/);
    expect(() => running({ bootloader: 'ff'.repeat(32) })).toThrow(/its bootloader measures/);
    expect(() => running({ image: '00'.repeat(32) })).toThrow(/it runs no image/);
  });

  test('whose token was changed in any bit', () => {
    fc.assert(
      fc.property(fc.nat(), (bit) => {
        const { verifier } = new Bench();
        const token = chip.token(verifier.ask(chip.serial));
        token[Math.floor(bit / 8) % token.length] ^= 1 << (bit % 8);
        expect(() => verifier.check(token)).toThrow(AttestationError);
      }),
      cases(60),
    );
  });
});

test('any bytes at all are a token or an error of its own', () => {
  const token = chip.token(new Uint8Array(32));
  const bent = fc
    .tuple(fc.nat(token.length), fc.uint8Array({ maxLength: 6 }), fc.nat(8))
    .map(([at, more, drop]) => Uint8Array.from([...token.slice(0, at), ...more, ...token.slice(at + drop)]));
  fc.assert(
    fc.property(fc.oneof(bent, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      try {
        readTokenBytes(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(AttestationError);
      }
    }),
    cases(400),
  );
});

describe('files of the verifier', () => {
  test('are read as they were written', () => {
    const devices = new Map([chip, other].map((one) => [one.serial, one.key]));
    expect(readDevices(writeDevices(devices), 'devices.json')).toEqual(devices);
    expect(readReferences(writeReferences([reference]), 'references.json')).toEqual([reference]);
  });

  test('that are not understood are refused with the place', () => {
    const wrong: [(text: string, name: string) => unknown, string, RegExp][] = [
      [readDevices, '{', /d\.json: expected JSON/],
      [readDevices, '[]', /d\.json: devices: expected/],
      [readDevices, '{"devices":{"12":"00"}}', /devices\.12: expected a serial number/],
      [readDevices, `{"devices":{"${chip.serial}":"00"}}`, /expected a public key/],
      [readReferences, 'null', /d\.json: triples: expected/],
      [readReferences, '{"triples":{"reference-values":{}}}', /reference-values: expected a list/],
      [readReferences, '{"triples":{"reference-values":[{"release":"1.0.0"}]}}', /\[0\]\.measurements: expected two/],
      [readReferences, writeReferences([reference]).replace('1a1a', 'zzzz'), /one of the key image/],
    ];
    for (const [read, text, message] of wrong) expect(() => read(text, 'd.json'), text).toThrow(message);
  });
});
