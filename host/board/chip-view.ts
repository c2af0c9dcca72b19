// The chip, as a call that looks at it sees it: flash and fuses, read by the core or by the DMA (cpu/chip.ts).
//
//   watch    a call is traced: answers as the devices would, without changing them, and notes what was read and for how long the core was stalled
//   shows    flash and fuses still hold all of that, and no event is due before the call ends
//   pass     the time of such a call passes: a witness hears what is read, the DMA's registers are as it leaves them
//
// What must stay true: an access that is answered here is answered as on the bus; any other access ends the trace, and the call is run.

import { DMA, FUSES, type RegisterEntry } from '../../protocol/generated/registers.ts';
import { Fuse } from '../../protocol/memory-map.ts';
import { Clock, nsPerCycle } from './clock.ts';
import { type Chip, NotOnlyLooking, type Sight, type TracedRam, type Watching } from './cpu/cpu.ts';
import type { Registers } from './device.ts';
import { copyCycles } from './devices/dma.ts';
import type { Fuses } from './devices/fuses.ts';
import { flashSize, pageBytes } from './flash-array.ts';
import type { Machine } from './machine.ts';
import { type CellsLook, PageChecks } from './page-checks.ts';

const { RAM_ADDRESS, BUS_ADDRESS, LENGTH, CONTROL } = DMA.registers;
const copyRegisters: readonly RegisterEntry[] = [RAM_ADDRESS, BUS_ADDRESS, LENGTH];
const { START } = CONTROL.fields;
/** A copy from the bus into RAM, forward. */
const startForward = START.values.START << START.shift;
const fuseAddress = FUSES.base + FUSES.registers.WORD.offset;

/** A read: of flash, or of one word of fuses. */
type Look = { address: number; length: number } | FuseLook;

interface FuseLook {
  fuse: number;
  value: number;
}

interface BoardSight extends Sight {
  looks: readonly Look[];
  pages: PageChecks;
  /** Numbers of the pages. */
  places: readonly number[];
  fuses: readonly FuseLook[];
  /** From the beginning of the call to its last access, in cycles with stalls. */
  lastAccess: number;
  /** What is in the DMA's registers behind its last copy. */
  copied: Copy | undefined;
}

interface Copy {
  ramAddress: number;
  busAddress: number;
  length: number;
}

export class ChipView implements Chip {
  private readonly machine: Machine;
  private readonly fuses: Fuses;
  /** Cycles from this time to the first moment that ends the run; sets the clock's RUN_END to it. */
  private readonly budgetFrom: (time: number) => number;
  private readonly dma: Registers<typeof DMA>;

  constructor(machine: Machine, fuses: Fuses, budgetFrom: (time: number) => number) {
    this.machine = machine;
    this.fuses = fuses;
    this.budgetFrom = budgetFrom;
    this.dma = machine.registers(DMA);
  }

  watch(ram: TracedRam, cyclesLeft: number, blindTo?: number): Watch {
    return new Watch(this.machine, this.fuses, ram, cyclesLeft, blindTo);
  }

  shows({ pages, fuses, stalls }: BoardSight, cycles: number, cyclesLeft: number): boolean {
    const { clock, flash } = this.machine;
    const end = clock[Clock.RUN_END] + (cycles + stalls - cyclesLeft) * nsPerCycle;
    if (end >= clock[Clock.DUE] || end >= clock[Clock.ACTIVATION_END] + stalls * nsPerCycle) return false;
    const { cells, weak } = this.fuses;
    for (const { fuse, value } of fuses) if (cells[fuse] !== value || weak[fuse] !== 0) return false;
    return pages.agree(flash.picture());
  }

  digestAt({ places }: BoardSight): number | undefined {
    const { cells, weak } = this.machine.flash.picture();
    let hash = 0;
    for (const place of places) {
      if (weak[place] !== undefined) return undefined;
      hash = Math.imul(hash ^ numberOf(cells[place]), 0x0100_0193);
    }
    return hash;
  }

  pass({ looks, stalls, lastAccess, copied }: BoardSight, cycles: number, cyclesLeft: number): number {
    const { machine } = this;
    const { clock, flash } = machine;
    const begin = clock[Clock.RUN_END] - cyclesLeft * nsPerCycle;
    if (machine.witness !== undefined)
      for (const look of looks) {
        if ('fuse' in look) machine.witness.readFuse(look.fuse);
        else flash.look(look.address, look.length);
      }
    clock[Clock.NOW] = begin + lastAccess * nsPerCycle;
    if (copied === undefined) return cyclesLeft - cycles;
    const { words, at } = this.dma;
    words[at.RAM_ADDRESS] = copied.ramAddress;
    words[at.BUS_ADDRESS] = copied.busAddress;
    words[at.LENGTH] = copied.length;
    clock[Clock.ACTIVATION_END] += stalls * nsPerCycle;
    return this.budgetFrom(begin + (cycles + stalls) * nsPerCycle);
  }
}

/** The bus of a call that is traced. */
class Watch implements Watching {
  private readonly machine: Machine;
  private readonly fuses: Fuses;
  private readonly ram: TracedRam;
  private readonly cyclesAtStart: number;
  private readonly blindTo: number | undefined;
  private readonly looks: Look[] = [];
  private readonly cells: CellsLook[] = [];
  private stalls = 0;
  private lastAccess = 0;
  private readonly staged = new Map<number, number>();
  private copied: Copy | undefined;

  constructor(machine: Machine, fuses: Fuses, ram: TracedRam, cyclesAtStart: number, blindTo: number | undefined) {
    this.machine = machine;
    this.fuses = fuses;
    this.ram = ram;
    this.cyclesAtStart = cyclesAtStart;
    this.blindTo = blindTo;
  }

  read32(address: number, cyclesLeft: number): number {
    this.access(cyclesLeft);
    const at = address >>> 0;
    if ((at & 3) !== 0) throw new NotOnlyLooking();
    return (at < flashSize ? this.flashWord(at) : this.fuseAt(at)) | 0;
  }

  write32(address: number, value: number, cyclesLeft: number): void {
    this.access(cyclesLeft);
    const offset = (address >>> 0) - DMA.base;
    if (offset !== CONTROL.offset) {
      const register = copyRegisters.find((each) => each.offset === offset);
      // The bus refuses a bit that is not writable.
      if (register === undefined || (value & ~register.writable) !== 0) throw new NotOnlyLooking();
      this.staged.set(offset, value >>> 0);
      return;
    }
    const [ramAddress, busAddress, length] = copyRegisters.map((each) => this.staged.get(each.offset));
    // Another copy, or one whose registers were set before the call.
    if (value !== startForward || ramAddress === undefined || busAddress === undefined || length === undefined)
      throw new NotOnlyLooking();
    this.copy({ ramAddress, busAddress, length });
  }

  end(): BoardSight {
    const { looks, stalls, lastAccess, copied } = this;
    const fuses = looks.filter((look): look is FuseLook => 'fuse' in look);
    const cells = this.blindTo === undefined ? this.cells : this.cells.flatMap((look) => without(look, this.blindTo));
    const places = [...new Set(cells.map(({ page }) => page))];
    return { looks, pages: new PageChecks(cells), places, fuses, stalls, lastAccess, copied };
  }

  private access(cyclesLeft: number): void {
    this.lastAccess = this.cyclesAtStart - cyclesLeft + this.stalls;
  }

  private copy(copy: Copy): void {
    const { ramAddress, busAddress, length } = copy;
    const { bytes } = this.ram;
    if (length > bytes.length || ramAddress > bytes.length - length) throw new NotOnlyLooking();
    if (busAddress + length <= flashSize) {
      this.seeFlash(busAddress, length);
      const { cells } = this.machine.flash.picture();
      for (let done = 0; done < length; done++) {
        const at = busAddress + done;
        bytes[ramAddress + done] = cells[Math.floor(at / pageBytes)][(at % pageBytes) >> 2] >>> (8 * (at & 3));
      }
    } else {
      if ((length & 3) !== 0 || (busAddress & 3) !== 0) throw new NotOnlyLooking();
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (let done = 0; done < length; done += 4)
        view.setUint32(ramAddress + done, this.fuseAt(busAddress + done), true);
    }
    this.ram.wrote(ramAddress, length);
    this.copied = copy;
    const cycles = copyCycles(length);
    this.stalls += cycles;
    this.lastAccess += cycles;
  }

  private flashWord(address: number): number {
    this.seeFlash(address, 4);
    return this.machine.flash.picture().cells[Math.floor(address / pageBytes)][(address % pageBytes) >> 2];
  }

  private seeFlash(address: number, length: number): void {
    const { cells, weak } = this.machine.flash.picture();
    this.looks.push({ address, length });
    const end = (address + length + 3) >>> 2;
    const wordsPerPage = pageBytes / 4;
    for (let word = address >>> 2; word < end; ) {
      const page = Math.floor(word / wordsPerPage);
      const to = Math.min(end, (page + 1) * wordsPerPage);
      if (weak[page] !== undefined) throw new NotOnlyLooking();
      this.cells.push({ page, from: word - page * wordsPerPage, to: to - page * wordsPerPage, seen: cells[page] });
      word = to;
    }
  }

  private fuseAt(address: number): number {
    const fuse = (address - fuseAddress) / 4;
    if (fuse < 0 || fuse >= Fuse.WORD_COUNT || this.fuses.weak[fuse] !== 0) throw new NotOnlyLooking();
    const value = this.fuses.cells[fuse];
    this.looks.push({ fuse, value });
    return value;
  }
}

/** What is left of a look where the word at this address is not noted. */
function without(look: CellsLook, address = 0): CellsLook[] {
  const word = (address % pageBytes) / 4;
  if (look.page !== Math.floor(address / pageBytes) || word < look.from || word >= look.to) return [look];
  return [
    { ...look, to: word },
    { ...look, from: word + 1 },
  ].filter(({ from, to }) => to > from);
}

let numbers = 0;
const numberOfPage = new WeakMap<Int32Array, number>();

/** A number of its own for each page that was shown: it is never written again. */
function numberOf(page: Int32Array): number {
  let number = numberOfPage.get(page);
  if (number === undefined) {
    number = ++numbers;
    numberOfPage.set(page, number);
  }
  return number;
}
