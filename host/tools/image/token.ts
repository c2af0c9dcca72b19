// Makes and reads downgrade tokens: their layout and meaning are in protocol/image/token.ts.

import { Token } from '../../../protocol/image/token.ts';
import { ImageError } from './error.ts';
import { keyHash } from './keys.ts';
import { type SigningKey, signerWith } from './signer.ts';
import { type ImageVersion, parseVersion } from './version.ts';

export interface TokenOptions {
  /** A key with the purpose TOKEN in the device's fuses. */
  privateKeyPem: SigningKey;
  /** Hash TLV of the image that the token allows. */
  imageHash: Uint8Array;
  board: number;
  /** 16 bytes: for this device alone; left out: for every device of the board. */
  serial?: Uint8Array;
  /** The newest version over which the image may be preferred. */
  displaces: string | ImageVersion;
  /** Minimum and maximum security counter in the fuses for which the token is valid. */
  counter: [least: number, greatest: number];
}

/** TOKEN_SIZE bytes. Throws an `ImageError` that names the option. */
export function makeToken(options: TokenOptions): Uint8Array {
  const { imageHash, serial, board, counter } = options;
  if (imageHash.length !== 32) throw new ImageError('OPTION', `an image's hash has 32 bytes, not ${imageHash.length}`);
  if (serial && serial.length !== 16)
    throw new ImageError('OPTION', `a serial number has 16 bytes, not ${serial.length}; status shows a device's`);
  if (counter[0] > counter[1])
    throw new ImageError('OPTION', `the counter's window is empty: ${counter[0]} is above ${counter[1]}`);
  const signer = signerWith(options.privateKeyPem);
  const version = typeof options.displaces === 'string' ? parseVersion(options.displaces) : options.displaces;
  const token = Buffer.alloc(Token.SIZE);
  token.writeUInt32LE(Token.MAGIC_VALUE, Token.MAGIC);
  token.writeUInt32LE(serial ? Token.SCOPE_DEVICE : Token.SCOPE_BOARD, Token.SCOPE);
  token.set(serial ?? new Uint8Array(16), Token.SERIAL);
  token.writeUInt32LE(board, Token.BOARD);
  token.writeUInt32LE(((version.major << 24) | (version.minor << 16) | version.revision) >>> 0, Token.DISPLACES);
  token.set(imageHash, Token.HASH);
  token.writeUInt32LE(counter[0], Token.COUNTER_LEAST);
  token.writeUInt32LE(counter[1], Token.COUNTER_GREATEST);
  token.set(keyHash(signer.publicKey), Token.KEYHASH);
  token.set(signer.sign(token.subarray(0, Token.SIGNATURE)), Token.SIGNATURE);
  return new Uint8Array(token);
}

/** What a token says; its signature is the device's to judge. Throws an `ImageError` where it is none. */
export function readToken(token: Uint8Array): {
  imageHash: Uint8Array;
  /** Undefined: it is for every device of the board. */
  serial: Uint8Array | undefined;
  board: number;
  displaces: ImageVersion;
  /** Minimum and maximum security counter in the fuses for which it is valid. */
  counter: [least: number, greatest: number];
} {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length);
  if (bytes.length !== Token.SIZE || bytes.readUInt32LE(Token.MAGIC) !== Token.MAGIC_VALUE)
    throw new ImageError(
      'OPTION',
      `a downgrade token has ${Token.SIZE} bytes and begins as one; 'coldrig image token' makes it`,
    );
  const version = bytes.readUInt32LE(Token.DISPLACES);
  const isForOne = bytes.readUInt32LE(Token.SCOPE) === Token.SCOPE_DEVICE;
  return {
    imageHash: token.slice(Token.HASH, Token.HASH + 32),
    serial: isForOne ? token.slice(Token.SERIAL, Token.SERIAL + 16) : undefined,
    board: bytes.readUInt32LE(Token.BOARD),
    displaces: { major: version >>> 24, minor: (version >>> 16) & 0xff, revision: version & 0xffff, build: 0 },
    counter: [bytes.readUInt32LE(Token.COUNTER_LEAST), bytes.readUInt32LE(Token.COUNTER_GREATEST)],
  };
}

/** Whether a token is valid on a device of this board with this security counter in its fuses, as far as others than the device can judge. */
export function tokenFits(token: ReturnType<typeof readToken>, board: number, counter: number): boolean {
  const [least, greatest] = token.counter;
  return token.board === board && least <= counter && counter <= greatest;
}
