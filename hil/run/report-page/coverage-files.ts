// What an lcov tracefile says of each source file.

import type { CoveredFile } from './page.ts';

export function coveredFiles(lcov: string): CoveredFile[] {
  return lcov.split('end_of_record\n').flatMap((record) => {
    const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(record)?.[1];
    const path = field('SF');
    return path === undefined ? [] : [{ path, lines: Number(field('LF')), reached: Number(field('LH')) }];
  });
}
