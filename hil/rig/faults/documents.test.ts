// Every fault and every example that documents and help show can be typed as it stands.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { faultKinds } from './kinds.ts';
import { parseFault } from './language.ts';

const root = new URL('../../../', import.meta.url);
const documents = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...['docs', 'docs/runbooks'].flatMap((folder) =>
    readdirSync(new URL(folder, root)).map((name) => `${folder}/${name}`),
  ),
];
const kinds = Object.keys(faultKinds);

/** What stands in code, or in quotes within code, and begins with a kind of fault. */
function faultsIn(text: string): string[] {
  const code = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(([, block, inline]) => block ?? inline);
  return code.flatMap((piece) => {
    const quoted = [...piece.matchAll(/'([^']+)'/g)].map(([, words]) => words);
    return [...quoted, piece.trim()].filter((words) => kinds.some((kind) => words.startsWith(`${kind} at `)));
  });
}

test('every kind has a scenario whose name begins with it', () => {
  const scenarios = readFileSync(new URL('hil/scenarios/failure-modes.scenario.ts', root), 'utf8');
  const missing = kinds.filter((kind) => !scenarios.includes(`'${kind}: `));
  expect(missing, `add a scenario to hil/scenarios/failure-modes.scenario.ts: ${missing.join(', ')}`).toEqual([]);
});

describe('a fault in a document', () => {
  const found = documents
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => faultsIn(readFileSync(new URL(path, root), 'utf8')).map((fault) => [path, fault] as const));

  it.each(found)('%s: %s', (_, fault) => {
    expect(parseFault(fault).text).toBe(fault);
  });

  it('is there for every kind', () => {
    const inDocument = faultsIn(readFileSync(new URL('docs/faults.md', root), 'utf8'));
    const missing = kinds.filter((kind) => !inDocument.some((fault) => fault.startsWith(kind)));
    expect(missing, `add a row to the table of faults in docs/faults.md: ${missing.join(', ')}`).toEqual([]);
  });

  it.each(kinds)('in the help: %s', (kind) => {
    expect(parseFault(faultKinds[kind].example).name).toBe(kind);
  });
});
