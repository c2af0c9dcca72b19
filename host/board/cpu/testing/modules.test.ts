import asc from 'assemblyscript/asc';
import { expect, it } from 'vitest';
import { image } from './modules.ts';

it('assembles the same bytes whatever was compiled in this process before', async () => {
  const assembled = () => image('(func $work (param i32) (if (local.get 0) (then (nop)) (else (nop) (nop))))');
  const before = assembled();
  const { error } = await asc.main(['module.ts', '--optimizeLevel', '2', '--outFile', 'module.wasm'], {
    readFile: (name) => (name === 'module.ts' ? 'export function one(): i32 { return 1 }' : null),
    writeFile: () => {},
    listFiles: () => [],
  });
  expect(error).toBeNull();
  expect(assembled()).toEqual(before);
});
