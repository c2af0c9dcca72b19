// Circumstances of a boot: every reset cause, every boot request, resets in a row; and invalid keys in the fuses.

import { RESET } from '../../../protocol/generated/registers.ts';
import { BootPolicy } from '../../../protocol/image/boot-state.ts';
import { Tlv } from '../../../protocol/image/format.ts';
import { keys } from '../../rig/keys.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { device, patched, placeOf, sha256, specimen } from '../attack/specimens.ts';
import type { TamperCase, TamperScenario } from './cases.ts';
import { states } from './states.ts';

const { CAUSE, FAULT_CAUSE } = RESET.registers;
const faults = FAULT_CAUSE.fields.CAUSE.values;

function withRegisters(bench: AttackBench, values: Record<string, number>): void {
  const { words, at } = bench.board.machine.registers(RESET);
  for (const [name, value] of Object.entries(values)) words[at[name as keyof typeof at]] = value;
}

function circumstances(): TamperCase[] {
  const causes = Object.entries(CAUSE.fields.CAUSE.values).map(([name, cause]) => ({ name, values: { CAUSE: cause } }));
  const ends = [
    ...causes,
    ...['UNREACHABLE', 'IMAGE_REFUSED', 'BUDGET'].map((name) => ({
      name: `a fault, ${name}`,
      values: {
        CAUSE: CAUSE.fields.CAUSE.values.FAULT,
        FAULT_CAUSE: faults[name as keyof typeof faults],
        FAULT_COUNT: 1,
      },
    })),
  ];
  return ends.flatMap(({ name, values }) =>
    [0, 1, 2, 0x2100, 0x2600].flatMap((request) =>
      [0, 7, 8, 0xffff_ffff].map((row) => ({
        name: `${name}, boot request 0x${request.toString(16)}, ${row} resets in a row`,
        change: (bench) => withRegisters(bench, { ...values, BOOT_REQUEST: request, RESETS_IN_A_ROW: row }),
        mayStay: true,
        mayFallBack: name.endsWith('IMAGE_REFUSED') || (endsRow(name) && row + 1 >= BootPolicy.RESETS_IN_A_ROW_MAX),
      })),
    ),
  );
}

export const circumstanceScenarios: readonly TamperScenario[] = states.map((state) => ({
  name: `circumstances of a boot, ${state.name}`,
  about: `every reset cause with every boot request and resets in a row; slot B was ${state.name}`,
  state,
  cases: circumstances,
  sliceOf: 6,
}));

/** Resets that count in a row: after enough of them a confirmed image is not run again. */
function endsRow(cause: string): boolean {
  return cause !== 'POWER_ON' && cause !== 'PIN';
}

/** Points that must not be burnt as a key: not canonical, not on the curve, of small order. */
const oddKeys: Record<string, string> = {
  'y = p, which is 0 written otherwise': 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'y = 1, the neutral element': `01${'00'.repeat(31)}`,
  'y = 1 with a sign that x = 0 has not': `01${'00'.repeat(30)}80`,
  'y = -1, of order 2': 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'y = 0, of order 4': '00'.repeat(32),
  'y = 2, on no curve': `02${'00'.repeat(31)}`,
};

/** An image that names such a key, with a signature that would verify if such a key were accepted. */
export function oddKeyCases(): TamperCase[] {
  const image = specimen('3.0.0');
  const keyHashAt = placeOf(image, keys[0].keyHash);
  const signatureAt = Buffer.from(image).lastIndexOf(Uint8Array.of(Tlv.ED25519, 0, 64, 0)) + 4;
  return Object.entries(oddKeys).flatMap(([name, hex]) => {
    const key = new Uint8Array(Buffer.from(hex, 'hex'));
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
    const named = patched(image, keyHashAt, sha256(spki));
    const neutral = new Uint8Array(64);
    neutral[0] = 1;
    return [
      { name: `a key ${name}, and a signature of another`, signature: image.subarray(signatureAt, signatureAt + 64) },
      { name: `a key ${name}, and R = 1, S = 0`, signature: neutral },
      { name: `a key ${name}, and nothing but zeros`, signature: new Uint8Array(64) },
    ].map(({ name: called, signature }) => ({
      name: called,
      change: (bench: AttackBench) => {
        bench.burn({ ...device, keys: [...device.keys, key] });
        bench.place(1, patched(named, signatureAt, signature), 'test');
      },
      mustNotRun: 1 as const,
    }));
  });
}
