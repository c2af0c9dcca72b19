import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { presets } from '../../tools/open-fridge.ts';
import { FridgeError } from './field.ts';
import { parseFridge } from './fridge-file.ts';

const textOf = (preset: string) => readFileSync(new URL(`presets/${preset}.yaml`, import.meta.url), 'utf8');
const uts = textOf('uts');
const lineOf = (text: string, piece: string) => text.slice(0, text.indexOf(piece)).split('\n').length;

/** What reading the changed preset complains of. */
function complaint(find: string, replace: string): { message: string; line: number; expectedLine: number } {
  expect(uts.split(find).length, `'${find}' stands in the preset once`).toBe(2);
  const text = uts.replace(find, replace);
  try {
    parseFridge(text, 'my.yaml');
  } catch (error) {
    if (!(error instanceof FridgeError)) throw error;
    return { message: error.message, line: error.line, expectedLine: lineOf(text, replace) };
  }
  throw new Error(`'${replace}' was accepted`);
}

describe('a fridge file', () => {
  for (const preset of presets) {
    test(`${preset} reads, and names itself`, () => {
      const fridge = parseFridge(textOf(preset), `${preset}.yaml`);
      expect(fridge.name).toBe(preset);
      expect(fridge.sensors.length).toBeGreaterThan(2);
      expect(fridge.lines.length).toBeGreaterThan(0);
    });
  }

  const mistakes: [string, string, string, RegExp][] = [
    ['a number that is none', 'about_K: 42', 'about_K: warm', /cross_link\.about_K is 'warm'; expected a number/],
    ['a number out of range', 'count: 1, first_scale', 'count: 0, first_scale', /count is 0; expected 1 to 8/],
    ['a key nobody knows', 'heat_switch_W_per_K', 'heat_swich_W_per_K', /heat_swich_W_per_K is not known; expected/],
    ['a stage in the wrong place', '  Still: { copper', '  CP2: { copper', /comes where Still should/],
    [
      'a material nobody has',
      '{ 50K: UT-085-SS-SS, 4K',
      '{ 50K: UT-085-GOLD, 4K',
      /'UT-085-GOLD'; expected UT-085-SS-SS/,
    ],
    [
      'a component not in the catalogue',
      'MXC: [LNF-ISO]',
      'MXC: [LNF-ISOL]',
      /'LNF-ISOL' is not among the components XMA-20dB/,
    ],
    [
      'a module that is not there',
      'count: 6, module: standard',
      'count: 6, module: usual',
      /'usual' is not among the modules standard/,
    ],
    [
      'a sensor of no known type',
      'type: CX-1010',
      'type: CX-1050',
      /is 'CX-1050'; expected DT-670, CX-1010, CX-1030 or RX-102A/,
    ],
    ['half a cooler', 'count: 1, first_scale', 'count: 1.5, first_scale', /count is 1\.5; expected a whole number/],
    ['half a line', 'line_id: C00, count: 6', 'line_id: C00, count: 4.8', /count is 4\.8; expected a whole number/],
    [
      'a rail the chip has not',
      'name: sense, volts',
      'name: sensors, volts',
      /rails\[1\]\.name is 'sensors'; expected sense/,
    ],
    ['a rail of another voltage', 'sense, volts: 1.8', 'sense, volts: 3.3', /rails\[1\]\.volts is 3\.3; expected 1\.8/],
    [
      'two sensors of one name',
      'controller spare, type: DT',
      'controller, type: DT',
      /has the name of another sensor: 'controller'/,
    ],
    ['knots that fall', 'still_K: [0.45, 0.55', 'still_K: [0.65, 0.55', /must have two numbers or more that rise/],
    ['too few numbers', 'flow_per_K: [-0.098, 0.396]', 'flow_per_K: [-0.098]', /has 1 numbers; expected 2/],
    ['an attenuator without a value', ', value_dB: 20 }', ' }', /lacks value_dB/],
    ['a line without a cable', 'module: standard }', 'qubit: Q00 }', /lacks cable/],
  ];
  for (const [what, find, replace, message] of mistakes) {
    test(`with ${what} is refused, with file, line and what was expected`, () => {
      const found = complaint(find, replace);
      expect(found.message).toMatch(message);
      expect(found.message).toContain(`my.yaml:${found.line}: `);
      if (replace !== ' }') expect(found.line).toBe(found.expectedLine);
    });
  }

  test('in which the chip has no place is refused: a rail, a connector or a plate is missing', () => {
    const without = (line: RegExp) => () => parseFridge(uts.replace(line, ''), 'my.yaml');
    expect(without(/.*name: heater, volts.*\n/)).toThrow(
      /my\.yaml:\d+: controller\.rails are 5; expected the chip's 6: core,/,
    );
    expect(without(/.*name: RR00 at 4K.*\n/)).toThrow(/my\.yaml:\d+: controller\.connectors are 2; expected 3 or more/);
    const stand = textOf('stand');
    expect(() => parseFridge(stand.replace(/ {2}4K: \{ copper.*\n/, ''), 'my.yaml')).toThrow(
      /my\.yaml:\d+: stages lack 4K; expected 50K and 4K at least/,
    );
  });

  test('of several documents is refused in words', () => {
    expect(() => parseFridge(`${uts}---\nfridge: x\n`, 'a.yaml')).toThrow(/not YAML \(several documents in one file\)/);
  });

  test('that is not YAML, empty, or a list is refused as well', () => {
    expect(() => parseFridge('fridge: [1', 'a.yaml')).toThrow(/^a\.yaml:1: /);
    expect(() => parseFridge('', 'a.yaml')).toThrow(/a\.yaml:1: empty; expected a fridge/);
    expect(() => parseFridge('- 1', 'a.yaml')).toThrow(/a\.yaml:1: the file is a list; expected a mapping/);
    const other = 'a text that is none of ours\n'.repeat(50);
    expect(() => parseFridge(other, 'a.yaml')).toThrow(/^a\.yaml:1: the file is '[^']{50,61}…'; expected a mapping$/);
    expect(() => parseFridge('fridge: x', 'a.yaml')).toThrow(/the file lacks stages/);
  });

  test('whose every number is made text is refused at that very line, each time', () => {
    const lines = uts.split('\n');
    let tried = 0;
    for (const [i, line] of lines.entries()) {
      const bare = line.replace(/#.*/, '');
      const number = /[:[,] (-?\d+(?:\.\d+)?)(?=[,\]} ]|$)/.exec(bare);
      if (!number) continue;
      const place = number.index + number[0].length - number[1].length;
      const broken = `${line.slice(0, place)}none${line.slice(place + number[1].length)}`;
      const text = [...lines.slice(0, i), broken, ...lines.slice(i + 1)].join('\n');
      expect(() => parseFridge(text, 'my.yaml'), broken).toThrow(
        new RegExp(`^my\\.yaml:${i + 1}: .*is 'none'; expected a number`),
      );
      tried++;
    }
    expect(tried).toBeGreaterThan(30);
  });

  test('takes cryowire’s inline components, and a line’s additions to its module', () => {
    const changed = uts.replace(
      '{ line_id: C00, count: 6, module: standard }',
      '{ line_id: C00, module: standard, stages: { 4K: { remove: [XMA-20dB], add: [{ type: attenuator, model: A10, value_dB: 10 }] } } }',
    );
    const [line] = parseFridge(changed, 'my.yaml').lines;
    expect(line.components['4K']?.map(({ model, valueDecibel }) => [model, valueDecibel])).toEqual([['A10', 10]]);
    expect(line.components.MXC?.map(({ valueDecibel }) => valueDecibel)).toEqual([20]);
    expect(line.count).toBe(1);
  });
});
