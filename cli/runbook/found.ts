// Which pages of docs/runbooks are about what a device answers: its state, a boot in its log.

import type { LastFault, LoggedBoot } from '../../host/tools/smp/boot-group.ts';
import type { UpdateResult } from '../../host/tools/update-result.ts';
import { bootDecisions } from '../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../protocol/image/reasons.ts';
import { interlocksOf } from '../../protocol/plant/interlocks.ts';
import { faultCauses, resetCauses, runbookOf, runbooksOfHealth } from '../../protocol/runbooks.ts';

interface Trouble {
  /** Health word, 0 when the device gives none. */
  health: number;
  /** Interlocks, one bit each. */
  tripped: number;
  boot: Record<string, number> | undefined;
  fault: LastFault | undefined;
  slots: Record<string, number> | undefined;
}

type Against = Pick<UpdateResult, 'health' | 'reason' | 'refusal' | 'fault'>;

/** The pages about the state of a device, the first to read first: the trip itself, what else is not healthy, the last boot, faults, images. */
export function runbooksOfStatus({ health, tripped, boot, fault, slots }: Trouble): string[] {
  const found = [
    ...interlocksOf(tripped).map(({ runbook }) => runbook),
    ...runbooksOfHealth(health),
    runbookOf(resetCauses, boot?.reset_cause ?? 0),
    fault && fault.count > 0 ? runbookOf(faultCauses, fault.cause) : undefined,
    ...['a', 'b'].map((slot) => runbookOf(rejectReasons, slots?.[`${slot}_reason`] || slots?.[`${slot}_found`] || 0)),
    runbookOf(bootDecisions, boot?.decision ?? 0),
  ];
  return [...new Set(found.filter((runbook) => runbook !== undefined))];
}

/** The pages about an update that did not go as it should, the first to read first; none where the device has nothing to say against it. */
export function runbooksOfUpdate({ health, reason, refusal, fault }: Against): string[] {
  const refused = Object.entries(rejectReasons.values).find(([name]) => name === refusal?.reason)?.[1][0] ?? 0;
  const found = [
    ...[reason, refused].map((code) => runbookOf(rejectReasons, code)),
    fault && runbookOf(faultCauses, fault.cause),
    ...runbooksOfHealth(health ?? 0),
  ];
  return [...new Set(found.filter((runbook) => runbook !== undefined))];
}

/** The page about a boot: of what it began with, else of an image that it refused, else of its decision. A refusal of an older boot is that one's. */
export function runbookOfBoot(
  { number, cause, decision, reasons, fault }: LoggedBoot,
  all: LoggedBoot[],
): string | undefined {
  const before = all.find((boot) => boot.number === number - 1)?.reasons ?? [];
  const refused = reasons.filter((reason, slot) => reason !== before[slot]);
  return (
    (fault && runbookOf(faultCauses, fault.cause)) ??
    runbookOf(resetCauses, cause) ??
    refused.map((reason) => runbookOf(rejectReasons, reason)).find((runbook) => runbook !== undefined) ??
    runbookOf(bootDecisions, decision)
  );
}
