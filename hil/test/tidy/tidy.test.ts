import { describe, expect, test } from 'vitest';
import { oneSourceOfChance } from './chance.ts';
import { observersOnlyView } from './observers.ts';
import { everyOwnerWrites, oneOwnerAnActuator } from './owners.ts';
import { rigStandsAlone } from './rig.ts';
import * as rules from './rules.ts';
import { repositoryFiles, type SourceFile } from './sources.ts';

const files = repositoryFiles();

const topLevel = [
  ...['bootloader', 'cli', 'firmware', 'hil', 'host', 'protocol'],
  ...[
    'asconfig.json',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'biome.json',
    'vitest.config.ts',
    'Makefile',
  ],
  ...['README.md', 'CONTRIBUTING.md', 'LICENSE', 'docs', '.ci', '.editorconfig', '.gitignore', '.npmrc'],
];

/** Files over the limit, each with why splitting it would hurt. The number may only go down. */
const longFiles: Record<string, rules.Ratchet> = {};

/** Functions over the limit, as `path#name`, each with its reason. */
const longFunctions: Record<string, string> = {};

const houseRules: [string, rules.Rule][] = [
  ['imports point one way', rules.importDirections],
  ['tests stay below what they must not know', rules.testsStayBelow],
  ['no imports go in a circle', rules.noCircles],
  ['an actuator has one owner', oneOwnerAnActuator],
  ['an owner writes what it owns', everyOwnerWrites],
  ['nothing below links and cli knows wall time, chance or files', rules.noWallClockBelowLinks],
  ['who only looks is handed a view', observersOnlyView],
  ['the rig stands alone', rigStandsAlone],
  ['chance comes from one generator and one seed', oneSourceOfChance],
  ['physics uses basic arithmetic only', rules.basicArithmeticOnly],
  ['every file has a reader', rules.everyFileHasAReader],
  ['a file is at most 300 lines long', rules.fileLength(300, longFiles)],
  ['a function is at most 70 lines long', rules.functionLength(70, longFunctions)],
  ['every file says what it is for', rules.everyFileSaysWhatItIsFor],
  ['every document has one title', rules.oneTitleADocument],
  ['nothing foreign is in the tree', rules.nothingForeign],
  ['the top level is the design’s', rules.topLevel(topLevel)],
];

describe('the house is tidy', () => {
  for (const [sentence, rule] of houseRules) {
    test(sentence, () => {
      const findings = rule(files);
      expect(findings, `\n  ${findings.join('\n  ')}\n`).toEqual([]);
    });
  }
});

describe('the rules find what they are for', () => {
  const file = (path: string, text: string): SourceFile => ({ path, text, lines: text.split('\n') });

  const cases: [string, rules.Rule, SourceFile, RegExp][] = [
    [
      'a guest that imports the host',
      rules.importDirections,
      file('firmware/a.ts', "import '../host/board/bus';"),
      /firmware may only look at/,
    ],
    [
      'a sensor that knows an actuator',
      rules.importDirections,
      file('firmware/sense/a.ts', "import '../drive/rails';"),
      /firmware\/sense may only look at/,
    ],
    [
      'an actuator that asks a judge instead of reading what is in force',
      rules.importDirections,
      file('firmware/drive/a.ts', "import '../protect/budget';"),
      /firmware\/drive may only look at/,
    ],
    [
      'a second writer of an actuator',
      oneOwnerAnActuator,
      file('firmware/protect/budget.ts', '  writeActivityDuty(50);'),
      /budget\.ts:1 calls writeActivityDuty, whose one owner is firmware\/drive\/duty\.ts/,
    ],
    ['an owner that is not there', everyOwnerWrites, file('firmware/drive/duty.ts', ''), /drive\/duty\.ts is to own/],
    [
      'a board that imports the cryostat',
      rules.importDirections,
      file('host/board/a.ts', "import '../plant/b.ts';"),
      /host\/plant/,
    ],
    [
      'a device that looks at the clock',
      rules.noWallClockBelowLinks,
      file('host/board/a.ts', 'const t = Date.now();'),
      /wall clock/,
    ],
    [
      'a device that rolls dice',
      rules.noWallClockBelowLinks,
      file('host/board/a.ts', ['const t = Math', '.random();'].join('')),
      /random/,
    ],
    [
      'a rig that needs vitest',
      rigStandsAlone,
      file('hil/rig/a.ts', "import { expect } from 'vitest';"),
      /without our tests/,
    ],
    [
      'a test with a seed of its own',
      oneSourceOfChance,
      file('host/a.test.ts', ['fc.assert(p, { numRuns: 9,', ' seed', ': 3 });'].join('')),
      /a seed of its own/,
    ],
    [
      'a generator beside the one',
      oneSourceOfChance,
      file('hil/a.ts', ['x ^= ', 'x << 13;'].join('')),
      /generator of its own/,
    ],
    [
      'another variable for the seed',
      oneSourceOfChance,
      file('hil/a.ts', ['process', '.env.HOSTILE_SEED'].join('')),
      /reads a seed/,
    ],
    [
      'physics by the engine’s own sine',
      rules.basicArithmeticOnly,
      file('host/plant/cryostat/a.ts', 'Math.sin(1)'),
      /engines differ/,
    ],
    [
      'a view that holds a board',
      observersOnlyView,
      file('cli/run/a.ts', "import type { Board } from '../../host/board/board.ts';"),
      /takes a BoardView/,
    ],
    [
      'a command that reads registers',
      observersOnlyView,
      file('cli/commands/a.ts', "board.machine.peek(RAILS, 'MILLIVOLTS')"),
      /reaches into the machine/,
    ],
    ['a file nobody reads', rules.everyFileHasAReader, file('host/board/orphan.ts', ''), /imported by nobody/],
    ['a file that grew', rules.fileLength(2, {}), file('hil/a.ts', '1\n2\n3\n'), /3 lines, over 2/],
    ['a function that grew', rules.functionLength(2, {}), file('hil/a.ts', 'function f() {\n\n\n}'), /f is 4 lines/],
    ['a file without a word', rules.everyFileSaysWhatItIsFor, file('hil/a.ts', 'let a;'), /does not say/],
    ['a document with two titles', rules.oneTitleADocument, file('a.md', '# a\n# b\n'), /2 titles/],
    ['a new top level', rules.topLevel(['hil']), file('stuff/a.ts', ''), /stuff is new/],
  ];
  for (const [what, rule, bad, message] of cases) {
    test(what, () => expect(rule([bad]).join('\n')).toMatch(message));
  }

  test('a comment may speak of the wall clock', () => {
    expect(rules.noWallClockBelowLinks([file('host/board/a.ts', '// not Date.now()')])).toEqual([]);
  });
});
