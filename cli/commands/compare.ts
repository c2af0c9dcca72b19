// `coldrig compare`: architectures of a controller by heat, lines, bandwidth, SNR and latency. Thin over host/tools/compare.

import { Command, InvalidArgumentError } from 'commander';
import { FridgeError } from '../../host/plant/cryostat/field.ts';
import type { Architecture } from '../../host/tools/compare/architecture.ts';
import { type Outcome, outcomeOf } from '../../host/tools/compare/model.ts';
import { architecturePresets, openArchitecture } from '../../host/tools/compare/open-architecture.ts';
import { compareJson, compareText } from '../compare/words.ts';
import { open } from '../cryostat/open.ts';
import { Failure } from '../failure.ts';
import { readAsText } from '../files.ts';
import { integerBetween } from '../options.ts';
import { openChain } from '../readout/open.ts';
import { printing, type Result } from '../result.ts';
import { systemReason } from '../system-error.ts';

interface CompareOptions {
  channels: number[];
  window: number;
  rate: number;
}

export function addCompareCommand(program: Command): void {
  program.addCommand(
    new Command('compare')
      .description('compare architectures of a controller: heat of each stage, lines, bandwidth, SNR, latency')
      .argument('[architecture...]', `presets (${architecturePresets.join(', ')}) or YAML files (default: all presets)`)
      .option('--channels <list>', 'numbers of channels to compare, as in 8,64,1024', parseSizes, [8, 64, 1024])
      .option('--window <ns>', 'length of a shot', integerBetween(100, 16_384), 1000)
      .option('--rate <n>', 'shots a second on each channel', integerBetween(1, 1_000_000), 100_000)
      .addHelpText(
        'after',
        `
Heat of cables, attenuators and amplifiers and the temperatures come from the model of the fridge, SNR from the readout chain at these
temperatures. Energies of chips and links are scenario values (docs/readout.md). A row "room for it" says what the fridge can take on each
stage besides its own load. Lines are those into the fridge, wires of supplies among them.

Examples:
  coldrig compare
  coldrig compare near-qubit full-cryo --channels 128
  coldrig compare my-architecture.yaml --rate 20000

With --json: {windowNs, shotsPerSecond, outcomes: [{architecture, compression, channels, lines, coldLines, readoutLines, bitsPerSecond, analogHertz,
heatWatts: {"4K": …}, roomWatts, parts: [{what, watts: {"4K": …}}], overloaded: [stage], plateKelvin, snrDecibels, assignmentError,
effectiveBits, latencyNs}]}. plateKelvin, snrDecibels and assignmentError are null where the fridge does not come to rest.`,
      )
      .action(printing<[string[]], CompareOptions>((options, names) => compare(options, names))),
  );
}

function compare({ channels, window: windowNs, rate: shotsPerSecond }: CompareOptions, names: string[]): Result {
  if (windowNs * shotsPerSecond > 1e9)
    throw new Failure(
      'OPTION',
      `--rate ${shotsPerSecond} with windows of ${windowNs} ns is more than a second in a second`,
      {
        exitCode: 2,
      },
    );
  const chosen = (names.length === 0 ? architecturePresets : names).map((name) => openNamed(name));
  const outcomes: Outcome[] = channels.flatMap((size) =>
    chosen.flatMap(({ architecture, fridge, chain }) =>
      architecture.compressions.map((compression) =>
        outcomeOf(architecture, compression, { fridge, chain }, { channels: size, windowNs, shotsPerSecond }),
      ),
    ),
  );
  const workload = { windowNs, shotsPerSecond };
  return { text: compareText(outcomes, workload), json: compareJson(outcomes, workload) };
}

function openNamed(name: string) {
  const architecture = openFile(name);
  const fridge = open(architecture.fridge);
  if (fridge.dilution === undefined)
    throw new Failure(
      'ARCHITECTURE',
      `${name}: the fridge ${fridge.name} has no mixing chamber; an architecture needs all five stages`,
    );
  return { architecture, fridge, chain: openChain(architecture.readout) };
}

function openFile(name: string): Architecture {
  try {
    return openArchitecture(name, readAsText);
  } catch (error) {
    if (error instanceof FridgeError)
      throw new Failure('ARCHITECTURE', error.message, { facts: { file: error.file, line: error.line } });
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const message = `the architecture ${name} cannot be read: ${reason}; give a YAML file, or ${architecturePresets.join(', ')}`;
    throw new Failure('FILE_MISSING', message, { cause: error });
  }
}

function parseSizes(text: string): number[] {
  const sizes = text.split(',').map(Number);
  if (text !== '' && sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 100_000)) return sizes;
  throw new InvalidArgumentError('expected numbers of channels from 1 to 100000, as in 8,64,1024');
}
