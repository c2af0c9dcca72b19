// The Q1ASM reference a person reads, in Markdown.

import {
  costModels,
  costSources,
  type Form,
  type Instruction,
  type InstructionClass,
  instructions,
  JUMP_TAKEN_STEPS,
  STEP_NS,
} from '../q1/instructions.ts';
import { newerMnemonics } from '../q1/newer.ts';
import { type Operand, operandKinds } from '../q1/operands.ts';
import { profiles } from '../q1/profiles.ts';
import { generatedNotice } from './text.ts';

const classTitles: Record<InstructionClass, string> = {
  control: 'Control',
  jump: 'Jumps',
  arithmetic: 'Arithmetic',
  parameter: 'Latched parameters',
  condition: 'Condition',
  realTime: 'Real time',
};

export function instructionReference(): string {
  const groups = Object.entries(classTitles).map(([group, title]) => classSection(group as InstructionClass, title));
  return `<!-- ${generatedNotice} -->
# Q1ASM reference

A line is \`[label:] mnemonic operand,operand,... # comment\`. A label is a word followed by a colon and may stand alone; \`@label\` is the
index of the instruction after it. \`.DEF NAME value\` makes \`$NAME\` stand for a number, a register or a label reference. Numbers are decimal or hexadecimal, with or
without a sign. There are 64 registers, R0 to R63, of 32 bits, zero at the start. A program ends with \`stop\`; running off the end is an illegal
instruction.

The classic core executes everything and hands real-time instructions, in order, to the real-time core through a queue. A register written by
an instruction may not be read by the one right after it: put a \`nop\` between.

There are two instruction sets. A module has one of them; its profile says which. "Set" says which of them has the instruction; without a number both do.
Instructions of the second set leave flags (ZF, NF, CF, OF), by which its jumps decide. "Deprecated" means that the second set keeps an instruction
for programs that were written for the first.

An operand is a number unless there is an R before it, which stands for a register; a bare R is a register that is written. "Core" is the time of the
classic core in ns; a conditional jump or loop that jumps takes ${JUMP_TAKEN_STEPS * STEP_NS} more. A duration is what the real-time core's time advances by. "Commits" means that the
latched parameters take effect with it.
${groups.join('')}
## Operands

| operand | least | most | what it is |
|---|---|---|---|
${Object.entries(operandKinds)
  .map(([name, { least, most, doc }]) => `| ${name} | ${least} | ${most} | ${doc} |`)
  .join('\n')}

## Cost models

| model | what it is |
|---|---|
${Object.entries(costModels)
  .map(([name, { doc }]) => `| ${name} | ${doc} |`)
  .join('\n')}

Where the cost of an instruction comes from:

${Object.entries(costSources)
  .map(([name, text]) => `- ${name}: ${text}`)
  .join('\n')}

## Profiles

${profileTable()}

## Known and not supported

${[...newerGroups()].map(([group, names]) => `- ${group}: ${names.map((name) => `\`${name}\``).join(' ')}`).join('\n')}
`;
}

function classSection(group: InstructionClass, title: string): string {
  const rows = instructions
    .filter((instruction) => instruction.class === group)
    .flatMap((instruction) => instruction.forms.map((form, index) => row(instruction, form, index === 0)));
  return `
## ${title}

| instruction | set | core | opcode | what it does | cost from |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function row(instruction: Instruction, form: Form, first: boolean): string {
  const { mnemonic, doc, commits, costSource, set, deprecated } = instruction;
  const call = `${mnemonic} ${form.operands.map(operandText).join(',')}`.trim();
  const notes = `${commits ? '. Commits' : ''}${deprecated ? `. Deprecated in set 2: ${deprecated}` : ''}`;
  const what = first ? `${doc}${notes} | ${costSource}` : '|';
  return `| \`${call}\` | ${set ?? ''} | ${form.steps * STEP_NS} | ${form.opcode} | ${what} |`;
}

function operandText({ kind, mode }: Operand): string {
  if (mode === 'destination' || mode === 'counter') return 'R';
  return mode === 'source' ? `R ${kind}` : kind;
}

function profileTable(): string {
  const names = Object.keys(profiles) as (keyof typeof profiles)[];
  const facts = Object.keys(profiles['qblox-qcm']).filter(
    (fact) => fact !== 'doc',
  ) as (keyof (typeof profiles)['qblox-qcm'])[];
  return [
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---').join('|')}|`,
    `| what it is | ${names.map((name) => profiles[name].doc).join(' | ')} |`,
    ...facts.map(
      (fact) => `| ${words(fact)} | ${names.map((name) => [profiles[name][fact]].flat().join(', ')).join(' | ')} |`,
    ),
  ].join('\n');
}

const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function newerGroups(): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, group] of newerMnemonics) groups.set(group, [...(groups.get(group) ?? []), name]);
  return groups;
}
