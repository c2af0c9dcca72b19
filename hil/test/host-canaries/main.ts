// Whether the tests of the host find what breaks a promise: each defect (defect.ts) is put into its source, and its tests are run.
//
//   npx tsx hil/test/host-canaries/main.ts           all of them (about ten minutes); writes docs/host-canaries.md
//   npx tsx hil/test/host-canaries/main.ts journal   those with one of these words in their name, promise or file; writes nothing
//
// A defect is found when a test fails that passes without it. One that is not found ends the program with 1.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { type Defect, promises } from './defect.ts';
import { defects } from './defects.ts';

interface Report {
  numPassedTests: number;
  testResults: { status: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

const words = process.argv.slice(2);
const isChosen = ({ name, promise, file }: Defect) => words.some((word) => `${name} ${promise} ${file}`.includes(word));
const chosen = words.length === 0 ? defects : defects.filter(isChosen);
if (chosen.length === 0) {
  console.error(
    `no defect has '${words.join("' or '")}' in its name, promise or file; see hil/test/host-canaries/defects.ts`,
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'coldrig-canaries-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.once('SIGINT', () => process.exit(130));

async function testsWith(
  defect: Pick<Defect, 'file' | 'was' | 'is'> | null,
  tests: readonly string[],
): Promise<Report> {
  const file = join(folder, 'report.json');
  rmSync(file, { force: true });
  const config = 'hil/test/host-canaries/vitest.config.ts';
  const runner = join(repositoryRoot, 'node_modules/vitest/vitest.mjs');
  const child = spawn(
    process.execPath,
    [runner, 'run', '--config', config, '--reporter=json', `--outputFile=${file}`, ...tests],
    {
      cwd: repositoryRoot,
      env: { ...process.env, COLDRIG_DEFECT: JSON.stringify(defect) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`the tests ${tests.join(' ')} did not run:\n${errors}`);
  }
}

const failuresOf = ({ testResults }: Report) =>
  testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  );

const all = [...new Set(chosen.flatMap(({ tests }) => tests))];
const sound = await testsWith(null, all);
const [unsound] = [
  ...failuresOf(sound),
  ...sound.testResults.filter(({ status }) => status === 'failed').map(({ message }) => message),
];
if (unsound !== undefined) {
  console.error(`without any defect a test fails: ${unsound}`);
  process.exit(2);
}
console.error(`without a defect ${sound.numPassedTests} tests pass`);

const rows: string[][] = [];
let unseen = 0;
for (const [index, defect] of chosen.entries()) {
  const report = await testsWith(defect, defect.tests);
  const [finder] = failuresOf(report);
  // A source that does not load breaks no promise.
  const wrong = report.testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  if (finder === undefined) unseen++;
  const found = finder ?? (wrong === undefined ? 'NOT FOUND' : `NOT FOUND: the tests do not load: ${wrong.message}`);
  console.error(`${index + 1} of ${chosen.length}: ${defect.name}: ${found}`);
  rows.push([promises[defect.promise], defect.name, `\`${defect.file}\``, found.replaceAll('|', '\\|')]);
}

const head = ['promise', 'defect', 'in', 'the first test that finds it'];
const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
if (words.length === 0 && unseen === 0)
  writeFileSync(
    join(repositoryRoot, 'docs/host-canaries.md'),
    `# Host programs broken on purpose

<!-- Written by make host-canaries; do not edit. -->

A test that cannot fail says nothing. So each promise that programs of the host make (gateway, stores, update server, agent, audit log, authority, device file) is broken
on purpose, in one place of one source, and the tests of the suite must find it. The table names the first test that failed. That of guests is in [proof.md](proof.md).

${table}
`,
  );
console.error(`${chosen.length - unseen} of ${chosen.length} defects are found`);
process.exitCode = unseen === 0 ? 0 : 1;
