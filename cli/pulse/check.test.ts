import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { coldrig } from '../testing.ts';

let folder = '';
const write = (name: string, ...lines: string[]) => {
  writeFileSync(join(folder, name), lines.join('\n'));
  return name;
};
const pulse = (...argumentList: string[]) => coldrig(['pulse', ...argumentList], { cwd: folder });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('coldrig pulse check', () => {
  it('says everything that is wrong, with the place below it, and fails', async () => {
    const outcome = await pulse(
      'check',
      write('bad.q1asm', 'wiat 100', '  wait 3'),
      write('good.q1asm', 'wait 4', 'stop'),
    );
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain(
      'bad.q1asm:1:1: error: unknown instruction "wiat": did you mean wait?\n     1 | wiat 100\n       | ^^^^\n',
    );
    expect(outcome.stdout).toContain(
      'bad.q1asm:2:8: error: 3 is not a duration in ns: expected 4 to 65535\n     2 |   wait 3\n       |        ^\n',
    );
    expect(outcome.stdout).toContain('good.q1asm: 2 instructions for qblox-qcm, instruction set 1: nothing found');
  });

  it('counts all errors, shows a hundred of them and hands a machine every one', async () => {
    const data = Array.from({ length: 150 }, (_, index) => (index % 3 === 0 ? 0 : 2));
    const file = write('samples.json', JSON.stringify({ program: 'stop', waveforms: { a: { data, index: 0 } } }));
    const { stdout } = await pulse('check', file);
    expect(stdout).toContain('samples.json[waveforms.a.data[1]]: error: found 2: expected a number from -1 to 1');
    expect(stdout).not.toContain('more error');
    const many = write('many.q1asm', ...Array(501).fill('what'));
    expect((await pulse('check', many)).stdout.trimEnd().split('\n').slice(-2)).toEqual([
      ...['401 more errors are not shown', 'many.q1asm: 501 errors'],
    ]);
    const { json } = await pulse('check', many, '--json');
    expect(json.errors).toBe(501);
    expect((json.files as { findings: object[] }[])[0].findings).toHaveLength(501);
  });

  it('knows what registers hold, also in a loop, and run says that there are warnings', async () => {
    const sweep = [
      'move 0,R0',
      'move 45,R2',
      'a: set_awg_gain R0,R9',
      'upd_param 20',
      'add R0,1000,R0',
      'nop',
      'loop R2,@a',
      'stop',
    ];
    const file = write('sweep.q1asm', ...sweep);
    expect((await pulse('check', file)).stdout).toContain('R0 is 33000 here, in pass 34 over this line');
    const { json } = await pulse('run', file, '--json');
    expect(json.notes).toEqual(['1 warning about sweep.q1asm; to see them: coldrig pulse check sweep.q1asm']);
  });

  it('says which instruction set a program is of, and refuses a mixture with the line', async () => {
    const second = write('second.q1asm', 'upd_param 4', 'cmp R1,R2', 'jz @a', 'a: stop 3');
    expect((await pulse('check', second)).stdout).toContain(
      'second.q1asm: 4 instructions for qblox-qcm-2, instruction set 2 (line 2): nothing found',
    );
    const { json } = await pulse('run', second, '--json');
    expect(json.sequencers).toMatchObject([{ profile: 'qblox-qcm-2', instructionSet: 2, exitCode: 3, status: 'ok' }]);
    const wrongModule = await pulse('check', second, '--profile', 'qblox-qcm');
    expect(wrongModule.code).toBe(1);
    expect(wrongModule.stdout).toContain(
      'second.q1asm:2:1: error: cmp belongs to the second instruction set, but the profile qblox-qcm is for the first\n     2 | cmp R1,R2',
    );
    // One beside it that shows nothing is of the second set too; one that says the first is refused.
    const silent = write('silent.q1asm', 'move 1,R0', 'nop', 'loop R0,@a', 'a: asr R1,2,R1', 'stop');
    const both = await pulse('check', second, silent, '--json');
    expect(both.json.files).toMatchObject([
      { instructionSet: 2 },
      { instructionSet: 2, findings: [{ rule: 'DEPRECATED' }] },
    ]);
    const first = write('first.q1asm', '.DEF INSTRUCTION_SET 1', 'stop');
    const mixed = await pulse('run', second, first);
    expect(mixed.code).toBe(1);
    expect(mixed.stderr.replace(/\s+/g, ' ')).toContain(
      'first.q1asm:1:22: error: the program is for instruction set 1, but second.q1asm is for set 2',
    );
  });

  it('fails for warnings only when it is to be strict, and tells machines where they are', async () => {
    const file = write('hazard.q1asm', 'move 8,R0', 'wait R0', 'stop');
    expect((await pulse('check', file)).code).toBe(0);
    const strict = await pulse('check', file, '--strict', '--json');
    expect(strict.code).toBe(1);
    expect(strict.json).toMatchObject({
      ...{ ok: false, errors: 0, warnings: 1 },
      files: [{ file, findings: [{ severity: 'warning', rule: 'READ_AFTER_WRITE', line: 2, column: 6, length: 2 }] }],
    });
  });
});

test('coldrig pulse asm and disasm are each other’s inverse', async () => {
  write('round.q1asm', 'a: play 0,1,0x14', 'loop R3,@a # again', 'stop');
  expect((await pulse('asm', 'round.q1asm', 'round.q1')).stdout).toContain(
    'round.q1: 3 instructions for qblox-qcm, 88 bytes',
  );
  const text = (await pulse('disasm', 'round.q1')).stdout;
  expect(text).toBe('L0: play         0,1,20\n    loop         R3,@L0\n    stop\n');
  expect((await pulse('disasm', 'round.q1asm')).stderr).toContain('does not begin with "Q1SQ"');
});
