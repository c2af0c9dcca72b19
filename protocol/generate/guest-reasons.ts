// The names of the reasons in AssemblyScript, as SMP gives them beside an error: the same words on the wire and in protocol/image/reasons.ts.

import { rejectReasons } from '../image/reasons.ts';
import { generatedNotice } from './text.ts';

export function guestReasons(): string {
  const { values } = rejectReasons;
  const names: string[] = [];
  for (const [name, [number]] of Object.entries(values)) names[number] = name;
  const rows = Array.from(names, (name) => `  '${name ?? ''}',`);
  const lines = [
    `// ${generatedNotice} The table is protocol/image/reasons.ts.`,
    '',
    '/** By number; a number that no reason has has no name. */',
    ...['const names: StaticArray<string> = [', ...rows, '];', ''],
    '/** The name of a reason: a literal. */',
    'export function nameOfReason(reason: u32): string {',
    `  assert(reason < ${rows.length}, 'a reason of the table');`,
    ...['  return unchecked(names[reason]);', '}'],
  ];
  return `${lines.join('\n')}\n`;
}
