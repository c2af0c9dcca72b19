// Images that verify and still may not run: the boot state, the fuses or the end of the last run forbid it. Each state is made in the real way, by
// boots of the real bootloader.

import { RESET } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { keys } from '../../rig/keys.ts';
import { device, specimen } from '../attack/specimens.ts';
import { type Attack, beside, boots, good, offeredTo, older } from './attack.ts';

const causes = RESET.registers.CAUSE.fields.CAUSE.values;
/** Boots after which a trial that always loses power is rejected. */
const trialBoots = 3;

/** Confirmed by a trial of its own, which ran after the image in slot A was confirmed. */
const confirmedInBoth: Attack['prepare'] = (bench) => {
  offeredTo(bench, good);
  boots(bench, 1);
  bench.confirm(1);
  boots(bench, 1);
};

/** It would raise the security counter and revoke a key, once it is confirmed. */
const costly = specimen('2.0.0', { securityCounter: device.securityCounter + 1, revokes: [keys[1].publicKey] });

export const stateAttacks: readonly Attack[] = [
  {
    name: 'rejected',
    about: 'its trial lost power in every boot; the boot state says REJECTED',
    bootable: true,
    refused: { slots: [1], because: 'it is REJECTED' },
    prepare(bench) {
      offeredTo(bench, good);
      boots(bench, trialBoots + 1);
    },
  },
  {
    name: 'rejected, and alone',
    about: 'the same, and the confirmed image is gone',
    bootable: false,
    refused: { slots: [1], because: 'it is REJECTED' },
    prepare(bench) {
      offeredTo(bench, good);
      boots(bench, trialBoots + 1);
      bench.place(0, new Uint8Array(0));
    },
  },
  {
    name: 'a trial without boots left',
    about: 'its trial has lost power in each of its boots',
    bootable: true,
    refused: { slots: [1], because: 'its trial has no boots left' },
    prepare(bench) {
      offeredTo(bench, good);
      boots(bench, trialBoots);
    },
  },
  {
    name: 'a trial that the watchdog ended',
    about: 'the watchdog has just reset the image on trial',
    bootable: true,
    refused: { slots: [1], because: 'the watchdog has just reset its trial' },
    untilPowerLoss: true,
    registers: { CAUSE: causes.WATCHDOG },
    prepare(bench) {
      offeredTo(bench, good);
      boots(bench, 1);
    },
  },
  {
    name: 'not requested',
    about: 'a newer image that was not marked, beside a confirmed one',
    bootable: true,
    refused: { slots: [1], because: 'nobody requested it', standIn: true },
    prepare: (bench) => beside(bench, good),
  },
  {
    name: 'older than the confirmed image',
    about: 'its trailer requests a trial, and no token allows the downgrade',
    bootable: true,
    refused: { slots: [1], because: 'the confirmed image is newer, and nothing allows a downgrade', standIn: true },
    prepare(bench) {
      bench.place(0, good);
      bench.confirm(0);
      boots(bench, 1);
      bench.place(1, older);
      bench.mark(1, 'permanent');
    },
  },
  {
    name: 'confirmed before the other one',
    about: 'both images are confirmed, the one in slot A last',
    bootable: true,
    refused: { slots: [1], because: 'the image in slot A was confirmed last', standIn: true },
    prepare(bench) {
      confirmedInBoth(bench);
      bench.confirm(0);
    },
  },
  {
    name: 'strapped to safe mode',
    about: 'the fuse strap keeps the bootloader in control, whatever is confirmed',
    bootable: false,
    refused: { slots: [0, 1], because: 'the safe-mode strap is burnt' },
    prepare(bench) {
      confirmedInBoth(bench);
      const words = bench.board.fuseWords();
      words[Fuse.STRAP] = 1;
      bench.board.loadFuses(words);
    },
  },
  {
    name: 'requested, with a higher counter',
    about: 'it may run on trial; until a healthy run it is not confirmed, and no fuse moves',
    bootable: true,
    prepare: (bench) => offeredTo(bench, costly),
  },
];
