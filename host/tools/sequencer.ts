// The modules of the sequencers, of the multiplexer and of the readout, compiled, and firmware with them inside: custom sections behind everything else,
// which the management core's compiler and checker pass over. So one signed image carries all four.

import { muxSectionName } from '../../protocol/multiplexer/module.ts';
import { sequencerSectionName } from '../../protocol/q1/module.ts';
import { readoutSectionName } from '../../protocol/readout/module.ts';
import { type CompileOptions, compileGuest } from './guest.ts';
import { withFunctionNamesOnly } from './name-section.ts';
import { leb128 } from './wasm-sections.ts';

export const sequencerSource = 'firmware/sequencer/main.ts';

export const multiplexerSource = 'firmware/multiplexer/main.ts';

export const readoutSource = 'firmware/readout/main.ts';

export function readoutModule(): Promise<Uint8Array> {
  return compileGuest(readoutSource);
}

export function multiplexerModule(): Promise<Uint8Array> {
  return compileGuest(multiplexerSource);
}

export function sequencerModule(): Promise<Uint8Array> {
  return compileGuest(sequencerSource);
}

/** Modules that a firmware may carry, by name, in the order in which ours carries them. */
export const firmwareParts = {
  sequencers: { section: sequencerSectionName, source: sequencerSource },
  multiplexer: { section: muxSectionName, source: multiplexerSource },
  readout: { section: readoutSectionName, source: readoutSource },
} as const;
export type FirmwarePart = keyof typeof firmwareParts;
const allParts = Object.keys(firmwareParts) as FirmwarePart[];

/** A firmware entry as it goes into an image: its module with those of the sequencers, the multiplexer and the readout inside. */
export async function compileFirmware(entryPath: string, options?: CompileOptions): Promise<Uint8Array> {
  return asPayload(await compileGuest(entryPath, options), allParts);
}

/** A compiled module as it goes into an image: with the names of its functions alone, and with parts of our firmware inside. */
export async function asPayload(module: Uint8Array, parts: readonly FirmwarePart[]): Promise<Uint8Array> {
  let payload = withFunctionNamesOnly(module);
  for (const part of allParts.filter((each) => parts.includes(each)))
    payload = withSection(payload, firmwareParts[part].section, await compileGuest(firmwareParts[part].source));
  return payload;
}

function withSection(module: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  const head = [...leb128(nameBytes.length), ...nameBytes];
  return Uint8Array.from(
    Buffer.concat([module, Uint8Array.of(0), leb128(head.length + content.length), Uint8Array.from(head), content]),
  );
}
