// The rig is what users import: it runs under any test runner, and knows nothing of ours.

import { importsOf, isCode, isTest, type SourceFile } from './sources.ts';

const forbidden = /^(vitest|fast-check)(\/|$)/;
const above = /^(hil\/(test|prove)|cli)\//;

export function rigStandsAlone(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('hil/rig/') && isCode(path) && !isTest(path))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, target }) => forbidden.test(specifier) || above.test(target ?? ''))
        .map(
          ({ specifier, line }) =>
            `${file.path}:${line} imports ${specifier}: users import hil/rig without our tests. Throw an error that says what is wrong instead, or move this to hil/test.`,
        ),
    );
}
