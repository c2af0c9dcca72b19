// The names of the reasons in AssemblyScript, as SMP gives them beside an error: the same words on the wire and in protocol/image/reasons.ts.

import { rejectReasons } from '../image/reasons.ts';
import { generatedNotice } from './text.ts';

export function guestReasons(): string {
  const names = Object.keys(rejectReasons.values);
  const lines = [
    `// ${generatedNotice} The table is protocol/image/reasons.ts.`,
    `import { ${names.map((name) => `REASON_${name}`).join(', ')} } from './constants';`,
    ...['', '/** The name of a reason: a literal. */', 'export function nameOfReason(reason: u32): string {'],
    '  switch (reason) {',
    ...names.flatMap((name) => [`    case REASON_${name}:`, `      return '${name}';`]),
    ...['    default:', "      assert(false, 'a reason of the table');", "      return '';", '  }', '}'],
  ];
  return `${lines.join('\n')}\n`;
}
