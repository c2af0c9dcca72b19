// `coldrig bootlog`: every boot in the log of the device, with its decision and the reason.

import { Command } from 'commander';
import { type LastFault, type LoggedBoot, readLastFault, readWholeBootLog } from '../../host/tools/smp/boot-group.ts';
import { runbookPath } from '../../protocol/runbooks.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { integerBetween } from '../options.ts';
import { printing, type Result } from '../result.ts';
import { runbookOfBoot } from '../runbook/found.ts';
import { table } from '../terminal.ts';
import {
  causeText,
  decisionText,
  faultPlaceText,
  faultText,
  reasonText,
  slotName,
  stateText,
  versionText,
} from '../words.ts';

export function addBootlogCommand(program: Command): void {
  program.addCommand(
    withTarget(new Command('bootlog'))
      .description('every boot in the log of the device: its cause, the decision and the reason, and what ran')
      .option('--last <n>', 'only the last n boots', integerBetween(1, 1_000_000))
      .addHelpText(
        'after',
        '\nWith --json: {ok, boots: [{number, cause, decision, slot, state, version, hash, reasons, resets, securityCounter, fault, runbook}], fault}. ' +
          'runbook is the path of the page about what went wrong, null where nothing did.',
      )
      .action(
        printing((options: TargetOptions & { last?: number }) =>
          withClient(options, async (client, signal): Promise<Result> => {
            const all = await readWholeBootLog(client, { signal });
            const boots = all.slice(-(options.last ?? 0));
            const fault = await readLastFault(client, { signal });
            const rows = boots.map((boot) => [String(boot.number), ...bootCells(boot)]);
            const last = lastFaultLines(fault, boots);
            return {
              text: [
                table([['boot', 'began with', 'decision', 'ran', 'refused'], ...rows]),
                ...last,
                ...runbookLines(all, boots),
              ].join('\n'),
              json: { boots: boots.map((boot) => bootJson(boot, all)), fault: fault.count === 0 ? null : fault },
            };
          }),
        ),
      ),
  );
}

/** The log has the cause of each fault; the rest is in a register of the chip, which the next fault overwrites. */
export function lastFaultLines(fault: LastFault, boots: LoggedBoot[]): string[] {
  if (fault.count === 0) return [];
  const last = `last fault: ${faultPlaceText(fault.cause, fault.functionName)}, cycle ${fault.cycle}`;
  const older = boots.filter((boot) => boot.fault !== undefined).length > 1;
  return older ? [last, 'details are kept for the last fault only; of older ones the log has the cause'] : [last];
}

/** A line a page, with the boots that it is about. */
function runbookLines(all: LoggedBoot[], boots: LoggedBoot[]): string[] {
  const byPage = new Map<string, number[]>();
  for (const boot of boots) {
    const page = runbookOfBoot(boot, all);
    if (page !== undefined) byPage.set(page, [...(byPage.get(page) ?? []), boot.number]);
  }
  return [...byPage].map(
    ([page, numbers]) => `runbook ${page}: boot${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`,
  );
}

function bootCells({ cause, decision, ran, reasons, fault }: LoggedBoot): string[] {
  const began = fault === undefined ? causeText(cause) : `${causeText(cause)}: ${faultText(fault.cause)}`;
  const what = ran && `${slotName(ran.slot)} ${versionText(ran.version, ran.build)} ${stateText(ran.state)}`;
  const refused = reasons.flatMap((reason, slot) => (reason > 1 ? [`${slotName(slot)}: ${reasonText(reason)}`] : []));
  return [began, decisionText(decision), what ?? 'nothing', refused.join('; ')];
}

function bootJson(boot: LoggedBoot, all: LoggedBoot[]): object {
  const { number, cause, decision, ran, reasons, resets, securityCounter, fault } = boot;
  const runbook = runbookOfBoot(boot, all);
  return {
    ...{ number, cause: causeText(cause), decision: decisionText(decision) },
    slot: ran ? slotName(ran.slot) : null,
    state: ran ? stateText(ran.state) : null,
    version: ran ? versionText(ran.version, ran.build) : null,
    hash: ran ? Buffer.from(ran.hash).toString('hex') : null,
    reasons: reasons.map((reason) => (reason === 0 ? null : reasonText(reason))),
    ...{ resets, securityCounter, fault: fault ? faultText(fault.cause) : null },
    runbook: runbook === undefined ? null : runbookPath(runbook),
  };
}
