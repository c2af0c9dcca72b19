// `coldrig pulse`: pulse programs without an instrument. Here they are checked, assembled and disassembled; commands/pulse-run.ts runs them.

import { Command } from 'commander';
import { DecodeError, disassemble, disassembleToSequence, findingText, shownTexts } from '../../host/tools/q1/index.ts';
import type { ProfileName } from '../../protocol/q1/profiles.ts';
import { Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { checkOutputs } from '../outputs.ts';
import { profileOption } from '../pulse/profile-option.ts';
import { findingJson, foundTogether, isError, type Judged, judgeFiles, loadFiles, setText } from '../pulse/sources.ts';
import { printing, type Result } from '../result.ts';
import { paint, type Style, styleOf } from '../terminal.ts';
import { counted } from '../words.ts';
import { pulseRunCommand } from './pulse-run.ts';

const EXAMPLES = `
Examples:
  coldrig pulse check rabi.json                 what the hardware would refuse, and mistakes that show only at run time
  coldrig pulse run rabi.json --timeline        when each line runs, and with which slack
  coldrig pulse run drive.json readout.json --plot out.svg`;

export function addPulseCommands(program: Command): void {
  const pulse = new Command('pulse')
    .description('check and run pulse programs (Q1ASM) like the instrument')
    .addHelpText('after', EXAMPLES);
  pulse.addCommand(checkCommand());
  pulse.addCommand(pulseRunCommand());
  pulse.addCommand(asmCommand());
  pulse.addCommand(disasmCommand());
  program.addCommand(pulse);
}

interface CheckOptions {
  profile?: ProfileName;
  strict?: boolean;
}

const CHECK_HELP = `
Errors are what the hardware refuses at upload. Warnings are what goes wrong when it runs: registers that are read too soon or hold what the
instruction cannot take, waits under 4 ns, parameters that never come into force, loops that start at zero, code that no path leads to, conditions
left on or out of balance, waveforms and bins that are not there. Exit code 1 if there is an error.

The limits of a module (sequencers, bins, shared instructions) are checked over all files of one call. To know what registers hold, the program is
walked through for a million instructions.

A program is of the first or the second instruction set. It says which (.DEF INSTRUCTION_SET 2), or an instruction that only the second set has shows
it. A profile has one set or both; what is of another set is an error.

Example:
  coldrig pulse check rabi.json --profile qblox-qcm

With --json: {ok, files: [{file, profile, instructions, instructionSet, instructionSetLine, findings}], findings, errors, warnings}; a finding is {file, severity, rule, line,
column, length, message} or has a path in the JSON instead of a line.`;

function checkCommand(): Command {
  return new Command('check')
    .description('assemble a program and report all errors and warnings')
    .argument('<file...>', 'sequence JSON, or Q1ASM alone')
    .addOption(profileOption())
    .option('--strict', 'fail at warnings, too')
    .addHelpText('after', CHECK_HELP)
    .action(printing(check));
}

function check(options: CheckOptions, files: string[]): Result {
  const judged = judgeFiles(files, options.profile);
  const together = foundTogether(judged);
  const findings = [...judged.flatMap((one) => one.findings), ...together];
  const errors = findings.filter(isError).length;
  const warnings = findings.length - errors;
  const style = styleOf(process.stdout);
  const lines = judged.flatMap((one) => [
    ...shownTexts(one.findings, (finding) => painted(findingText(one.source, finding), style)),
    verdict(one),
  ]);
  for (const { message } of together) lines.push(`${paint(style, 'red', 'error:')} ${message}`);
  return {
    text: lines.join('\n'),
    json: {
      files: judged.map(({ file, sequence, source, findings }) => ({
        ...{ file, profile: sequence?.profile ?? null, instructions: sequence?.program.instructions.length ?? null },
        ...{ instructionSet: sequence?.program.set ?? null, instructionSetLine: sequence?.program.setLine ?? null },
        findings: findings.map((finding) => findingJson(source, finding)),
      })),
      ...{ findings: together, errors, warnings },
    },
    exitCode: errors > 0 || (options.strict === true && warnings > 0) ? 1 : 0,
  };
}

/** The word for the severity. */
function painted(text: string, style: Style): string {
  return text
    .replace(': error:', `: ${paint(style, 'red', 'error:')}`)
    .replace(': warning:', `: ${paint(style, 'yellow', 'warning:')}`);
}

function verdict({ file, sequence, findings }: Judged): string {
  const errors = findings.filter(isError).length;
  const warnings = findings.length - errors;
  const counts = [count(errors, 'error'), count(warnings, 'warning')].filter((text) => text !== '').join(', ');
  if (sequence === undefined) return `${file}: ${counts}`;
  const { program, parts, profile } = sequence;
  const holds = [
    count(program.instructions.length, 'instruction'),
    count(parts.waveforms.length, 'waveform'),
    count(parts.weights.length, 'weight'),
    count(parts.acquisitions.length, 'acquisition'),
  ];
  const held = holds.filter((text) => text !== '').join(', ') || 'nothing';
  return `${file}: ${held} for ${profile}, ${setText(sequence)}: ${counts || 'nothing found'}`;
}

function count(number: number, noun: string): string {
  return number === 0 ? '' : counted(number, noun);
}

function asmCommand(): Command {
  return new Command('asm')
    .description('assemble a program into the bytes for the upload')
    .argument('<in>', 'sequence JSON, or Q1ASM alone')
    .argument('<out>', 'file to write')
    .addOption(profileOption())
    .addHelpText('after', '\nExample:\n  coldrig pulse asm rabi.json rabi.q1')
    .action(
      printing((options: { profile?: ProfileName }, input: string, output: string): Result => {
        checkOutputs({ '<out>': [output, 'the assembled sequence'] }, { '<in>': input });
        const [{ binary, program, profile }] = loadFiles([input], options.profile).sequences;
        writeOutput(output, binary, 'the assembled sequence');
        const instructions = program.instructions.length;
        return {
          text: `${output}: ${count(instructions, 'instruction')} for ${profile}, ${binary.length} bytes`,
          json: { file: output, profile, instructions, bytes: binary.length },
        };
      }),
    );
}

function disasmCommand(): Command {
  return new Command('disasm')
    .description('turn an assembled sequence back into text')
    .argument('<in>', 'the output of asm')
    .argument('[out]', 'file to write (default: print it)')
    .option('--sequence', 'the whole sequence as JSON, with waveforms, weights and acquisitions')
    .addHelpText('after', '\nExample:\n  coldrig pulse disasm rabi.q1 rabi.q1asm')
    .action(
      printing((options: { sequence?: boolean }, input: string, output: string | undefined): Result => {
        checkOutputs({ '[out]': [output, 'the program'] }, { '<in>': input });
        const bytes = readInput(input, 'the assembled sequence');
        const text = options.sequence
          ? JSON.stringify(disassembled(input, bytes, disassembleToSequence), null, 1)
          : disassembled(input, bytes, disassemble);
        if (output === undefined) return { text: text.trimEnd(), json: { program: text } };
        writeOutput(output, `${text.trimEnd()}\n`, 'the program');
        return { text: `${output}: ${count(text.trimEnd().split('\n').length, 'line')}`, json: { file: output } };
      }),
    );
}

function disassembled<Result>(name: string, bytes: Uint8Array, work: (bytes: Uint8Array) => Result): Result {
  try {
    return work(bytes);
  } catch (problem) {
    if (!(problem instanceof DecodeError)) throw problem;
    throw new Failure('NOT_A_SEQUENCE', `${name}: ${problem.message}`);
  }
}
