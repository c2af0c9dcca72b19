// What was parsed before changes nothing: neither the module, nor its source map, nor what is said about an error.

import asc from 'assemblyscript/asc';
import { expect, it } from 'vitest';
import { forgetParsed } from './parse-once.ts';

const main = "import { twice } from './twice';\nexport function six(): i32 {\n  return twice(3);\n}\n";
const twice = 'export function twice(value: i32): i32 {\n  return value + value;\n}\n';

/** The compiler's files and words for these sources. */
async function compiled(sources: Record<string, string>) {
  const files: Record<string, string> = {};
  const words = ['main.ts', '--runtime', 'stub', '--debug', '--sourceMap', '--outFile', 'main.wasm'];
  const { error, stderr } = await asc.main(words, {
    readFile: (name) => sources[name] ?? null,
    writeFile: (name, contents) => {
      files[name] = typeof contents === 'string' ? contents : Buffer.from(contents).toString('base64');
    },
    listFiles: () => [],
  });
  return { error: error?.message, said: stderr.toString(), files };
}

const variants: Record<string, Record<string, string>> = {
  'both files': { 'main.ts': main, 'twice.ts': twice },
  'a change in what is imported': { 'main.ts': main, 'twice.ts': twice.replace('value + value', '\n2 * value') },
  'a file more, in front': {
    'main.ts': `import { three } from './three';\n${main.replace('twice(3)', 'twice(three())')}`,
    'twice.ts': twice,
    'three.ts': 'export function three(): i32 {\n  return 3;\n}\n',
  },
  'a file that is missing': { 'main.ts': main },
  'an error': { 'main.ts': main, 'twice.ts': twice.replace('{', '{{') },
};

it('a program is compiled as in a process that has compiled nothing', async () => {
  const anew: Record<string, unknown> = {};
  for (const [name, sources] of Object.entries(variants)) {
    forgetParsed();
    anew[name] = await compiled(sources);
  }
  const after: typeof anew = {};
  for (const [name, sources] of Object.entries(variants).reverse()) after[name] = await compiled(sources);
  // At the same time, too.
  const beside = Object.entries(variants).map(async ([name, sources]) => [name, await compiled(sources)] as const);
  expect(after).toEqual(anew);
  expect(Object.fromEntries(await Promise.all(beside))).toEqual(anew);
  expect(anew['a file that is missing']).toMatchObject({
    error: expect.any(String),
    said: expect.stringMatching(/twice/),
  });
  expect(anew['both files']).toMatchObject({ error: undefined });
});
