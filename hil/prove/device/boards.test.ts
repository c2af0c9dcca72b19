// What a proof shares is named by the bootloader's functions: a function that is renamed would be run in every boot, and nobody would notice.

import { expect, it } from 'vitest';
import { prepareImage } from '../../../host/board/cpu/cpu.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { looking, sharedVerifications, verifying } from './boards.ts';

it('the bootloader has every function whose calls the proofs share', async () => {
  const bootloader = await compileGuest('bootloader/main.ts');
  const { functionNames, knownCalls } = prepareImage(bootloader, { sharedCalls: sharedVerifications() });
  const shared = knownCalls?.functions.map(({ functionIndex, looks }) => [
    functionNames[functionIndex].replace(/.*\//, ''),
    looks,
  ]);
  const wanted = [...verifying.map((name) => [name, false]), ...looking.map((name) => [name, true])];
  expect(shared?.sort()).toEqual(wanted.sort());
});
