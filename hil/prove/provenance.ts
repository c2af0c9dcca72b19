// What was proved: the guests by their hashes, the commit, the tools. It tells a result from results of other versions.
//
// What must stay true: two results with the same `guests` are about the same bytes. The commit says where these bytes come from; a tree with
// changes of its own is `…-dirty`, and then only the hashes count.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { isPackage } from '../../host/tools/build-folder.mjs';
import { repositoryRoot } from '../../host/tools/guest.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { bootloaderFor } from './canaries/canaries.ts';
import type { Proof, ProofOptions } from './proof.ts';

export interface Proved {
  /** As `git describe` names it; of the package its name and version; `unknown` where there is neither. */
  commit: string;
  /** SHA-256 of each guest module, before it is signed: `bootloader`, and what a proof runs beside it. */
  guests: Record<string, string>;
  /** Versions of coldrig, of Node, and of the compiler of the guests. */
  tools: Record<string, string>;
}

export async function provedBy(proof: Proof, options: ProofOptions): Promise<Proved> {
  const [bootloader, others] = await Promise.all([bootloaderFor(options), proof.guests?.(options)]);
  const firmware = options.own?.firmware;
  return provedWith({ bootloader, ...(firmware && { firmware }), ...others });
}

/** What a run with these guests is about. */
export async function provedWith(guests: Record<string, Uint8Array>): Promise<Proved> {
  const hashes = Object.entries(guests).map(([name, bytes]) => [name, sha256(bytes)] as const);
  described ??= describe();
  return { commit: await described, guests: Object.fromEntries(hashes), tools };
}

const tools = {
  coldrig: packageFile.version,
  node: process.versions.node,
  assemblyscript: packageFile.dependencies.assemblyscript,
};

/** What the page of the proofs writes after each of them: no change that could be proved. */
const ownFiles = ['docs/proof.md', 'hil/prove/page/generated'];

/** A process proves what it has loaded, however often it proves. */
let described: Promise<string> | undefined;

async function describe(): Promise<string> {
  if (isPackage(repositoryRoot)) return `coldrig-${packageFile.version}`;
  const git = async (...words: string[]) =>
    (await promisify(execFile)('git', words, { cwd: repositoryRoot })).stdout.trim();
  try {
    const commit = await git('describe', '--always', '--abbrev=12');
    const changes = await git('status', '--porcelain', '--', '.', ...ownFiles.map((path) => `:(exclude)${path}`));
    return changes === '' ? commit : `${commit}-dirty`;
  } catch {
    return 'unknown';
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
