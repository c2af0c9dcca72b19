// Multiplexers with one defect each, which the tests of this folder must find. They stand apart from the tests so that they are compiled before them.

import type { SourceChange } from '../../../host/tools/guest.ts';

const ahead = 'firmware/multiplexer/ahead.ts';
const calm = 'firmware/multiplexer/calm.ts';

/** Their look ahead is wrong in one place. */
export const lateCanaries: [name: string, changes: SourceChange[]][] = [
  [
    'waits two microseconds longer than a cell bears',
    [{ path: ahead, find: 'dueOf(cell) - begin + idle);', replace: 'dueOf(cell) - begin + idle + 2000);' }],
  ],
  [
    'looks at the next service only, not at those behind it',
    [{ path: ahead, find: 'ahead < line.entries; ahead++', replace: 'ahead < 1; ahead++' }],
  ],
  [
    'counts none of the time that a service takes',
    [{ path: ahead, find: 'begin + <i64>cell.serviceNs + switchTime', replace: 'begin + switchTime' }],
  ],
];

/** They pass over calm periods wrongly. `from`: the script to begin with, where only few show the fault. */
export const calmCanaries: [name: string, change: SourceChange, from?: number][] = [
  [
    'counts the services of one period too many',
    { path: calm, find: '<u64>periods * headerOf', replace: '<u64>(periods + 1) * headerOf' },
  ],
  [
    'moves the cells on by one period too few',
    { path: calm, find: 'cell.last += span', replace: 'cell.last += span - periodNs()' },
  ],
  ['leaves no period to be executed', { path: calm, find: 'switches)) - 1;', replace: 'switches));' }],
  ['goes beyond an edge of a marker', { path: calm, find: '(end - begin) /', replace: '(end + periodNs() - begin) /' }],
  [
    'passes over a bank change that is wrong',
    { path: calm, find: '(badAt - 1 - globals()', replace: '(badAt + 9 - globals()' },
  ],
  [
    'does not look whether a line ended as planned',
    { path: calm, find: 'return line.free == start +', replace: 'return line.free >= start +' },
    287,
  ],
  [
    'does not look whether each cell was served',
    { path: calm, find: 'if (cellOf(line, index).last < before) return false;', replace: '' },
    1026,
  ],
  ['forgets the largest gap', { path: calm, find: 'cell.longestGapNs = max', replace: 'max' }],
];
