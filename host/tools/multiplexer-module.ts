// The multiplexer's module, compiled.

import { compileGuest } from './guest.ts';

export const multiplexerSource = 'firmware/multiplexer/main.ts';

export function multiplexerModule(): Promise<Uint8Array> {
  return compileGuest(multiplexerSource);
}
