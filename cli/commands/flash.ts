// `coldrig flash`: one image onto one device, as far as the caller wants: uploaded, on trial, or confirmed.

import { Command, Option } from 'commander';
import {
  type UpdateGoal,
  type UpdateResult,
  type UpdateStep,
  updateDevice,
  type Verdict,
} from '../../host/tools/update.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { ExitCode } from '../failure.ts';
import { readInput } from '../files.ts';
import { parseSeconds } from '../options.ts';
import { uploadProgress } from '../progress.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { bytesText, causeText, decisionText, healthText, slotName, spanText } from '../words.ts';

interface FlashOptions extends TargetOptions, GlobalOptions {
  test?: boolean;
  confirm?: boolean;
  watch: number;
}

const HELP = `
Examples:
  coldrig flash app.bin                     upload only
  coldrig flash app.bin --test              and run it on trial: it goes back at the next reset
  coldrig flash app.bin --confirm           and keep it, once it has proven itself
  coldrig flash app.bin --target serial:///tmp/coldrig

Exit code 0: done as asked. 3: the device refused the image or went back to the old one.
With --json: {ok, verdict: uploaded|on-trial|confirmed|refused|undone, version, hash, bytes, uploadMs, running, refusal, why, health}.`;

export function addFlashCommand(program: Command): void {
  program.addCommand(
    withTarget(new Command('flash'))
      .description('upload an image; try it; keep it or see it undone')
      .argument('<file>', 'signed image')
      .option('--test', 'run it on trial')
      .addOption(new Option('--confirm', 'run it on trial, then confirm it when it is healthy').conflicts('test'))
      .option('--watch <seconds>', 'how long a trial must run well before --confirm', parseSeconds, 5)
      .addHelpText('after', HELP)
      .action(printing((options: FlashOptions, file: string) => flash(options, file))),
  );
}

const stepNotes: Partial<Record<UpdateStep, string>> = {
  mark: 'uploaded; asking for a trial',
  reset: 'resetting',
  watch: 'it runs; watching it',
  confirm: 'confirming',
  back: 'it is not healthy: going back',
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
  const failed = result.verdict === 'refused' || result.verdict === 'undone';
  return {
    text: `${file}: ${sentence(result, image.length)}`,
    json: verdictJson(result, image.length),
    exitCode: failed ? ExitCode.UNDONE : ExitCode.OK,
  };
}

function sentence(result: UpdateResult, bytes: number): string {
  const { version, upload, running } = result;
  const took = upload ? `${bytesText(bytes)} in ${spanText(upload.elapsedMs * 1e6)}` : 'it was there already';
  const sentences: Record<Verdict, () => string> = {
    uploaded: () => `version ${version} uploaded (${took}); not asked for yet: flash it with --test or --confirm`,
    'on-trial': () =>
      `version ${version} runs on trial (${took}); keep it with 'coldrig confirm', drop it with 'coldrig reset'`,
    confirmed: () => `version ${version} runs and is confirmed (${took})`,
    refused: () => `version ${version} was refused, the device runs on as before. ${refusedBecause(result)}`,
    undone: () => {
      const now = running
        ? `version ${running.version} in slot ${slotName(running.slot)} runs`
        : 'the device is in safe mode';
      return `version ${version} was undone, ${now}. ${why(result)}`;
    },
  };
  return sentences[result.verdict]();
}

/** SMP has few codes for "this image is not good"; the step tells what they mean here. */
function refusedBecause({ refusal, refusedAt }: UpdateResult): string {
  const meanings: Record<string, string> = {
    ECORRUPT: 'what is in its slot is not what was signed: the file is damaged, or was changed after signing',
    EACCESSDENIED: 'its signature, key, security counter or board is not one this device accepts',
  };
  const meaning = refusedAt === 'mark' ? meanings[refusal?.name ?? ''] : undefined;
  if (meaning === undefined) return refusal?.message ?? '';
  return `${meaning} (${refusal?.name}); 'coldrig image verify' says more`;
}

/** What the device says about how it came to go back. */
function why({ health, boot, refusal }: UpdateResult): string {
  if (health !== undefined) return `It was ${healthText(health)}.`;
  if (boot !== undefined) {
    return `Last reset: ${causeText(boot.reset_cause)}. The bootloader: ${decisionText(boot.decision)}.`;
  }
  return refusal?.message ?? "The device does not say why; 'coldrig status' may.";
}

function verdictJson(result: UpdateResult, bytes: number): object {
  const { verdict, version, hash, upload, running, refusal, health } = result;
  return {
    ...{ verdict, version, hash: Buffer.from(hash).toString('hex'), bytes },
    uploadMs: upload?.elapsedMs ?? null,
    resent: upload?.resent ?? null,
    running: running ? { version: running.version, slot: slotName(running.slot) } : null,
    refusal: refusal?.name ?? null,
    why: verdict === 'undone' ? why(result) : verdict === 'refused' ? refusedBecause(result) : null,
    health: health ?? null,
  };
}
