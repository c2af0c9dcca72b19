import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDevice } from './device-file.ts';
import { Desk, edit } from './testing.ts';
import { Device } from './testing-device.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

describe('the journal of a run that was killed', () => {
  const lastEntry = (bytes: Buffer) => bytes.lastIndexOf('ENTR');

  it('is left out from its last entry on when that is torn, and says so', () => {
    const device = new Device();
    desk.killedRun(device, [1, 2]);
    const before = readFileSync(desk.journal);
    desk.killedRun(device, [3, 4]);
    expect(before.length).toBeGreaterThan(0);
    const whole = readFileSync(desk.journal);
    const place = lastEntry(whole);
    const without = new Device();
    for (const number of [1, 2, 3]) without.change(number);
    for (const kept of [4, 16, 100, 1300]) {
      writeFileSync(desk.journal, whole.subarray(0, place + kept));
      expect(desk.expectHas(without).notice).toMatch(
        /^entry 2 of .*device\.bin\.journal \(at byte \d+\) is not whole and was left out: the run was killed while it wrote/,
      );
      // Room that was written already, as it is after a loss of power.
      writeFileSync(desk.journal, Buffer.concat([whole.subarray(0, place + kept), Buffer.alloc(5000)]));
      expect(desk.expectHas(without).notice).toMatch(/^entry 2 of /);
    }
  });

  it('is refused when an entry before others is damaged; what is before it is there with --salvage, and the journal is set aside', () => {
    const device = new Device();
    desk.killedRun(device, [1, 2, 3]);
    const whole = readFileSync(desk.journal);
    const second = whole.indexOf('ENTR', whole.indexOf('ENTR') + 1);
    const first = new Device().change(1);
    for (const at of [second, second + 5, second + 8, second + 12, second + 500]) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 4;
      writeFileSync(desk.journal, damaged);
      expect(() => desk.open(), `byte ${at}`).toThrow(
        /entry 2 of .* is damaged, and 1 whole entries follow it; 1 before it are good; to go on with what is whole, .* --salvage/,
      );
      expect(desk.expectHas(first, desk.path, true).notice).toMatch(/^entry 2 of .* is damaged/);
    }
    const file = desk.open(desk.path, true);
    file.begin(first);
    file.close(first);
    expect(readdirSync(desk.folder).sort()).toEqual(['device.bin', 'device.bin.journal.damaged']);
    desk.expectHas(first);
  });

  it('is refused when its beginning is damaged, or when it is empty', () => {
    const device = new Device();
    desk.killedRun(device, [1]);
    edit(desk.journal, (bytes) => {
      bytes[20] ^= 1;
    });
    expect(() => desk.open()).toThrow(
      /device\.bin\.journal, the journal of the device file .*, is damaged at its beginning/,
    );
    truncateSync(desk.journal, 0);
    expect(() => desk.open()).toThrow(/is damaged at its beginning/);
    expect(desk.expectHas(new Device(), desk.path, true).notice).toMatch(/it was left out$/);
  });

  it('is missed when it is not there: nothing is lost without a word', () => {
    const device = new Device();
    desk.killedRun(device, [1]);
    const copy = join(desk.folder, 'copy.bin');
    writeFileSync(copy, readFileSync(desk.path));
    expect(() => desk.open(copy)).toThrow(
      /and the journal of that run, .*copy\.bin\.journal, is not beside it, so what the device wrote/,
    );
    expect(() => readDevice(copy)).toThrow(/is not beside it/);
    expect(desk.expectHas(new Device(), copy, true).notice).toMatch(/what was written last is left out$/);
    writeFileSync(`${copy}.journal`, readFileSync(desk.journal));
    desk.expectHas(device, copy);
    expect(readDevice(copy).fuses).toEqual(device.fuses);
  });

  it('of another device is not taken', () => {
    desk.killedRun(new Device(), [1]);
    const other = join(desk.folder, 'other.bin');
    desk.run(new Device().change(9), other);
    writeFileSync(`${other}.journal`, readFileSync(desk.journal));
    expect(() => desk.open(other)).toThrow(
      /other\.bin\.journal is not the journal of the device file .*other\.bin as it is now/,
    );
    expect(desk.expectHas(new Device().change(9), other, true).notice).toMatch(/it was left out$/);
  });

  it('is not enough when the file itself is gone', () => {
    const device = new Device();
    desk.run(device);
    desk.killedRun(device, [1]);
    rmSync(desk.path);
    expect(() => desk.open()).toThrow(
      /is empty or not there, but the journal of its last run is .* delete the journal/,
    );
  });
});
