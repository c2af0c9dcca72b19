// An instrument's serial port: a `Wire` like that of a board's console, so that a pseudo-terminal carries it (pty.ts).

import type { Wire } from '../link.ts';
import { type ScpiInstrument, ScpiSession } from './scpi.ts';

/** A line that has no client's name: a message without end is dropped, for there is nobody to send away. */
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
