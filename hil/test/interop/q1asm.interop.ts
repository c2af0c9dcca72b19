// The instrument's own assembler beside ours: the same lines refused, and the same instructions read out of a program.
//
// It is the program that the driver of a dummy instrument runs, of the first instruction set; it writes each instruction as a word in hex. What
// must stay true: what differs is named here, with its reason.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleSequence, disassemble, Q1Error } from '../../../host/tools/q1/index.ts';
import { corpusPrograms, hasCorpus } from '../../../host/tools/q1/testing.ts';
import { instructions, isInSet } from '../../../protocol/q1/instructions.ts';
import { operandKinds } from '../../../protocol/q1/operands.ts';
import { interopFolder, pythonTool, type Tool } from './install.ts';
import { skipWithReason } from './story.ts';

const tool = await assemblerTool();
if (tool.path === undefined) skipWithReason("the instrument's assembler", tool);
const folder = join(interopFolder, 'q1asm');

async function assemblerTool(): Promise<Tool> {
  const python = await pythonTool('qblox-instruments');
  if (python.path === undefined) return python;
  const find = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const packages = spawnSync(python.path, ['-c', find], { encoding: 'utf8' }).stdout.trim();
  const name = process.platform === 'darwin' ? 'q1asm_macos' : 'q1asm_linux';
  const path = join(packages, 'qblox_instruments/assemblers', name);
  const started = existsSync(path) ? spawnSync(path, ['-h'], { encoding: 'utf8' }) : undefined;
  return started?.stdout?.includes('Usage') || started?.stderr?.includes('Usage')
    ? { path }
    : { missing: `${path}: ${started?.error?.message ?? started?.stderr ?? 'not there'}` };
}

/** The words it makes of a program; undefined when it refuses the program. */
function theirs(text: string): string | undefined {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'program.q1asm'), text);
  const { status } = spawnSync(tool.path as string, ['-o', 'words', 'program.q1asm'], { cwd: folder });
  return status === 0 ? readFileSync(join(folder, 'words.hex'), 'utf8') : undefined;
}

function isTakenByOurs(text: string): boolean {
  try {
    // A program that acquires is for a readout module; the set is said, or the program would show the second.
    const { findings } = assembleSequence(`.DEF INSTRUCTION_SET 1\n${text}`, 'test');
    return !findings.some(({ severity }) => severity === 'error');
  } catch (problem) {
    if (problem instanceof Q1Error) return false;
    throw problem;
  }
}

/** Every form of every instruction, with the least and the most of each operand, and one beyond. */
function* everyOperand(): Generator<string> {
  for (const { mnemonic, forms } of instructions.filter((row) => isInSet(row, 1))) {
    for (const { operands } of forms) {
      const least = operands.map(({ mode, kind }) => (mode === 'immediate' ? `${operandKinds[kind].least}` : 'R4'));
      yield `${mnemonic} ${least.join(',')}`;
      for (const [at, { mode, kind }] of operands.entries()) {
        const { most } = operandKinds[kind];
        const values =
          mode === 'immediate' ? [`${operandKinds[kind].least - 1}`, `${most}`, `${most + 1}`] : ['R63', 'R64', 'r1'];
        for (const value of values) yield `${mnemonic} ${least.with(at, value).join(',')}`;
      }
      yield `${mnemonic} ${[...least, '4'].join(',')}`;
      yield `${mnemonic} ${least.slice(1).join(',')}`;
    }
  }
}

/** Where ours is stricter: each is a mistake in any program. */
const lessStrict = [
  /^set_cond [01],\d+,6,/,
  /^wait_trigger 0,/,
  /^acquire_weighed .*\b32\b/,
  /^set_freq -?2000000001$/,
];

const lines = [
  ...['play 0 1 4', 'play 0,1 4', 'play 0,,1,4', 'play ,0,1,4', 'play 0 , 1,4,', 'wait 4,,', 'nop,', 'nop nop'],
  ...['wait 010', 'set_mrk 017', 'set_mrk 08', 'move 1,R08', 'wait +4', 'set_freq +4', 'set_freq -4', 'move -4,R0'],
  ...['wait 0x10', 'wait 0X10', 'set_awg_gain -0x10,0', 'wait 4.0', 'wait 1e3', 'wait 0b11', 'wait --4', 'wait 4_0'],
  ...[
    'a: wait 4',
    'a :wait 4',
    '_a1: wait 4',
    '1a: wait 4',
    'a-b: wait 4',
    'a.b: wait 4',
    'a: b: wait 4',
    'stop: wait 4',
  ],
  ...['a: nop\na: nop', 'jmp @b', 'a: jmp @a', 'a: jmp a', 'a: jmp @A', 'jmp @e\ne:', 'WAIT 4', 'move 1,r1'],
  ...['# why', 'wait 4 # why # why', 'wait 4#', '// why', ' // why', 'a: // why', 'wait 4 // why', 'wait 4 /* why */'],
  ...[
    '.DEF N 4\nwait $N',
    'wait $N\n.DEF N 4',
    '.DEF N 4\n.DEF M $N\nwait $M',
    '.DEF N,4\nwait $N',
    '.DEF N',
    '.def N 4',
  ],
  ...['.DEF _n 4\nwait $_n', '.DEF 1 4\nwait $1', '.DEF N 4\n.DEF N 5', '.DEF r R7\nmove 1,$r', '.ORG 4', 'wait $M'],
  ...['wait\u00a04', 'wait\t4', 'wait 4\r', '\ufeffwait 4', 'wait 4 – why', 'illegal', 'foo', '7'],
];

/** It reads them as octal, without a word. Ours refuses them, and says so. */
const octal = ['wait 010', 'set_mrk 017'];

describe.skipIf(tool.path === undefined)("the instrument's own assembler", () => {
  test('refuses the lines that ours refuses, and takes the others', { timeout: 300_000 }, () => {
    const differences: string[] = [];
    for (const line of [...lines, ...everyOperand()]) {
      if (octal.includes(line) || lessStrict.some((pattern) => pattern.test(line))) continue;
      const text = `${line}\nstop\n`;
      const [our, their] = [isTakenByOurs(text), theirs(text) !== undefined];
      if (our !== their)
        differences.push(`${their ? 'only ours refuses' : 'only theirs refuses'} ${JSON.stringify(line)}`);
    }
    expect(differences).toEqual([]);
  });

  test.each(octal)('reads %j as octal, which ours refuses', (line) => {
    const [mnemonic, digits] = line.split(' ');
    expect(theirs(line)).toBe(theirs(`${mnemonic} ${Number.parseInt(digits, 8)}`));
    expect(isTakenByOurs(line)).toBe(false);
  });

  test('lets pass what ours refuses as a mistake', () => {
    const passing = [
      '',
      '; why',
      '/* why */ stop',
      '"stop"',
      'nop\nnop\nnop\nnop\na: wait @a',
      'set_cond 1,1,6,4',
      'wait_trigger 0,4',
    ];
    for (const text of passing) {
      expect(theirs(text), text).toBeDefined();
      expect(isTakenByOurs(text), text).toBe(false);
    }
  });

  test.runIf(hasCorpus)('reads the same instructions out of the programs of the shared corpus', () => {
    const programs = corpusPrograms();
    expect(programs.length).toBeGreaterThanOrEqual(52);
    for (const { name, text } of programs) {
      const { program } = JSON.parse(text);
      const words = theirs([program].flat().join('\n'));
      expect(words, name).toBeDefined();
      expect(theirs(disassemble(assembleSequence(text, name).binary)), name).toBe(words);
    }
  });
});
