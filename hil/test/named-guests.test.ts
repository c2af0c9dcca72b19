import { describe, expect, it } from 'vitest';
import { cacheNameOf } from '../../host/tools/guest.ts';
import { guestsOfAll } from './all-guests.ts';
import { guestsNamedIn } from './named-guests.ts';

describe('the guests that a test names', () => {
  const entriesIn = (...texts: string[]) => guestsNamedIn(texts).map(({ entry }) => entry);

  it.each([
    ["compileGuest('bootloader/decide.ts')", 'bootloader/decide.ts'],
    ["instantiateGuest<{ decide(facts: number): void }>('bootloader/decide.ts', bus)", 'bootloader/decide.ts'],
    ["new GuestBench('protocol/guest/smp/server.entry.ts')", 'protocol/guest/smp/server.entry.ts'],
    ["const entry = 'firmware/defects/hangs.ts';", 'firmware/defects/hangs.ts'],
    ["source: 'firmware/main.ts'", 'firmware/main.ts'],
  ])('are found in %s', (text, entry) => expect(entriesIn(text)).toEqual([entry]));

  it.each([
    "path: 'bootloader/decide.ts'",
    "compileGuest('bootloader/no-such-file.ts')",
    "'cli/main.ts'",
    // Compiled with changes it is another guest.
    "compileGuest('firmware/main.ts', { changes: [] })",
    "compileGuest('bootloader/decide.ts', { changes })",
  ])('are not found in %s', (text) => expect(entriesIn(text)).toEqual([]));

  it('are listed once however often they are named', () => {
    expect(entriesIn("'bootloader/main.ts'", "'bootloader/main.ts', 'firmware/main.ts'")).toHaveLength(2);
  });
});

it('the guests of all tests exist, and their changes fit their sources', () => {
  const names = guestsOfAll().map(({ entry, options }) => cacheNameOf(entry, options));
  expect(new Set(names).size).toBeGreaterThan(50);
});
