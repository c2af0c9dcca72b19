import { describe, expect, it } from 'vitest';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { FlashArray, pageBytes } from '../../board/flash-array.ts';
import { Random } from '../../board/random.ts';
import { type DeviceContents, DeviceFile, type KeptDevice } from './device-file.ts';
import { FakeDisk, type Luck } from './fake-disk.ts';
import { bytesOf, type Contents } from './format.ts';

/** A device in whose life every operation can be the last. */
class Life implements KeptDevice {
  readonly flash = new FlashArray(() => 0);
  readonly fuses = new Uint32Array(Fuse.WORD_COUNT);
  /** All states that were kept or were about to be, in order. */
  readonly states: Contents[] = [];
  /** The last state that a client was told of. */
  told = -1;

  flashPicture() {
    return this.flash.picture();
  }

  fuseWords() {
    return this.fuses.slice();
  }

  get state(): Contents {
    return { pages: this.flash.picture().cells, fuses: this.fuses.slice() };
  }
}

/** So short that there are several folds in a life. */
const journalBytes = 12 * 1024;
const stepsARun = 14;
const name = 'device.bin';

function step(life: Life, number: number): void {
  const address = MemoryMap.SLOT_B + (number % 5) * 4096;
  if (number % 5 === 0) for (let page = 0; page < 5; page++) life.flash.erasePage(MemoryMap.SLOT_B + page * 4096);
  life.flash.writeBytes(address + 100 * number, new Uint8Array(900).fill(number + 1));
  if (number % 4 === 1) life.fuses[number] |= number;
}

/** Two runs one after the other, the second of which goes on with what the first left. */
function live(disk: FakeDisk, life: Life): void {
  for (const run of [0, 1]) {
    const file = DeviceFile.open(name, { disk, journalBytes });
    if (run === 0) {
      life.flash.writeBytes(MemoryMap.SLOT_A, new Uint8Array(20_000).fill(7));
      life.fuses[0] = 1;
    }
    kept(life, () => file.begin(life));
    for (let number = run * stepsARun; number < (run + 1) * stepsARun; number++) {
      step(life, number);
      kept(life, () => file.keep(life));
    }
    step(life, 99);
    kept(life, () => file.close(life));
  }
}

function kept(life: Life, keep: () => void): void {
  life.states.push(life.state);
  keep();
  life.told = life.states.length - 1;
}

const contentsOn = (disk: FakeDisk) => DeviceFile.open(name, { disk, journalBytes }).contents;

/** The device as the next run finds it; undefined when there is none. */
function foundOn(disk: FakeDisk): Life | undefined {
  const contents = contentsOn(disk);
  if (contents === undefined) return undefined;
  const found = new Life();
  found.flash.writeBytes(0, contents.flash);
  found.fuses.set(contents.fuses);
  return found;
}

/** All that was told is there; what was about to be told may be. */
function expectKept(disk: FakeDisk, { states, told }: Life, where: string): void {
  const contents = contentsOn(disk);
  if (contents === undefined) {
    expect(told, `${where}: the device is gone`).toBe(-1);
    return;
  }
  const isThere = (state: Contents) => isSame(state, contents);
  if (!states.slice(Math.max(0, told)).some(isThere))
    expect.fail(`${where}: state ${states.findIndex(isThere)} is there, ${told} was told`);
}

function isSame({ pages, fuses }: Contents, found: DeviceContents): boolean {
  const pageThere = (page: number) => found.flash.subarray(page * pageBytes, (page + 1) * pageBytes);
  return (
    pages.every((words, page) => Buffer.compare(bytesOf(words), pageThere(page)) === 0) &&
    Buffer.compare(bytesOf(fuses), bytesOf(found.fuses)) === 0
  );
}

const chance = (seed: number): Luck => {
  const random = new Random(seed);
  return (choices) => random.next() % choices;
};

const lucks: Record<string, (seed: number) => Luck> = {
  'nothing but what was synced': () => () => 0,
  'all that was written, as when the process is killed': () => (choices) => choices - 1,
  'some of what was written': chance,
};

function lived(prepare: (disk: FakeDisk, life: Life) => void): { disk: FakeDisk; life: Life; end: unknown } {
  const [disk, life] = [new FakeDisk(), new Life()];
  prepare(disk, life);
  try {
    live(disk, life);
    return { disk, life, end: undefined };
  } catch (end) {
    return { disk, life, end };
  }
}

describe('a device file whose disk loses power', () => {
  it('has a life with several folds in it', () => {
    const { disk, end } = lived(() => {});
    if (end !== undefined) throw end;
    expect(disk.operations).toBeGreaterThan(120);
    expect(disk.list).toEqual([name]);
  });

  it.each(Object.keys(lucks))('at any operation, and finds %s, has all that was told', (which) => {
    const { end } = lived((disk, life) => {
      disk.onOperation = () => {
        const found = disk.afterPowerOff(lucks[which](disk.operations));
        expectKept(found, life, `power off at operation ${disk.operations}`);
      };
    });
    if (end !== undefined) throw end;
  });

  it('once more while the next run puts things in order, has all that was told', () => {
    let again = 0;
    const { end } = lived((disk, life) => {
      disk.onOperation = () => {
        if (disk.operations % 9 !== 0) return;
        const left = disk.afterPowerOff(chance(disk.operations));
        const found = foundOn(left.afterKill());
        if (found === undefined) return;
        left.onOperation = () => {
          again++;
          const where = `power off at operation ${disk.operations}, then at ${left.operations}`;
          expectKept(left.afterPowerOff(chance(left.operations)), life, where);
        };
        const file = DeviceFile.open(name, { disk: left, journalBytes });
        file.begin(found);
        file.close(found);
      };
    });
    if (end !== undefined) throw end;
    expect(again).toBeGreaterThan(80);
  });
});

describe('a disk that refuses to write', () => {
  it.each(['ENOSPC', 'EIO'])(
    'from any operation on (%s), ends the run with an error and has all that was told',
    (code) => {
      let refused = 0;
      for (let from = 1, isOver = false; !isOver; from += 11) {
        const { disk, life, end } = lived((fresh) => {
          fresh.refusal = { from, code };
        });
        disk.refusal = undefined;
        expect(disk.read(`${name}.journal.new`), `refused from operation ${from} on`).toBeUndefined();
        expectKept(disk.afterKill(), life, `refused from operation ${from} on`);
        isOver = end === undefined;
        if (isOver) continue;
        refused++;
        expect(String(end)).toMatch(
          new RegExp(`the device file device.bin cannot be written: the disk .*\\(${code}\\)`),
        );
      }
      expect(refused).toBeGreaterThan(10);
    },
  );

  it('is not written to any more, though there is room again: nobody knows what the write that failed has left', () => {
    const [disk, life] = [new FakeDisk(), new Life()];
    const file = DeviceFile.open(name, { disk, journalBytes });
    file.begin(life);
    step(life, 0);
    kept(life, () => file.keep(life));
    disk.refusal = { from: disk.operations + 1, code: 'ENOSPC' };
    step(life, 1);
    expect(() => kept(life, () => file.keep(life))).toThrow(/ENOSPC/);
    disk.refusal = undefined;
    const before = disk.operations;
    step(life, 2);
    expect(() => kept(life, () => file.keep(life))).toThrow(/ENOSPC/);
    expect(disk.operations).toBe(before);
    expectKept(disk.afterKill(), life, 'after the refusal');
  });
});
