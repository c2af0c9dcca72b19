// Everything that the tamper proof tries: devices, and the changes of their flash.

import type { TamperCase, TamperScenario } from './cases.ts';
import { circumstanceScenarios, oddKeyCases } from './circumstances.ts';
import { imageBits, mixtures, recordBits, trailerBits, truncations } from './flips.ts';
import { newer, older, stateByName, states } from './states.ts';
import { downgrades, hostileCases, otherBoards } from './strangers.ts';
import { tlvMutations } from './tlv-mutations.ts';
import { tokenCases } from './tokens.ts';

/** Records in the journal after an update was confirmed: of the factory, of its boot, of the trial, of the confirm. */
const recordsWritten = 4;

const imageFlips = states.map(
  (state): TamperScenario => ({
    name: `bits of an image, ${state.name}`,
    about: `each bit of header, payload and TLVs in slot B flipped by itself; the image was ${state.name}`,
    state,
    cases: () => imageBits(1, state.image ?? newer),
    sliceOf: 8,
  }),
);

const trailerFlips = ['pending', 'pending, permanent', 'confirmed', 'unmarked, and alone'].map(
  (name): TamperScenario => ({
    name: `bits of a trailer, ${name}`,
    about: `each bit of slot B's trailer, and of as much in front of it; the image was ${name}`,
    state: stateByName(name),
    cases: () => trailerBits(1),
    sliceOf: 8,
  }),
);

const recordFlips = ['on trial', 'rejected after its trials', 'confirmed'].map(
  (name): TamperScenario => ({
    name: `bits of the boot state, ${name}`,
    about: `each bit of the journal's records; the image in slot B was ${name}`,
    state: stateByName(name),
    cases: () => recordBits(recordsWritten),
    sliceOf: 32,
  }),
);

function offered(name: string, about: string, cases: () => TamperCase[], sliceOf: number): TamperScenario {
  return { name, about, state: stateByName('pending'), cases, sliceOf, asked: true };
}

export const scenarios: readonly TamperScenario[] = [
  ...imageFlips,
  {
    name: 'bits of the only other image',
    about: 'each bit of a confirmed image in slot A, while B holds another confirmed one',
    state: stateByName('confirmed'),
    cases: () => imageBits(0, older),
    sliceOf: 16,
  },
  ...trailerFlips,
  ...recordFlips,
  offered('truncations', 'the image up to any byte, before erased cells, zeros or an older image', truncations, 16),
  offered('mixtures', 'header, payload and TLVs from two good images', mixtures, 1),
  offered(
    'structured TLV mutations',
    'entries left out, doubled, moved, renamed, cut and stretched; sizes and header lie; hash and signature made to fit or not',
    () => tlvMutations(newer).map(([name, image]) => ({ name, change: (bench) => bench.place(1, image, 'test') })),
    2,
  ),
  offered('hostile images', 'images no signing tool would make, and some that are odd and good', hostileCases, 1),
  offered('images for other boards', 'signed by the right key, with another board identity', otherBoards, 1),
  offered('keys that are no keys', 'points of small order, on no curve, not canonical, burnt as a key', oddKeyCases, 1),
  offered(
    'downgrade tokens',
    'every bit of a token, and tokens good for another board, device, image, counter or key',
    tokenCases,
    16,
  ),
  ...downgrades,
  ...circumstanceScenarios,
];
