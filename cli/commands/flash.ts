// `coldrig flash`: brings one image to one device, as far as the caller wants: uploaded, on trial, or confirmed.

import { Command, Option } from 'commander';
import { type UpdateGoal, updateDevice } from '../../host/tools/update.ts';
import type { UpdateResult, UpdateStep, Verdict } from '../../host/tools/update-result.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { runbookPath } from '../../protocol/runbooks.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { ExitCode } from '../failure.ts';
import { readInput } from '../files.ts';
import { refusedBecause, verdictText, why } from '../flash-words.ts';
import { refusalIn } from '../module-check.ts';
import { parseSeconds } from '../options.ts';
import { uploadProgress } from '../progress.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { runbooksOfUpdate } from '../runbook/found.ts';
import { faultText, listedVersion, reasonText, slotName } from '../words.ts';

interface FlashOptions extends TargetOptions, GlobalOptions {
  test?: boolean;
  confirm?: boolean;
  watch: number;
}

const HELP = `
Examples:
  coldrig flash app.bin                     upload only
  coldrig flash app.bin --test              and run it on trial: the next reset rolls it back
  coldrig flash app.bin --confirm           and confirm it, once it was healthy on trial
  coldrig flash app.bin --target serial:///tmp/coldrig

Exit code 0: done as requested, as the device itself says afterwards. 3: the device refused the image, rolled back to the old one, or did not
get as far as requested. 1: the result is not known, for instance because the device did not come back after a reset.

The trailer of an image signed with --pad or --confirm requests a trial: the next reset runs it on trial, also after a plain upload.
A device that is not a coldrig keeps no boot log: then only its silence shows that it was reset while it was watched.

With --json: {ok, verdict: uploaded|on-trial|confirmed|refused|rolled-back|failing|silent, version, hash, bytes, uploadMs, resent, running, refusal,
why, health, waiting: unmarked|trial|permanent, resets, bootLog, reason, fault, runbooks}. runbooks are the paths of the pages about what went wrong,
the first to read first.`;

export function addFlashCommand(program: Command): void {
  program.addCommand(
    withTarget(new Command('flash'))
      .description('upload an image, run it on trial, and confirm it or see it rolled back')
      .argument('<file>', 'signed image')
      .option('--test', 'run it on trial')
      .addOption(new Option('--confirm', 'run it on trial, then confirm it when it is healthy').conflicts('test'))
      .option('--watch <seconds>', 'how long a trial is watched; after a reset the time starts again', parseSeconds, 5)
      .addHelpText('after', HELP)
      .action(printing((options: FlashOptions, file: string) => flash(options, file))),
  );
}

const stepNotes: Partial<Record<UpdateStep, string>> = {
  mark: 'uploaded; marking it for a trial',
  reset: 'resetting',
  watch: 'it runs; watching it',
  confirm: 'confirming',
  back: 'it is not healthy: rolling back',
};

async function flash(options: FlashOptions, file: string): Promise<Result> {
  const image = readInput(file, 'the image');
  const goal: UpdateGoal = options.confirm ? 'confirm' : options.test ? 'trial' : 'upload';
  const progress = uploadProgress(options.json === true);
  const result = await withClient(options, (client, signal) =>
    updateDevice(client, image, {
      ...{ goal, signal, name: file, watchMs: options.watch * 1000, onProgress: progress.update },
      onStep: (step) => {
        progress.stop();
        if (!options.json && process.stderr.isTTY && stepNotes[step]) process.stderr.write(`  ${stepNotes[step]}\n`);
      },
    }),
  ).finally(() => progress.stop());
  // The device keeps only a code. The file is here, so the exact message of the core can be shown.
  const isRefused = result.reason === RejectReason.CORE_REFUSED;
  const refusal = isRefused ? refusalIn(image)?.message : undefined;
  const runbooks = runbooksOfUpdate(result);
  const pages = runbooks.length === 0 ? '' : `\nrunbooks: ${runbooks.join(', ')} ('coldrig runbook NAME' shows one)`;
  return {
    text: `${file}: ${verdictText(result, image.length, refusal)}${pages}`,
    json: { ...verdictJson(result, image.length, refusal), runbooks: runbooks.map(runbookPath) },
    exitCode: exitCodeOf(result.verdict, goal),
  };
}

/** How far each verdict is. A verdict that is not as far as requested is a failure. */
const reached: Partial<Record<Verdict, UpdateGoal[]>> = {
  uploaded: ['upload'],
  'on-trial': ['upload', 'trial'],
  confirmed: ['upload', 'trial', 'confirm'],
};

function exitCodeOf(verdict: Verdict, goal: UpdateGoal): number {
  if (reached[verdict]?.includes(goal)) return ExitCode.OK;
  return verdict === 'silent' ? ExitCode.FAILED : ExitCode.UNDONE;
}

function verdictJson(result: UpdateResult, bytes: number, module: string | undefined): object {
  const { verdict, version, hash, upload, running, refusal, health, waiting, resets, boots, reason, fault } = result;
  return {
    ...{ verdict, version: listedVersion(version), hash: Buffer.from(hash).toString('hex'), bytes },
    uploadMs: upload?.elapsedMs ?? null,
    resent: upload?.resent ?? null,
    running: running ? { version: listedVersion(running.version), slot: slotName(running.slot) } : null,
    refusal: refusal?.name ?? null,
    why: verdict === 'rolled-back' ? why(result, module) : verdict === 'refused' ? refusedBecause(result) : null,
    health: health ?? null,
    ...{ waiting, resets, bootLog: boots !== undefined, reason: reason === 0 ? null : reasonText(reason) },
    fault: fault ? { cause: faultText(fault.cause), function: fault.functionName } : null,
  };
}
