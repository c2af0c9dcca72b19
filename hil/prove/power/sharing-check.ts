// Compares a shared boot with a run of the same boot: the whole log with its times, flash, fuses, unstable bits, energy, and how it ended.

import type { LogRecord } from '../../../host/board/log.ts';
import { recordText } from '../../rig/event-log.ts';
import { differenceOf } from '../device/change.ts';
import type { Recovered } from './recovered.ts';

/** What differs, in words; undefined when nothing does. */
export function whatDiffers(said: Recovered, seen: Recovered): string | undefined {
  if (!seen.firm) return 'the boot that was shared had nothing to do with chance; run, it reads an unstable bit';
  const line = firstDifference(said.records, seen.records);
  if (line !== undefined) return `the boot that was shared differs from the boot that is run: ${line}`;
  const flash = differenceOf(said.ending, seen.ending);
  if (flash !== undefined) return `the boot that was shared leaves other ${flash} than the boot that is run`;
  const [one, other] = [said, seen].map(endingText);
  if (one !== other) return `the boot that was shared ends with ${one}; run, it ends with ${other}`;
  return said.boot.work.join() === seen.boot.work.join()
    ? undefined
    : 'the boot that was shared cost flash other energy';
}

function firstDifference(said: readonly LogRecord[], seen: readonly LogRecord[]): string | undefined {
  for (let line = 0; line < Math.max(said.length, seen.length); line++) {
    const [one, other] = [said[line] as LogRecord | undefined, seen[line] as LogRecord | undefined];
    const isSame =
      one?.timeNs === other?.timeNs && one?.kind === other?.kind && one?.a === other?.a && one?.b === other?.b;
    if (!isSame)
      return `'${one ? recordText(one) : 'nothing more'}' became '${other ? recordText(other) : 'nothing more'}'`;
  }
  return undefined;
}

function endingText({ recovery, ending, boot: { row } }: Recovered): string {
  const { state, haltReason } = ending;
  return JSON.stringify({ state, haltReason, row, ...recovery });
}
