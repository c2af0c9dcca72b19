// The sequencers' module, compiled, and firmware with it inside: a custom section `coldrig.sequencer` behind everything else, which
// the management core's compiler and checker pass over. So one signed image carries both.

import { sequencerSectionName } from '../../protocol/q1/module.ts';
import { type CompileOptions, compileGuest } from './guest.ts';

export const sequencerSource = 'firmware/sequencer/main.ts';

export function sequencerModule(): Promise<Uint8Array> {
  return compileGuest(sequencerSource);
}

/** A firmware entry as it goes into an image: its module with the sequencers' inside. */
export async function compileFirmware(entryPath: string, options?: CompileOptions): Promise<Uint8Array> {
  return withSection(await compileGuest(entryPath, options), sequencerSectionName, await sequencerModule());
}

function withSection(module: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  const head = [...leb128(nameBytes.length), ...nameBytes];
  return Uint8Array.from(
    Buffer.concat([module, Uint8Array.of(0), leb128(head.length + content.length), Uint8Array.from(head), content]),
  );
}

function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest !== 0);
  return Uint8Array.from(bytes);
}
