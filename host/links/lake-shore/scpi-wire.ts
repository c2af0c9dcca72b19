// The serial port of an instrument: a `Wire` like that of a board's console, so that a pseudo-terminal (pty.ts) can carry it.

import type { Wire } from '../link.ts';
import { type ScpiInstrument, ScpiSession } from './scpi.ts';

/** A serial line has no clients that could be disconnected, so a message without end is dropped. */
export function scpiWire(instrument: ScpiInstrument, onIgnored?: (line: string, reason: string) => void): Wire {
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let session = new ScpiSession(instrument, onIgnored);
  return {
    backlog: 0,
    send(bytes) {
      const answers = session.hear(Buffer.from(bytes).toString('latin1'));
      if (answers === undefined) session = new ScpiSession(instrument, onIgnored);
      for (const answer of answers ?? []) for (const listener of listeners) listener(Buffer.from(answer, 'latin1'));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
