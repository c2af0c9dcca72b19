// Shared by the tests of the flash: a rig with a flash on it, and one function for each whole operation.

import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { Flash } from './flash.ts';
import { Rig } from './rig.ts';

const { OPERATION, KEY } = FLASH.registers.COMMAND.fields;
const { DONE, PROGRAM_ERROR } = FLASH.registers.STATUS.fields;
const { PAGE_SIZE, UNIT_SIZE } = MemoryMap;
export const key = KEY.values.KEY << KEY.shift;
export const eraseCommand = (key | OPERATION.values.ERASE_SECTOR) >>> 0;
export const programCommand = (key | OPERATION.values.PROGRAM) >>> 0;

export const makeFlashRig = (seed = 1) => new Rig((machine) => new Flash(machine, machine.flash), seed);
export const status = (rig: Rig<Flash>) => rig.machine.peek(FLASH, 'STATUS');

export function startErase(rig: Rig<Flash>, address: number): void {
  rig.machine.poke(FLASH, 'ADDRESS', address);
  rig.machine.poke(FLASH, 'COMMAND', eraseCommand);
}

export function startProgram(rig: Rig<Flash>, address: number, bytes: Uint8Array): void {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  for (const [i, word] of words.entries()) rig.machine.poke(FLASH, 'BUFFER', word, i);
  rig.machine.poke(FLASH, 'ADDRESS', address);
  rig.machine.poke(FLASH, 'LENGTH', bytes.length);
  rig.machine.poke(FLASH, 'COMMAND', programCommand);
}

export function finish(rig: Rig<Flash>): void {
  rig.machine.handleNext();
  rig.machine.poke(FLASH, 'STATUS', DONE.mask | PROGRAM_ERROR.mask);
}

export function erase(rig: Rig<Flash>, address: number): void {
  startErase(rig, address);
  finish(rig);
}

export function program(rig: Rig<Flash>, address: number, bytes: Uint8Array): void {
  startProgram(rig, address, bytes);
  finish(rig);
}

export function read(rig: Rig<Flash>, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  rig.machine.flash.readBytes(address, bytes);
  return bytes;
}

export const unit = (byte: number) => new Uint8Array(UNIT_SIZE).fill(byte);
export const page = (byte: number) => new Uint8Array(PAGE_SIZE).fill(byte);
