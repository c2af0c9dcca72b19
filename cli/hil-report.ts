// `coldrig hil --report DIR`: the page in its folder, and what is said of the images in it.

import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { baseImage } from '../hil/rig/scenario/settings.ts';
import { coveredFiles } from '../hil/run/report-page/coverage-files.ts';
import { type ReportedImage, reportPage } from '../hil/run/report-page/page.ts';
import type { RunReport } from '../hil/run/run-scenarios.ts';
import { formatVersion, parseImage } from '../host/tools/image/index.ts';
import { Failure } from './failure.ts';
import { checkOutput, readInput, writeOutput } from './files.ts';
import { systemReason } from './system-error.ts';

/** The file that is written into the folder. */
export const pageOf = (folder: string): string => join(folder, 'index.html');

/** Makes the folder before the work, because a report that cannot be written must not cost a run. */
export function checkReportFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Failure(
      'FILE',
      `the folder ${folder} of the report cannot be made (${systemReason(error)}); give another one to --report`,
      { cause: error },
    );
  }
  checkOutput(pageOf(folder), 'the report');
}

export interface ReportFacts {
  image?: string;
  baseline?: string;
  target?: string;
  seed?: number;
  /** The lcov file, where it was asked for. */
  lcov?: string;
}

/** Returns the path of the page. */
export async function writeReport(folder: string, report: RunReport, facts: ReportFacts): Promise<string> {
  const { image, baseline, target, seed = 1, lcov } = facts;
  const page = reportPage({
    ...{ report, seed, target },
    image: target === undefined ? await imageUnderTest(image) : undefined,
    baseline: baseline === undefined ? undefined : imageOf(readInput(baseline, 'the baseline'), basename(baseline)),
    coverage: lcov === undefined ? undefined : coveredFiles(lcov),
  });
  writeOutput(pageOf(folder), page, 'the report');
  return pageOf(folder);
}

async function imageUnderTest(path: string | undefined): Promise<ReportedImage> {
  if (path !== undefined) return imageOf(readInput(path, 'the image'), basename(path));
  return imageOf(await baseImage({}), 'the development firmware of coldrig');
}

function imageOf(bytes: Uint8Array, from: string): ReportedImage {
  const { header, hash = new Uint8Array() } = parseImage(bytes);
  return { version: formatVersion(header.version), hash: Buffer.from(hash).toString('hex'), from };
}
