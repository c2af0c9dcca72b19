// Block copies between RAM and the bus. The core stalls while one runs, so it is complete when the call returns.

import { MAP_FLASH_SIZE } from './generated/constants';
import {
  DMA_CONTROL_ADDRESSING_FIXED,
  DMA_CONTROL_DIRECTION_RAM_TO_BUS,
  DMA_CONTROL_START_START,
  writeDmaBusAddress,
  writeDmaControl,
  writeDmaLength,
  writeDmaRamAddress,
} from './generated/registers';
import { isInRam } from './ram';

const WORD_MASK: u32 = 3;

function copyBlock(ram: usize, busAddress: u32, length: u32, control: u32): void {
  assert((control & DMA_CONTROL_START_START) == 0, 'the start is added here');
  if (length == 0) return;
  assert(isInRam(ram, length), 'a block in memory');
  assert(busAddress <= u32.MAX_VALUE - length, 'a block on the bus does not wrap');
  writeDmaRamAddress(<u32>ram);
  writeDmaBusAddress(busAddress);
  writeDmaLength(length);
  writeDmaControl(DMA_CONTROL_START_START | control);
}

/** Mapped flash (any alignment) or registers (whole words) into RAM. */
export function copyFromBus(target: usize, busAddress: u32, length: u32): void {
  assert(busAddress >= MAP_FLASH_SIZE || length <= MAP_FLASH_SIZE - busAddress, 'a block of flash ends in flash');
  assert(busAddress < MAP_FLASH_SIZE || ((busAddress | length) & WORD_MASK) == 0, 'registers are read in whole words');
  copyBlock(target, busAddress, length, 0);
}

/** RAM into registers (whole words). */
export function copyToBus(busAddress: u32, source: usize, length: u32): void {
  assert(((busAddress | length) & WORD_MASK) == 0, 'registers are written in whole words');
  assert(busAddress >= MAP_FLASH_SIZE, 'flash is not written by a copy');
  copyBlock(source, busAddress, length, DMA_CONTROL_DIRECTION_RAM_TO_BUS);
}

/** `length` bytes out of a FIFO register; the caller has made sure that they are there. */
export function copyFromFifo(target: usize, register: u32, length: u32): void {
  assert((register & WORD_MASK) == 0, 'a register is a word');
  assert(register >= MAP_FLASH_SIZE, 'a FIFO is a register');
  copyBlock(target, register, length, DMA_CONTROL_ADDRESSING_FIXED);
}

/** `length` bytes into a FIFO register; the caller has made sure that it takes them. */
export function copyToFifo(register: u32, source: usize, length: u32): void {
  assert((register & WORD_MASK) == 0, 'a register is a word');
  assert(register >= MAP_FLASH_SIZE, 'a FIFO is a register');
  copyBlock(source, register, length, DMA_CONTROL_ADDRESSING_FIXED | DMA_CONTROL_DIRECTION_RAM_TO_BUS);
}
