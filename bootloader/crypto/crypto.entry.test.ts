import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { budgetCyclesMax, Core, prepareImage } from '../../host/board/cpu/cpu.ts';
import { compileGuest } from '../../host/tools/guest.ts';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';

describe('cryptography on the metered core', () => {
  let core: Core;
  let addresses: GuestCrypto;

  beforeAll(async () => {
    const refuse = () => {
      throw new Error('cryptography has nothing to do on the bus');
    };
    core = new Core(prepareImage(await compileGuest('bootloader/crypto/crypto.entry.ts')), {
      read32: refuse,
      write32: refuse,
    });
    addresses = await openGuestCrypto();
  });

  function call(line: 'VERIFY_LINE' | 'SHA256_LINE', message: Uint8Array): number {
    const { guest, slot } = addresses;
    core.memory.set(message, guest.MESSAGE.value);
    new DataView(core.memory.buffer).setUint32(slot(2), message.length, true);
    const result = core.run('interrupt', guest[line].value, budgetCyclesMax);
    expect(result.outcome).toBe('returned');
    return result.cyclesUsed;
  }

  const answer = (length: number) => core.memory.slice(addresses.slot(3), addresses.slot(3) + length);

  it('verifies within 16 ms of the core (4 ns a cycle), whether the signature holds or not', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const message = new Uint8Array(32).fill(1);
    core.memory.set(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32), addresses.slot(0));
    core.memory.set(sign(null, message, privateKey), addresses.slot(1));
    expect(call('VERIFY_LINE', message)).toBeLessThan(4_000_000);
    expect(answer(1)).toEqual(Uint8Array.of(1));
    expect(call('VERIFY_LINE', new Uint8Array(32))).toBeLessThan(4_000_000);
    expect(answer(1)).toEqual(Uint8Array.of(0));
  });

  it('hashes at no more than 36 cycles a byte, the same for any content', () => {
    const contents = [new Uint8Array(65536), new Uint8Array(65536).fill(0xff)];
    const cycles = contents.map((message) => {
      const used = call('SHA256_LINE', message);
      expect(answer(32)).toEqual(new Uint8Array(createHash('sha256').update(message).digest()));
      return used;
    });
    expect(cycles[0]).toBe(cycles[1]);
    expect(cycles[0]).toBeLessThan(36 * 65536);
  });
});
