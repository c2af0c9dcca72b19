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
      peripherals: Record<string, { base: number; registers: Record<string, object> }>;
    };
  };

  test('is valid by every CMSIS-SVD 1.3 schema', () => {
    const { schemas } = read();
    expect(Object.keys(schemas).length).toBeGreaterThan(5);
    expect(Object.values(schemas).flat()).toEqual([]);
  });

  test('tells a debugger of each register and field what the bus does with it', () => {
    const { peripherals } = read();
    expect(Object.keys(peripherals)).toEqual(peripheralTable.map(({ name }) => name));
    for (const { name, base, registers } of peripheralTable) {
      const wanted = Object.values(registers).map(({ name: register, mask: _, fields, ...rest }) => {
        const own = Object.entries(fields).map(([field, { shift: _shift, ...told }]) => [field, told]);
        return [register, { ...rest, fields: Object.fromEntries(own) }];
      });
      expect(peripherals[name], name).toEqual({ base, registers: Object.fromEntries(wanted) });
    }
  });
});
