// `coldrig device references`: what a device measures that runs a release.

import { Command } from 'commander';
import { referenceOf, writeReferences } from '../../host/fleet/attestation/files.ts';
import { compileGuest } from '../../host/tools/guest.ts';
import { readInput, writeOutput } from '../files.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { table } from '../terminal.ts';

interface ReferencesOptions {
  bootloader?: string;
  out?: string;
}

const HELP = `
Measurements are SHA-256: of the bootloader's module, and of the image without header and signatures, as the chip loads them. A release that is signed again
measures the same. The file is in the manner of a CoMID, in JSON.

Example:
  coldrig device references app-1.4.1.bin app-1.4.2.bin --out references.json

With --json: {ok, references: [{release, bootloader, image}], out}.`;

export function referencesCommand(): Command {
  return new Command('references')
    .description('make reference values of releases: what a device measures that runs one')
    .argument('<images...>', 'signed images')
    .option('--bootloader <file>', 'module of their bootloader (default: that of coldrig)')
    .option('--out <file>', 'write them there (default: print them)')
    .addHelpText('after', HELP)
    .action(printing(references));
}

async function references({ bootloader, out }: ReferencesOptions, images: string[]): Promise<Result> {
  checkOutputs({ '--out': [out, 'the reference values'] }, { '<images>': images, '--bootloader': bootloader });
  const module =
    bootloader === undefined ? await compileGuest('bootloader/main.ts') : readInput(bootloader, 'the bootloader');
  const values = images.map((path) => referenceOf(readInput(path, 'the image'), module, path));
  const text = writeReferences(values);
  if (out !== undefined) writeOutput(out, text, 'the reference values');
  const rows = values.map(({ release, image }, index) => [images[index], release, image]);
  return {
    text:
      out === undefined ? text.trimEnd() : `${table([['image', 'release', 'measures'], ...rows])}\nwritten to ${out}`,
    json: { references: values, out: out ?? null },
  };
}
