// The cryptography of the guests as host functions on byte arrays, for unit tests and benchmarks.
// It is the AssemblyScript code of the bootloader, instantiated alone.

import { instantiateGuest } from './guest.ts';

type Pointer = number;

interface Exports extends Record<string, unknown> {
  SLOTS: WebAssembly.Global;
  MESSAGE: WebAssembly.Global;
  VERIFY_LINE: WebAssembly.Global;
  SHA256_LINE: WebAssembly.Global;
  SHA256_CONTEXT_SIZE: WebAssembly.Global;
  SHA512_CONTEXT_SIZE: WebAssembly.Global;
  sha256(data: Pointer, length: number, digest: Pointer): void;
  sha256Init(context: Pointer): void;
  sha256Update(context: Pointer, data: Pointer, length: number): void;
  sha256Final(context: Pointer, digest: Pointer): void;
  sha512(data: Pointer, length: number, digest: Pointer): void;
  sha512Init(context: Pointer): void;
  sha512Update(context: Pointer, data: Pointer, length: number): void;
  sha512Final(context: Pointer, digest: Pointer): void;
  ed25519Verify(publicKey: Pointer, message: Pointer, length: number, signature: Pointer): number;
  fieldAdd(out: Pointer, a: Pointer, b: Pointer): void;
  fieldSubtract(out: Pointer, a: Pointer, b: Pointer): void;
  fieldNegate(out: Pointer, a: Pointer): void;
  fieldMultiply(out: Pointer, a: Pointer, b: Pointer): void;
  fieldSquare(out: Pointer, a: Pointer): void;
  fieldInvert(out: Pointer, a: Pointer): void;
  fieldFromBytes(out: Pointer, from: Pointer): void;
  fieldToBytes(out: Pointer, a: Pointer): void;
  fieldBytesAreCanonical(from: Pointer): number;
  scalarIsCanonical(scalar: Pointer): number;
  scalarReduce(out: Pointer, wide: Pointer): void;
  signedDigits(out: Pointer, scalar: Pointer, width: number): number;
  pointDecode(out: Pointer, from: Pointer): number;
  pointEncode(out: Pointer, point: Pointer): void;
}

const slotSize = 256;
const slotCount = 16;
const messageCapacity = 65536;

export type GuestCrypto = Awaited<ReturnType<typeof openGuestCrypto>>;

export async function openGuestCrypto() {
  const guest = await instantiateGuest<Exports>('bootloader/crypto/crypto.entry.ts');
  const memory = new Uint8Array(guest.memory.buffer);
  const messageAt = guest.MESSAGE.value as Pointer;

  /** The address of operand slot `index`. Given bytes are copied there first. */
  function slot(index: number, bytes: Uint8Array = new Uint8Array()): Pointer {
    if (index >= slotCount || bytes.length > slotSize) {
      throw new Error(
        `slot ${index} with ${bytes.length} bytes: there are ${slotCount} slots of ${slotSize} bytes, numbered from 0`,
      );
    }
    const address = (guest.SLOTS.value as Pointer) + index * slotSize;
    memory.set(bytes, address);
    return address;
  }

  /** Copies a message into the guest and returns its address. */
  function message(bytes: Uint8Array): Pointer {
    if (bytes.length > messageCapacity) {
      throw new Error(`a message of ${bytes.length} bytes does not fit the ${messageCapacity} bytes kept for one`);
    }
    memory.set(bytes, messageAt);
    return messageAt;
  }

  const peek = (address: Pointer, length: number): Uint8Array => memory.slice(address, address + length);

  return {
    guest,
    slot,
    message,
    peek,

    sha256(bytes: Uint8Array): Uint8Array {
      guest.sha256(message(bytes), bytes.length, slot(0));
      return peek(slot(0), 32);
    },

    sha512(bytes: Uint8Array): Uint8Array {
      guest.sha512(message(bytes), bytes.length, slot(0));
      return peek(slot(0), 64);
    },

    /** True if the signature is valid. */
    verify(publicKey: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean {
      if (publicKey.length !== 32 || signature.length !== 64) {
        throw new Error(`a key has 32 bytes and a signature 64, not ${publicKey.length} and ${signature.length}`);
      }
      return guest.ed25519Verify(slot(0, publicKey), message(text), text.length, slot(1, signature)) === 1;
    },
  };
}
