// Notes an emulated device in the list of devices that may attest, as the factory does with a real one.

import { existsSync } from 'node:fs';
import type { Board } from '../../host/board/board.ts';
import { readDevices, writeDevices } from '../../host/fleet/attestation/files.ts';
import { hex } from '../../host/fleet/attestation/token.ts';
import { Fuse } from '../../protocol/memory-map.ts';
import { readText, writeOutput } from '../files.ts';
import { named } from './attest.ts';

/** The devices that the list has already stay in it. */
export function noteDevice(board: Board, path: string): void {
  const fuses = board.fuseWords();
  const serial = new Uint8Array(fuses.buffer, fuses.byteOffset + Fuse.SERIAL * 4, 16);
  const known = named(() => (existsSync(path) ? readDevices(readText(path, 'the list of devices'), path) : new Map()));
  known.set(hex(serial), hex(board.life.attest.publicKey()));
  writeOutput(path, writeDevices(known), 'the list of devices');
}
