// From a condition to its measurement: firmware/protect/generated/measured.ts.
//
// The function that measures CONDITION_RAIL_TRIPPED is `measureRailTripped` in firmware/protect/conditions.ts. What must stay true: a
// condition without its function does not compile, and the compiler names the function that is missing.

import type { ConstantTable } from '../constants.ts';
import { conditionTable } from '../plant/interlocks.ts';
import { generatedNotice, pascal } from './text.ts';

export function guestConditions(table: ConstantTable = conditionTable): string {
  const rows = Object.keys(table.values).map((name) => ({
    constant: `${table.prefix}_${name}`,
    measure: `measure${pascal(name)}`,
  }));
  const imported = (names: string[], from: string) => [
    'import {',
    ...names.sort().map((name) => `  ${name},`),
    `} from '${from}';`,
  ];
  const constants = rows.map(({ constant }) => constant);
  const functions = rows.map(({ measure }) => measure);
  const lines = [
    `// ${generatedNotice} The table is protocol/plant/interlocks.ts.`,
    ...imported(constants, '../../../protocol/guest/generated/constants'),
    ...imported(functions, '../conditions'),
    ...[
      '',
      '/** What a condition measures now, or NOT_MEASURABLE; at the threshold of its interlock or above, it holds. */',
    ],
    ...['export function measured(condition: u32, subject: u32): u32 {', '  switch (condition) {'],
    ...rows.flatMap(({ constant, measure }) => [`    case ${constant}:`, `      return ${measure}(subject);`]),
    ...['    default:', "      assert(false, 'a condition of the table');", '      return 0;', '  }', '}'],
  ];
  return `${lines.join('\n')}\n`;
}
