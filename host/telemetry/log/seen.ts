// Which records were there already, by device: the ranges of numbers (boot, sequence) that were taken.
//
//   device   | boot 3: 0..41 | boot 4: 0..17 | boot 4: 20..95 |      18 and 19 are missing; they may still come, by way of another gateway
//
// A device numbers its records without gaps, so its whole history is a few ranges, and no window of time is needed. What must stay true: a number in a
// range is a repeat, for ever. There are at most `rangesMost` ranges a device. Where there would be one more, the oldest is given up; a number up to its
// end is `beyond` from then on: it is never taken, so it cannot come twice, and whoever offers it sees that.

import { compareNumbers, type RecordNumber } from './record-log.ts';

interface Range {
  boot: number;
  first: number;
  last: number;
}

interface Ranges {
  /** Ascending; neighbours do not touch. */
  list: Range[];
  /** Numbers up to this one are no longer told apart. */
  floor: RecordNumber | undefined;
}

export const usualRangesMost = 4096;

/** As data: device, floor (boot, sequence) or nothing, and boot, first, last of each range. */
export type SeenData = [device: string, floor: number[], ranges: number[]][];

export class Seen {
  private readonly devices = new Map<string, Ranges>();
  private readonly rangesMost: number;
  /** Who was asked for last: mostly the same is asked for a few times, and of ten thousand each search is dear. */
  private lastDevice: string | undefined;
  private lastRanges: Ranges | undefined;

  constructor(data: SeenData = [], rangesMost = usualRangesMost) {
    this.rangesMost = rangesMost;
    for (const [device, [boot, sequence], numbers] of data) {
      const list: Range[] = [];
      for (let at = 0; at < numbers.length; at += 3)
        list.push({ boot: numbers[at], first: numbers[at + 1], last: numbers[at + 2] });
      this.devices.set(device, { list, floor: boot === undefined ? undefined : { boot, sequence } });
    }
  }

  look(device: string, number: RecordNumber): 'new' | 'repeat' | 'beyond' {
    const ranges = this.of(device);
    if (ranges === undefined) return 'new';
    if (ranges.floor !== undefined && compareNumbers(number, ranges.floor) <= 0) return 'beyond';
    const range = ranges.list[placeOf(ranges.list, number)];
    return range?.boot === number.boot && number.sequence <= range.last ? 'repeat' : 'new';
  }

  /** Of a number that is new. */
  add(device: string, number: RecordNumber): void {
    let ranges = this.of(device);
    if (ranges === undefined) {
      ranges = { list: [], floor: undefined };
      this.devices.set(device, ranges);
    }
    const { list } = ranges;
    const { boot, sequence } = number;
    const place = placeOf(list, number);
    const [before, after] = [list[place], list[place + 1]];
    const joinsBefore = before?.boot === boot && before.last + 1 === sequence;
    const joinsAfter = after?.boot === boot && after.first - 1 === sequence;
    if (joinsBefore && joinsAfter) {
      before.last = after.last;
      list.splice(place + 1, 1);
    } else if (joinsBefore) before.last = sequence;
    else if (joinsAfter) after.first = sequence;
    else list.splice(place + 1, 0, { boot, first: sequence, last: sequence });
    if (list.length > this.rangesMost) {
      const given = list.shift() as Range;
      ranges.floor = { boot: given.boot, sequence: given.last };
    }
  }

  /** Takes back a number that was added. */
  remove(device: string, { boot, sequence }: RecordNumber): void {
    const list = this.of(device)?.list ?? [];
    const place = placeOf(list, { boot, sequence });
    const range = list[place];
    if (range?.boot !== boot || sequence > range.last) return;
    const parts = [
      { boot, first: range.first, last: sequence - 1 },
      { boot, first: sequence + 1, last: range.last },
    ];
    list.splice(place, 1, ...parts.filter(({ first, last }) => first <= last));
  }

  last(device: string): RecordNumber | undefined {
    const range = this.of(device)?.list.at(-1);
    return range && { boot: range.boot, sequence: range.last };
  }

  private of(device: string): Ranges | undefined {
    if (device === this.lastDevice) return this.lastRanges;
    const ranges = this.devices.get(device);
    if (ranges !== undefined) {
      this.lastDevice = device;
      this.lastRanges = ranges;
    }
    return ranges;
  }

  data(): SeenData {
    return [...this.devices].map(([device, { list, floor }]) => [
      device,
      floor ? [floor.boot, floor.sequence] : [],
      list.flatMap(({ boot, first, last }) => [boot, first, last]),
    ]);
  }
}

/** Index of the last range that begins at or before a number; -1: none. */
function placeOf(list: readonly Range[], { boot, sequence }: RecordNumber): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { boot: at, first } = list[middle];
    if (at < boot || (at === boot && first <= sequence)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
