import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { peripheralTable } from '../../../protocol/generated/registers.ts';
import { pythonTool } from './install.ts';
import { skipWithReason } from './story.ts';

const tool = await pythonTool('cmsis-svd');
if (tool.path === undefined) skipWithReason('cmsis-svd', tool);

describe.skipIf(tool.path === undefined)('chip.svd', () => {
  const read = () => {
    const files = ['hil/test/interop/clients/svd.py', 'protocol/generated/chip.svd'].map((path) =>
      join(repositoryRoot, path),
    );
    return JSON.parse(execFileSync(tool.path as string, files).toString()) as {
      schemas: Record<string, string[]>;
      peripherals: Record<string, [base: number, registers: number]>;
    };
  };

  test('is valid by every CMSIS-SVD 1.3 schema', () => {
    const { schemas } = read();
    expect(Object.keys(schemas).length).toBeGreaterThan(5);
    expect(Object.values(schemas).flat()).toEqual([]);
  });

  test('tells a debugger the registers the chip has', () => {
    const registersOf = (name: string) =>
      Object.keys(peripheralTable.find((peripheral) => peripheral.name === name)?.registers ?? {}).length;
    for (const [name, [base, registers]] of Object.entries(read().peripherals)) {
      expect(peripheralTable.find((peripheral) => peripheral.name === name)?.base).toBe(base);
      expect(registers, name).toBe(registersOf(name));
    }
  });
});
