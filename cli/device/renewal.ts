// Keeps the certificate of a device renewed: when half of its time has passed, the next one takes its place.
//
// What must stay true: a renewal that fails is tried again while the certificate lasts, and told each time; the agent goes on meanwhile.

import { X509Certificate } from 'node:crypto';
import { rest, type Time } from '../../host/telemetry/time.ts';
import { readText } from '../files.ts';
import { recoverCredential } from './credential.ts';
import { type EnrolOptions, renewed } from './enrol.ts';

/** Between two looks at a certificate, at most. */
const lookMs = 60_000;

export interface Renewal {
  of: EnrolOptions;
  time: Time;
  onTrouble: (error: Error) => void;
  /** Is told that the files are new. */
  onRenewed?: () => void;
}

/** Until the signal is aborted. */
export async function keepRenewed({ of, time, onTrouble, onRenewed }: Renewal, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      recoverCredential(of);
      if (isDue(of.cert, Number(time.wallNs() / 1_000_000n))) {
        await renewed(of, signal);
        onRenewed?.();
      }
    } catch (error) {
      if (!signal.aborted) onTrouble(error as Error);
    }
    await rest(time, lookMs, signal);
  }
}

function isDue(path: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(readText(path, 'the certificate'));
  return nowMs >= (Date.parse(validFrom) + Date.parse(validTo)) / 2;
}
