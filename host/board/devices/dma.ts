// Block copy between core RAM and the bus. The core stalls for the copy.
//
// The copy is made at the access that starts it, then time passes. Only the core could see RAM in between, and it is
// stalled. What must stay true: each word or byte it moves obeys the same rules as an access of the core.

import { DMA } from '../../../protocol/generated/registers.ts';
import { nsPerCycle } from '../clock.ts';
import type { Device, Registers } from '../device.ts';
import { FaultCause } from '../device.ts';
import { flashSize } from '../flash-array.ts';
import type { Machine } from '../machine.ts';

/** As the register description says: set-up, then a word a cycle, or a byte a cycle at a fixed address. */
const setupCycles = 8;

/** Of a copy at addresses that move. */
export function copyCycles(length: number): number {
  return setupCycles + Math.ceil(length / 4);
}

const { DIRECTION, ADDRESSING } = DMA.registers.CONTROL.fields;
const fromRam = DIRECTION.values.RAM_TO_BUS << DIRECTION.shift;
const fixed = ADDRESSING.values.FIXED << ADDRESSING.shift;

export class Dma implements Device {
  readonly peripheral = DMA;
  readonly onWrite = { CONTROL: (value: number) => this.copy(value) };
  private readonly machine: Machine;
  private readonly registers: Registers<typeof DMA>;

  constructor(machine: Machine) {
    this.machine = machine;
    this.registers = machine.registers(DMA);
  }

  reset(): void {
    this.registers.reset();
  }

  private copy(control: number): void {
    const { words, at } = this.registers;
    const [ramAddress, busAddress, length] = [words[at.RAM_ADDRESS], words[at.BUS_ADDRESS], words[at.LENGTH]];
    const ram = this.machine.ram;
    if (ramAddress + length > ram.length)
      this.machine.fault(
        FaultCause.MEMORY_BOUNDS,
        `DMA of ${length} bytes at RAM address 0x${ramAddress.toString(16)}; RAM ends at 0x${ram.length.toString(16)}`,
      );
    // A copy into the DMA's own registers would start a copy within a copy; correct software never does that.
    if (busAddress >= DMA.base && busAddress < DMA.base + 0x1000)
      this.machine.fault(FaultCause.BUS_STATE, 'DMA to or from its own registers');
    const isWrite = (control & fromRam) !== 0;
    if ((control & fixed) !== 0) this.copyFixed(busAddress, ram.subarray(ramAddress, ramAddress + length), isWrite);
    else if (!isWrite && busAddress + length <= flashSize)
      this.machine.flash.readBytes(busAddress, ram, ramAddress, length);
    else this.copyWords(busAddress, ramAddress, length, isWrite);
    const cycles = (control & fixed) !== 0 ? setupCycles + length : copyCycles(length);
    this.machine.stallUntil(this.machine.now + cycles * nsPerCycle);
  }

  private copyFixed(address: number, block: Uint8Array, write: boolean): void {
    const { bus } = this.machine;
    for (let i = 0; i < block.length; i++) {
      if (write) bus.poke(address, block[i]);
      else block[i] = bus.peek(address);
    }
  }

  private copyWords(address: number, ramAddress: number, length: number, write: boolean): void {
    const { bus, ram } = this.machine;
    if (length % 4 !== 0)
      this.machine.fault(
        FaultCause.BUS_MISALIGNED,
        `DMA of ${length} bytes to or from registers; they are copied by words of 4`,
      );
    if (ramAddress % 4 === 0) {
      const words = wordsOf(ram);
      const first = ramAddress / 4;
      if (write) bus.pokeWords(address, words, first, length / 4);
      else bus.peekWords(address, words, first, length / 4);
      return;
    }
    // Not aligned in RAM, so there are no words of it there.
    for (let i = 0, at = ramAddress; i < length; i += 4, at += 4) {
      if (write) {
        bus.poke(address + i, ram[at] | (ram[at + 1] << 8) | (ram[at + 2] << 16) | (ram[at + 3] << 24));
        continue;
      }
      const word = bus.peek(address + i);
      ram[at] = word;
      ram[at + 1] = word >>> 8;
      ram[at + 2] = word >>> 16;
      ram[at + 3] = word >>> 24;
    }
  }
}

const views = new WeakMap<Uint8Array, Int32Array>();

/** The words of a RAM. */
function wordsOf(ram: Uint8Array): Int32Array {
  let words = views.get(ram);
  if (words === undefined) {
    words = new Int32Array(ram.buffer, ram.byteOffset, ram.length >> 2);
    views.set(ram, words);
  }
  return words;
}
