import { describe, expect, it, test } from 'vitest';
import { type ProfileName, profiles } from '../../../../protocol/q1/profiles.ts';
import { assembleSequence, lintTogether } from '../index.ts';
import { assembled, findingsIn } from '../testing.ts';

const findings = (...lines: string[]) => findingsIn(lines.join('\n'), 'qblox-qrm');

describe('a register read right after it was written', () => {
  it('is found, also by operands that are not arithmetic', () => {
    expect(findings('move 4,R1', 'wait R1', 'stop')).toEqual(['2:6 READ_AFTER_WRITE']);
    expect(findings('move 4,R1', 'add R2,R1,R3', 'stop')).toEqual(['2:8 READ_AFTER_WRITE']);
    expect(findings('move 4,R1', 'loop R1,@a', 'a: stop')).toEqual(['2:6 READ_AFTER_WRITE']);
  });

  it('is found along jumps', () => {
    expect(findings('move 3,R0', 'nop', 'a: add R0,1,R1', 'nop', 'loop R0,@a', 'stop')).toEqual([
      '3:8 READ_AFTER_WRITE',
    ]);
  });

  it('is not found when something stands between, or when it is only written again', () => {
    expect(findings('move 4,R1', 'nop', 'wait R1', 'move 1,R1', 'move 2,R1', 'stop')).toEqual([]);
  });
});

describe('what a register is known to hold', () => {
  it('is judged where it is a duration, whichever way it got there', () => {
    expect(findings('move 2,R0', 'nop', 'wait R0', 'stop')).toEqual(['3:6 DURATION']);
    expect(findings('wait R5', 'stop')).toEqual(['1:6 DURATION']);
    expect(findings('move 1,R0', 'nop', 'asl R0,16,R1', 'nop', 'wait R1', 'stop')).toEqual(['5:6 DURATION']);
  });

  it('is not judged where a loop changes it or paths differ', () => {
    const looped = ['move 9,R0', 'nop', 'a: wait R0', 'sub R0,1,R0', 'nop', 'jge R0,4,@a', 'stop'];
    expect(findings(...looped)).toEqual([]);
  });
});

describe('paths', () => {
  it('that nobody takes are found, one finding a stretch', () => {
    expect(findings('jmp @end', 'nop', 'wait 4', 'wait 8', 'end: stop')).toEqual(['2:1 UNREACHABLE']);
  });

  it('are not missed for an illegal that guards a jump', () => {
    expect(findings('jmp @end', 'illegal', 'end: stop')).toEqual([]);
  });

  it('through a register lead where the register is known to point', () => {
    expect(findings('move @a,R1', 'nop', 'jmp R1', 'nop', 'wait 4', 'a: stop')).toEqual(['4:1 UNREACHABLE']);
    expect(findings('move @a,R1', 'nop', 'add R1,1,R1', 'nop', 'jmp R1', 'a: wait 4', 'stop')).toEqual([
      '6:4 UNREACHABLE',
    ]);
    expect(findings('move 9,R1', 'nop', 'jmp R1', 'stop')).toEqual(['3:1 NO_STOP']);
  });

  it('through a jump table may lead anywhere', () => {
    const table = [
      'move 3,R0',
      'move @t,R1',
      'a: upd_param 40',
      'jmp R1',
      't: nop',
      'nop',
      'add R1,1,R1',
      'loop R0,@a',
      'wait 4',
      'stop',
    ];
    expect(findings(...table)).toEqual([]);
  });

  it('that run off the end are found', () => {
    expect(findings('move 1,R0', 'a: wait 4', 'loop R0,@a')).toEqual(['3:1 NO_STOP']);
    expect(findings('a: wait 4', 'jmp @a')).toEqual([]);
    expect(findings('# nothing')).toEqual(['EMPTY']);
  });
});

describe('set_cond', () => {
  it('that is still on at the stop is found', () => {
    expect(findings('set_cond 1,1,0,4', 'wait 4', 'stop')).toEqual(['3:1 CONDITION_ON']);
    expect(findings('set_cond 1,1,0,4', 'wait 4', 'set_cond 0,0,0,4', 'stop')).toEqual([]);
  });

  it('that a loop brings back to where it was off is found', () => {
    const program = ['move 9,R0', 'a: wait 8', 'set_cond 1,1,0,4', 'wait 4', 'loop R0,@a', 'set_cond 0,0,0,4', 'stop'];
    expect(findings(...program)).toEqual(['2:4 CONDITION_MIXED']);
  });

  it('whose branches take different times is found', () => {
    const branches = (otherwise: number) => [
      'set_cond 1,1,0,4',
      'wait 100',
      `set_cond 1,1,1,${otherwise}`,
      'wait 200',
      'set_cond 0,0,0,4',
      'stop',
    ];
    expect(findings(...branches(4))).toEqual(['1:1 CONDITION_UNBALANCED']);
    expect(findings(...branches(104))).toEqual([]);
    expect(findings('set_cond 1,1,0,100', 'wait 100', 'set_cond 0,0,0,4', 'stop')).toEqual([]);
    const balanced = ['set_cond 1,3,4,4', 'wait 100', 'set_cond 1,3,5,4', 'wait 100', 'set_cond 0,0,0,4', 'stop'];
    expect(findings(...balanced)).toEqual([]);
  });

  it('may be switched off with any wait, and must have one of a step or more when it is on', () => {
    expect(findings('set_cond 1,1,0,8', 'wait 8', 'set_cond 0,0,0,0', 'stop')).toEqual([]);
    expect(findings('set_cond 1,1,0,3', 'wait 3000', 'set_cond 0,0,0,0', 'stop')).toContain('1:16 DURATION');
  });

  it('too soon after wait_trigger is found', () => {
    const program = (wait: number) => [
      `wait_trigger 1,${wait}`,
      'set_cond 1,1,0,4',
      'wait 4',
      'set_cond 0,0,0,4',
      'stop',
    ];
    expect(findings(...program(4))).toEqual(['1:16 TRIGGER_SETTLE']);
    expect(findings(...program(8))).toEqual([]);
  });
});

describe('a parameter that never takes effect', () => {
  it('is found where no path commits it: wait does not', () => {
    expect(findings('set_awg_offs 100,0', 'wait 100', 'stop')).toEqual(['1:1 NEVER_COMMITTED']);
    expect(findings('upd_param 4', 'set_mrk 1', 'a: reset_ph', 'wait 100', 'jmp @a')).toEqual([
      ...['2:1 NEVER_COMMITTED', '3:4 NEVER_COMMITTED'],
    ]);
  });

  it('is not found where one path does, in the next round too', () => {
    expect(findings('set_awg_offs 100,0', 'wait 100', 'upd_param 4', 'stop')).toEqual([]);
    expect(findings('move 9,R0', 'a: upd_param 4', 'set_mrk 1', 'wait 100', 'loop R0,@a', 'stop')).toEqual([]);
    expect(findings('set_mrk 1', 'jge R0,3,@a', 'stop', 'a: play 0,0,4', 'stop')).not.toContain('1:1 NEVER_COMMITTED');
  });
});

describe('a negative number', () => {
  it('is warned about where a word is expected, with what it is taken as', () => {
    expect(findings('move -5,R0', 'add R0,-1,R1', 'stop')).toContain('1:6 NEGATIVE');
    expect(findings('move 5,R0', 'nop', 'add R0,-1,R1', 'stop')).toEqual(['3:8 NEGATIVE']);
    const [{ message }] = assembled('jge R0,-1,@l', 'l: stop').findings;
    expect(message).toContain(
      '-1 is taken as 4294967295, its two’s complement, and compared without a sign'.replace('’', "'"),
    );
  });

  it('is an error for an instrument of the first set, and nothing for one of the second', () => {
    const severities = (profile: ProfileName) =>
      assembleSequence('move -5,R0\nstop', 'test', profile).findings.map(({ rule, severity }) => [rule, severity]);
    expect(severities('qblox-qcm')).toEqual([['NEGATIVE', 'error']]);
    expect(severities('cryo-hrl')).toEqual([['NEGATIVE', 'warning']]);
    expect(severities('qblox-qcm-2')).toEqual([]);
  });

  it('is good where the operand has a sign', () => {
    expect(findings('set_awg_gain -5,-5', 'set_awg_offs -1,0', 'set_freq -100', 'upd_param 4', 'stop')).toEqual([]);
  });
});

describe('what a sequence does not have', () => {
  const sequence = (program: string[]) =>
    JSON.stringify({
      program,
      waveforms: { a: { data: [0], index: 0 }, b: { data: [0], index: 2 } },
      weights: { w: { data: [0], index: 0 } },
      acquisitions: { m: { num_bins: 5, index: 1 } },
    });

  it('is found where a number or a known register names it', () => {
    const program = [
      'play 0,1,4',
      'move 3,R0',
      'nop',
      'play R0,R0,4',
      'acquire 1,4,4',
      'acquire 1,5,4',
      'acquire 0,0,4',
      'stop',
    ];
    expect(findingsIn(sequence(program))).toEqual([
      ...['1:8 MISSING', '4:6 MISSING', '4:9 MISSING', '6:11 MISSING', '7:9 MISSING'],
    ]);
  });

  it('is not found where it is there', () => {
    expect(findingsIn(sequence(['play 0,2,4', 'acquire_weighed 1,0,0,0,4', 'stop']))).toEqual([]);
  });
});

describe('the profile', () => {
  const many = (count: number) => [...Array(count - 1).fill('nop'), 'stop'].join('\n');

  test('limits the instructions', () => {
    expect(findingsIn(many(12288), 'qblox-qrm')).toEqual([]);
    expect(findingsIn(many(12289), 'qblox-qrm')).toEqual(['12289:1 PROGRAM_MEMORY']);
    expect(findingsIn(many(12289), 'qblox-qcm')).toEqual([]);
  });

  test('may share them among sequencers', () => {
    const programs = (profile: ProfileName) =>
      [3000, 3000, 145].map((count) => assembleSequence(many(count), 'a', profile));
    expect(lintTogether(programs('cryo-hrl').slice(0, 2))).toEqual([]);
    expect(lintTogether(programs('cryo-hrl'))[0].message).toContain('6145 instructions in all programs together');
    expect(lintTogether(programs('qblox-qcm'))).toEqual([]);
    expect(lintTogether(Array(7).fill(programs('qblox-qcm')[0])).map(({ rule }) => rule)).toEqual(['SEQUENCERS']);
  });

  test('limits the bins of a module over all its programs', () => {
    const { sequencerBins, bins } = profiles['qblox-qrm'];
    const withBins = (count: number) =>
      assembleSequence(
        JSON.stringify({ program: 'stop', acquisitions: { a: { num_bins: count, index: 0 } } }),
        'a',
        'qblox-qrm',
      );
    const four = Array.from({ length: 4 }, () => withBins(sequencerBins));
    expect(four.flatMap(({ findings }) => findings)).toEqual([]);
    expect(lintTogether([...four, withBins(bins - 4 * sequencerBins)])).toEqual([]);
    expect(lintTogether(Array.from({ length: 6 }, () => withBins(30_000)))).toEqual([]);
    const [tooMany] = lintTogether([...four, withBins(bins - 4 * sequencerBins), withBins(1)]);
    expect(tooMany).toMatchObject({ severity: 'error', rule: 'BIN_MEMORY' });
    expect(tooMany.message).toContain('589825 bins in all programs together');
    // A drive program beside them is for a control module, and shares none of it.
    expect(lintTogether([...four, assembleSequence('wait 4\nstop', 'drive')])).toEqual([]);
  });

  test('limits samples, indices and bins', () => {
    const data = Array(9000).fill(0);
    const waveforms = { a: { data, index: 0 }, b: { data, index: 1024 } };
    const acquisitions = {
      a: { num_bins: profiles['qblox-qrm'].sequencerBins, index: 0 },
      b: { num_bins: 1, index: 32 },
    };
    const weights = { w: { data: [0], index: 40 } };
    const sequence = JSON.stringify({ program: 'stop', waveforms, weights, acquisitions });
    expect(findingsIn(sequence, 'qblox-qrm')).toEqual([
      'waveforms.b.index INDEX',
      'waveforms SAMPLE_MEMORY',
      'weights.w.index INDEX',
      'acquisitions.b.index INDEX',
      'acquisitions BIN_MEMORY',
    ]);
  });

  test('without acquisition refuses to acquire, and is not chosen for what does', () => {
    expect(findingsIn('acquire 0,0,4\nstop', 'qblox-qcm')).toContain('1:1 NO_ACQUISITION');
    expect(assembleSequence('acquire 0,0,4\nstop', 'a').profile).toBe('qblox-qrm');
    expect(assembleSequence('wait 4\nstop', 'a').profile).toBe('qblox-qcm');
  });

  test('refuses without a binary', () => {
    expect(assembleSequence('acquire 0,0,4\nstop', 'a', 'qblox-qcm').binary).toHaveLength(0);
    expect(assembled('stop').binary.length).toBeGreaterThan(0);
  });
});
