// The states that a device can be in when it is attacked. Each is made in the real way, by boots of the real bootloader.
//
//   A holds 2.0.0 unless the name says otherwise, B holds the image under attack (3.0.0, good)

import { keys } from '../../rig/keys.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { device, specimen } from '../attack/specimens.ts';
import type { Slot } from '../attack/trust.ts';

export const older = specimen('2.0.0');
export const newer = specimen('3.0.0');

/** Signed by the second key, and revokes the first one. */
const successor = specimen('3.0.0', { privateKeyPem: keys[1].privateKeyPem, revokes: [keys[0].publicKey] });

export interface DeviceState {
  name: string;
  /** The image in slot B; `newer` when left out. */
  image?: Uint8Array;
  /** The slot that runs at the next boot of an untouched device. */
  runs: Slot;
  prepare(bench: AttackBench): void;
}

function confirmed(bench: AttackBench, image: Uint8Array): void {
  bench.place(0, image);
  bench.confirm(0);
  bench.boot();
  bench.switchOff();
}

/** In slot B, requested, booted once and then confirmed. */
function updated(bench: AttackBench, image: Uint8Array): void {
  bench.place(1, image, 'test');
  boots(bench, 1);
  bench.confirm(1);
}

/** Boots and switches off so often. */
function boots(bench: AttackBench, count: number): void {
  for (let boot = 0; boot < count; boot++) {
    bench.boot();
    bench.switchOff();
  }
}

export const states: readonly DeviceState[] = [
  {
    name: 'as it came from the factory',
    runs: 0,
    prepare(bench) {
      bench.place(0, older);
      bench.confirm(0);
      bench.place(1, newer);
    },
  },
  {
    name: 'pending',
    runs: 1,
    prepare(bench) {
      confirmed(bench, older);
      bench.place(1, newer);
      bench.mark(1, 'test');
    },
  },
  {
    name: 'on trial',
    runs: 1,
    prepare(bench) {
      confirmed(bench, older);
      bench.place(1, newer);
      bench.mark(1, 'test');
      boots(bench, 1);
    },
  },
  {
    name: 'rejected after its trials',
    runs: 0,
    prepare(bench) {
      confirmed(bench, older);
      bench.place(1, newer);
      bench.mark(1, 'test');
      boots(bench, 4);
    },
  },
  {
    name: 'rejected, though its counter was higher',
    runs: 0,
    prepare(bench) {
      confirmed(bench, older);
      bench.place(1, specimen('3.0.0', { securityCounter: device.securityCounter + 2 }), 'test');
      boots(bench, 4);
    },
  },
  {
    name: 'pending, permanent',
    runs: 1,
    prepare(bench) {
      confirmed(bench, older);
      bench.place(1, newer);
      bench.mark(1, 'permanent');
    },
  },
  {
    name: 'confirmed',
    runs: 1,
    prepare(bench) {
      confirmed(bench, older);
      updated(bench, newer);
      boots(bench, 1);
    },
  },
  {
    name: 'confirmed seventy boots ago',
    runs: 1,
    // The boot log goes on in its next sector.
    prepare(bench) {
      confirmed(bench, older);
      updated(bench, newer);
      boots(bench, 70);
    },
  },
  {
    name: 'confirmed, and its predecessor’s key revoked',
    runs: 1,
    image: successor,
    prepare(bench) {
      confirmed(bench, older);
      updated(bench, successor);
      boots(bench, 2);
    },
  },
  {
    name: 'confirmed, and alone',
    runs: 1,
    prepare(bench) {
      updated(bench, newer);
      boots(bench, 1);
    },
  },
  {
    name: 'unmarked, and alone',
    runs: 1,
    prepare: (bench) => bench.place(1, newer),
  },
];

export function stateByName(name: string): DeviceState {
  const found = states.find((state) => state.name === name);
  if (!found) throw new Error(`no device is '${name}'`);
  return found;
}
