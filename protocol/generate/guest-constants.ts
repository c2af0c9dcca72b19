// Constant tables as AssemblyScript constants: `export const PREFIX_NAME: u32 = value;`

import type { ConstantTable } from '../constants.ts';
import { generatedNotice, hex } from './text.ts';

export function guestConstants(tables: ConstantTable[]): string {
  const lines = [`// ${generatedNotice}`];
  for (const table of tables) {
    lines.push('', `// ${table.prefix}: ${table.doc}`);
    for (const [name, [value, doc]] of Object.entries(table.values)) {
      lines.push(`/** ${doc}. */`, `export const ${table.prefix}_${name}: u32 = ${value < 1024 ? value : hex(value)};`);
    }
  }
  return `${lines.join('\n')}\n`;
}
