// `coldrig build`: compiles firmware of one's own, checks it as the core does, and tells what it needs. The compiler's side is in host/tools/own-guest.ts.

import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type CheckedImage, checkImage, type ImageRefused } from '../../host/board/cpu/cpu.ts';
import { CompileError, compileOwnGuest } from '../../host/tools/own-guest.ts';
import { asPayload, type FirmwarePart, firmwareParts } from '../../host/tools/sequencer.ts';
import { SourcePlaces } from '../../host/tools/source-place.ts';
import { placeWords, reportOf, reportText } from '../build/report.ts';
import { Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { refusalOf } from '../module-check.ts';
import { integerBetween } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';

interface BuildOptions {
  out: string;
  memory?: number;
  with?: FirmwarePart[];
}

const defaultEntry = 'firmware/main.ts';
const defaultOutput = join('build', 'firmware.wasm');
const partNames = Object.keys(firmwareParts).join(',');

const HELP = `
Firmware is AssemblyScript that exports reset() and interrupt(lines). 'coldrig new' makes a project; docs/your-firmware.md explains it. What the
core would refuse (floating point, recursion, other imports ...) is refused here, with its line in the source and what to do instead.

Example:
  coldrig build && coldrig image sign build/firmware.wasm app.bin --key my.pem --version 1.0.0

With --json: {file, map, entry, bytes, bytesMax, memoryBytes, stackBytes, functions, instructions, opcodes: {name: count}, worstCase: [{name, kind,
cycles, unbounded: {what, file, line}}]}. cycles is null where the code has no bound.`;

export function addBuildCommand(program: Command): void {
  program.addCommand(
    new Command('build')
      .description('compile firmware of your own, check it as the core does, and show what it needs')
      .argument('[entry]', 'AssemblyScript file, in the folder where the command is called or below it', defaultEntry)
      .option('--out <file>', 'module to write, with its source map beside it', defaultOutput)
      .option('--memory <pages>', 'RAM in pages of 64 KiB (default: 2)', integerBetween(1, 8))
      .option('--with <parts>', `put parts of our firmware inside: ${partNames}`, parseParts)
      .addHelpText('after', HELP)
      .action(printing((options: BuildOptions, entry: string) => build(options, entry))),
  );
}

function parseParts(text: string): FirmwarePart[] {
  const parts = text.split(',');
  const unknown = parts.find((part) => !Object.hasOwn(firmwareParts, part));
  if (unknown === undefined) return parts as FirmwarePart[];
  throw new InvalidArgumentError(`there is no part '${unknown}'; give some of ${partNames}, with commas`);
}

async function build({ out, memory, with: parts = [] }: BuildOptions, entry: string): Promise<Result> {
  const root = process.cwd();
  if (!existsSync(entry)) {
    const advice = "give the path of your firmware's first file, or make a project with 'coldrig new DIR'";
    throw new Failure('FILE_MISSING', `there is no ${entry} in ${root}; ${advice}`);
  }
  if (out === defaultOutput) mkdirSync(dirname(out), { recursive: true });
  const mapFile = `${out}.map`;
  checkOutputs(
    { '--out': [out, 'the module'], 'the source map of --out': [mapFile, 'the source map'] },
    { '[entry]': entry },
  );
  const { module, map } = await compileOwnGuest(root, entry, memory).catch((error) => {
    if (!(error instanceof CompileError)) throw error;
    throw new Failure('NOT_COMPILED', `${entry} does not compile\n${error.message}`, { facts: { entry } });
  });
  const places = new SourcePlaces(map);
  const image = checked(module, entry, places);
  const payload = await asPayload(module, parts);
  writeOutput(out, payload, 'the module');
  writeOutput(mapFile, map, 'the source map');
  const report = reportOf(image, payload.length, places);
  return { text: reportText(out, report), json: { file: out, map: mapFile, entry, ...report } };
}

/** Checks and meters a module as the core does before it runs it. Throws with the place in the source. */
function checked(module: Uint8Array, entry: string, places: SourcePlaces): CheckedImage {
  const refusal = refusalOf(module);
  if (refusal === undefined) return checkImage(module);
  throw refused(refusal, entry, places);
}

function refused(refusal: ImageRefused, entry: string, places: SourcePlaces): Failure {
  const { code, offset, functionName, reason } = refusal;
  const place = functionName === undefined ? undefined : places.near(offset);
  const where = placeWords(place) ?? entry;
  const inFunction = functionName === undefined ? '' : ` in ${functionName.replace(/^~lib\//, '')}`;
  const advice = adviceOf[code];
  const text = `${where}: the core refuses this (${code})${inFunction}: ${reason}${advice === undefined ? '' : `; ${advice}`}`;
  return new Failure('CORE_REFUSED', text, {
    facts: {
      entry,
      reason: code,
      function: functionName ?? null,
      file: place?.file ?? null,
      line: place?.line ?? null,
    },
  });
}

/** What a line of AssemblyScript usually is that becomes such a module, where the reason does not say so. */
const adviceOf: Partial<Record<ImageRefused['code'], string>> = {
  float:
    'a number with a point, a division of numbers without a type and Math are floating point: write u32, i32, u64 or i64',
  start:
    'it is a global variable that begins with a calculated value (begin with a plain number), or the heap that new, arrays, maps and joined strings need (use memory.data() and @unmanaged classes)',
  import:
    'what a browser or Node has (console, Date, Math and others) is missing on the core: use the registers in coldrig/guest/registers',
  export: 'export reset() and interrupt(lines: u32) from this file',
  'memory-grow':
    'it is the heap that new, arrays, maps and joined strings need: use memory.data() and @unmanaged classes',
};
