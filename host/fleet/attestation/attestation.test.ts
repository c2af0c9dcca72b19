// The verifier, against the engine of the chip itself.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATTEST } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { AttestationEngine, Measured } from '../../board/devices/attest.ts';
import { Rig } from '../../board/devices/rig.ts';
import { cases } from '../../board/testing/cases.ts';
import { AttestationError } from './error.ts';
import { type Reference, readDevices, readReferences, writeDevices, writeReferences } from './files.ts';
import { hex, readTokenBytes } from './token.ts';
import { nonceWithinMs, Verifier } from './verifier.ts';

const reference: Reference = { release: '1.2.0', bootloader: 'b0'.repeat(32), image: '1a'.repeat(32) };

/** A chip with nothing but its engine. */
class Chip {
  readonly serial: string;
  private readonly rig: Rig<AttestationEngine>;

  constructor(number: number, { bootloader, image }: Reference = reference, rootKey = new Uint8Array(32).fill(5)) {
    const fuses = new Uint32Array(Fuse.WORD_COUNT);
    fuses[Fuse.SERIAL] = number;
    this.serial = hex(new Uint8Array(fuses.buffer, Fuse.SERIAL * 4, 16));
    this.rig = new Rig((machine) => new AttestationEngine(machine, fuses, rootKey));
    this.rig.device.measure(Measured.BOOTLOADER, bootloader);
    this.rig.device.measure(Measured.IMAGE, image);
  }

  get key(): string {
    return hex(this.rig.device.publicKey());
  }

  token(nonce: Uint8Array): Uint8Array {
    const { machine } = this.rig;
    const words = new Uint32Array(nonce.slice().buffer);
    for (const [word, value] of words.entries()) machine.poke(ATTEST, 'NONCE', value, word);
    machine.poke(ATTEST, 'COMMAND', 1);
    const token = Uint32Array.from({ length: 64 }, (_, word) => machine.peek(ATTEST, 'TOKEN', word));
    return new Uint8Array(token.buffer).slice(0, machine.peek(ATTEST, 'LENGTH'));
  }
}

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
