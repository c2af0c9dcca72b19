// `coldrig prove`: runs the proofs of hil/prove, and merges the results of shards.

import { Command } from 'commander';
import { invariants } from '../../hil/prove/invariants.ts';
import { fromJson, toJson } from '../../hil/prove/json.ts';
import { junitOf } from '../../hil/prove/junit.ts';
import { inOrder, mergeResults, NotShards } from '../../hil/prove/merge.ts';
import type { LeftOut, OwnGuests } from '../../hil/prove/proof.ts';
import { loadProof, proofs } from '../../hil/prove/proofs.ts';
import { type FoundViolation, type ProofResult, rateOf, type Shard } from '../../hil/prove/result.ts';
import { runProof } from '../../hil/prove/run.ts';
import { parseImage, readPublicKey, verifyImage } from '../../host/tools/image/index.ts';
import { ExitCode, Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { untilInterrupted } from '../interruption.ts';
import { refusalIn, refusalOf } from '../module-check.ts';
import { integerBetween, parseShard, parseWord } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { proofProgress } from '../progress.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { table } from '../terminal.ts';
import { spanText } from '../words.ts';

interface ProveOptions extends GlobalOptions {
  seed: number;
  scenario?: string;
  point?: string;
  canary?: string;
  slice?: boolean;
  threads?: number;
  shard?: Shard;
  junit?: string;
  image?: string;
  key?: string;
  bootloader?: string;
}

const HELP = `
Examples:
  coldrig prove power                       all of it, on all cores
  coldrig prove power --slice               a small part, as in a test run
  coldrig prove power --json --shard 1/4    a quarter, for one of four machines
  coldrig prove merge 1.json 2.json 3.json 4.json
  coldrig prove power --slice --image app.bin --key my-public.pem     with firmware of your own

Exit code 0: no violation. 1: one or more; each is shown with a command that reproduces it.
With --json: {proof, scenarios: [{name, points, violations}], points, violations, seconds, pointsPerSecondPerCore, processorSeconds,
seed, proved: {commit, guests, tools}}, and, where they apply, slice, shard, scenario, and found: [{scenario, point, invariant,
text, choices, log, replay}]. merge takes all shards of one run, and no other files.`;

/** How many violations are printed in full; all of them are in --json and --junit. */
const toldMax = 5;

export function addProveCommand(program: Command): void {
  const prove = new Command('prove')
    .description('show that no power cut, forged image or glitch bricks a device')
    .addHelpText('after', HELP);
  for (const { name, about } of proofs) prove.addCommand(proofCommand(name, about));
  prove.addCommand(
    new Command('merge')
      .description('merge the results of all shards of one run')
      .argument('<files...>', 'the output of --json, one file per shard')
      .option('--junit <file>', 'write the result as JUnit XML')
      .action(printing((options: ProveOptions, files: string[]) => merge(options, files))),
  );
  program.addCommand(prove);
}

function proofCommand(name: string, about: string): Command {
  return withOwnGuests(withExtent(new Command(name).description(about)))
    .option('--point <name>', 'only this point, as named in a violation')
    .option('--threads <count>', 'worker threads (default: one per core)', integerBetween(1, 256))
    .option('--shard <i/n>', 'only the i-th of n shares of the work', parseShard)
    .option('--junit <file>', 'write the result as JUnit XML')
    .action(printing((options: ProveOptions) => prove(name, options)));
}

/** The options that say which proof it is. */
export function withExtent(command: Command): Command {
  return command
    .option('--seed <number>', 'seed of the samples, and of what a power cut leaves in flash', parseWord, 1)
    .option('--scenario <name>', 'only this scenario')
    .option('--canary <name>', 'use a bootloader with a deliberate defect')
    .option('--slice', 'only a small part, as in a test run');
}

export function withOwnGuests(command: Command): Command {
  return command
    .option('--image <file>', 'with this firmware: a signed image')
    .option('--key <key.pem>', 'public key that the image is signed with')
    .option('--bootloader <file>', 'with this bootloader: a module');
}

async function prove(name: string, options: ProveOptions): Promise<Result> {
  const { slice, junit, json, verbose, image, key, bootloader, ...rest } = options;
  checkOutputs({ '--junit': [junit, 'the report'] }, { '--image': image, '--key': key, '--bootloader': bootloader });
  const own = ownGuests({ image, key, bootloader });
  const progress = proofProgress(json === true, name);
  const result = await untilInterrupted((signal) =>
    runProof(name, { ...rest, own, effort: slice ? 'slice' : 'full', signal, onProgress: progress.update }),
  ).finally(() => progress.stop());
  return proofEnding(result, junit);
}

/** What is proved in the place of our own guests. The image is checked as the bootloader and the core would. */
export function ownGuests({
  image,
  key,
  bootloader,
}: Pick<ProveOptions, 'image' | 'key' | 'bootloader'>): OwnGuests | undefined {
  if ((image === undefined) !== (key === undefined))
    throw new Failure('OPTION', '--image FILE and --key PUBLIC.pem go together: give both', {
      exitCode: ExitCode.USAGE,
    });
  const files = Object.entries({ image, key, bootloader }).flatMap(([name, file]) => (file ? [`--${name}`, file] : []));
  if (files.length === 0) return undefined;
  const module = bootloader === undefined ? undefined : readInput(bootloader, 'the bootloader');
  const refusal = module && refusalOf(module);
  if (refusal !== undefined) throw new Failure('CORE_REFUSED', `${bootloader}: ${refusal.message}`);
  const firmware = image === undefined || key === undefined ? undefined : firmwareOf(image, key);
  return { bootloader: module, firmware, words: files };
}

function firmwareOf(path: string, keyPath: string): Uint8Array {
  const bytes = readInput(path, 'the image');
  const { securityCounter, boardId } = parseImage(bytes, path);
  const key = readPublicKey(readInput(keyPath, 'the key'), { name: `the key ${keyPath}` });
  const { ok, reason, message, image } = verifyImage(bytes, [key], { name: path, securityCounter, boardId });
  if (!ok || image === undefined) throw new Failure(reason, message, { facts: { file: path, reason } });
  const refusal = refusalIn(bytes, image);
  if (refusal !== undefined) throw new Failure('CORE_REFUSED', `${path}: ${refusal.message}`);
  const { headerSize, imageSize } = image.header;
  return bytes.slice(headerSize, headerSize + imageSize);
}

async function merge({ junit }: ProveOptions, files: string[]): Promise<Result> {
  checkOutputs({ '--junit': [junit, 'the report'] }, { '<files>': files });
  const named = files.map((name) => ({ name, result: resultIn(name) }));
  try {
    const merged = mergeResults(named);
    return proofEnding(inOrder(merged, (await loadProof(merged.proof)).scenarios), junit);
  } catch (error) {
    if (!(error instanceof NotShards)) throw error;
    throw new Failure('NOT_SHARDS', error.message, { cause: error });
  }
}

function resultIn(file: string): ProofResult {
  const text = Buffer.from(readInput(file, 'the result')).toString();
  try {
    return fromJson(text);
  } catch (error) {
    throw new Failure('NOT_A_RESULT', `${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** What `prove` prints and writes at its end. */
export function proofEnding(result: ProofResult, junit: string | undefined): Result {
  if (junit !== undefined) writeOutput(junit, junitOf(result), 'the report');
  const exitCode = result.violations === 0 ? ExitCode.OK : ExitCode.FAILED;
  return { text: textOf(result), json: toJson(result), exitCode };
}

function textOf(result: ProofResult): string {
  const { proof, scenarios, points, violations, seconds, processorSeconds, seed, effort, shard, found, extra } = result;
  const rows = scenarios.map((each) => [each.name, `${each.points}`, `${each.violations}`]);
  const share = [effort === 'slice' ? 'a slice' : '', shard ? `shard ${shard.number}/${shard.of}` : ''];
  const what = share.filter((text) => text !== '').join(', ');
  const processor = `${spanText(processorSeconds * 1e9)} of processor time with its start`;
  const rate = `${spanText(seconds * 1e9)}, ${processor}, ${Math.round(rateOf(result))} points/s per core`;
  const told = found.slice(0, toldMax).map(violationText);
  const more = found.length > toldMax ? [`… and ${found.length - toldMax} more; --json has them all`, ''] : [];
  const sum = `${proof}${what && ` (${what})`}: ${points} points, ${violations} violations, seed ${seed}, ${rate}`;
  const out = (extra.leftOut as LeftOut[] | undefined) ?? [];
  const reasons = [...new Set(out.map(({ because }) => because))];
  const namesFor = (reason: string) => out.filter(({ because }) => because === reason).map(({ scenario }) => scenario);
  const without = reasons.map((reason) => `left out, because ${reason}: ${namesFor(reason).join(', ')}`);
  const gap = without.length > 0 ? [''] : [];
  return [table([['scenario', 'points', 'violations'], ...rows]), ...gap, ...without, '', ...told, ...more, sum].join(
    '\n',
  );
}

function violationText({ scenario, point, invariant, text, choices, log, replay }: FoundViolation): string {
  const lines = [`${scenario}: ${point}`, `  broken: ${invariants[invariant]}`, `  ${text}`];
  return [...lines, `  choices: ${choices.join(', ')}`, ...log.map((line) => `    ${line}`), `  ${replay}`, ''].join(
    '\n',
  );
}
