// Checks of set_cond: a condition that is never switched off, or only on some paths; and branches that take different times, because after
// them the timeline is no longer known.

import { operandKinds } from '../../../../protocol/q1/operands.ts';
import type { AssembledInstruction } from '../assemble.ts';
import type { Finding } from '../findings.ts';
import { at, type LintRule, type Subject } from './rule.ts';

/** How many lines a finding names at most; a program may have thousands of conditions. */
const LINES_MOST = 4;
/** Up to so many counters, all combinations of their states are checked. */
const COUNTERS_MOST = 10;

/** Before an instruction: whether the condition may be off, and the lines that may have switched it on. */
interface State {
  off: boolean;
  on: Set<number>;
}

export const conditionLeftOn: LintRule = (subject) => {
  const states = statesBefore(subject);
  const findings: Finding[] = [];
  const reported = new Set<string>();
  const report = (one: AssembledInstruction, rule: string, lines: Set<number>, message: (lines: string) => string) => {
    const text = [...lines].sort((a, b) => a - b).join(', ');
    if (reported.has(`${rule} ${text}`)) return;
    reported.add(`${rule} ${text}`);
    findings.push(at(one, 'warning', rule, message(`line ${text}`)));
  };
  for (const [index, one] of subject.program.instructions.entries()) {
    const state = states[index];
    if (state === undefined || state.on.size === 0) continue;
    if (one.instruction.mnemonic === 'stop') {
      report(
        one,
        'CONDITION_ON',
        state.on,
        (from) => `the condition of ${from} is still on here: put set_cond 0,0,0,4 before`,
      );
    } else if (state.off && one.instruction.class === 'realTime') {
      report(
        one,
        'CONDITION_MIXED',
        state.on,
        (from) =>
          `this runs under the condition of ${from} on some paths and without it on others: switch it off on all`,
      );
    }
  }
  return findings;
};

function statesBefore({ program: { instructions }, flow, constants }: Subject): (State | undefined)[] {
  const states: (State | undefined)[] = instructions.map(() => undefined);
  if (instructions.length > 0) states[0] = { off: true, on: new Set() };
  const waiting = [0];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const before = states[index];
    if (before === undefined) continue;
    const one = instructions[index];
    const after = one.instruction.class === 'condition' ? switched(one, index, constants) : before;
    for (const next of flow.successors[index]) {
      if (next < instructions.length && mergeInto(states, next, after)) waiting.push(next);
    }
  }
  return states;
}

function switched(one: AssembledInstruction, index: number, constants: Subject['constants']): State {
  const enable =
    one.form.operands[0].mode === 'immediate' ? one.operands[0].value : constants(index, one.operands[0].value);
  return { off: enable !== 1, on: new Set(enable === 0 ? [] : [one.line]) };
}

function mergeInto(states: (State | undefined)[], index: number, incoming: State): boolean {
  const state = states[index];
  if (state === undefined) {
    states[index] = { off: incoming.off, on: new Set(incoming.on) };
    return true;
  }
  const before = Number(state.off) + state.on.size;
  state.off ||= incoming.off;
  for (const line of incoming.on) if (state.on.size < LINES_MOST) state.on.add(line);
  return Number(state.off) + state.on.size > before;
}

/** One condition with its instructions: how long they take when the condition is true, and when it is false. */
interface Segment {
  mask: number;
  operator: number;
  heldNs: number;
  skippedNs: number;
}

export const unbalancedConditions: LintRule = ({ program: { instructions }, flow }) => {
  const entered = new Set(flow.successors.flatMap((nexts, index) => nexts.filter((next) => next !== index + 1)));
  const findings: Finding[] = [];
  for (let index = 0; index < instructions.length; index += 1) {
    if (!switchesOn(instructions[index])) continue;
    const start = index;
    const group = collect(instructions, entered, start);
    index = group.end;
    const times = group.segments && totals(group.segments);
    if (times === undefined || times.leastNs === times.mostNs) continue;
    const message = `the branches of this condition take ${times.leastNs} or ${times.mostNs} ns, so that what follows has no fixed time: make up the difference with the waits of set_cond`;
    findings.push(at(instructions[start], 'warning', 'CONDITION_UNBALANCED', message));
  }
  return findings;
};

const switchesOn = ({ form, operands }: AssembledInstruction): boolean =>
  form.name === 'SET_COND_I' && operands[0].value === 1;

/** The conditions that follow each other until one is off. No segments when the times are not known. */
function collect(
  instructions: AssembledInstruction[],
  entered: Set<number>,
  start: number,
): { segments: Segment[] | undefined; end: number } {
  const segments: Segment[] = [];
  let otherwiseNs = 0;
  for (let index = start; index < instructions.length; index += 1) {
    const one = instructions[index];
    const { class: group } = one.instruction;
    if (group === 'condition' && !switchesOn(one)) {
      return { segments: one.operands[0].value === 0 ? segments : undefined, end: index };
    }
    if (group === 'jump' || group === 'control' || (index > start && entered.has(index))) break;
    if (group === 'condition') {
      const [, mask, operator, otherwise] = one.operands.map(({ value }) => value);
      segments.push({ mask, operator, heldNs: 0, skippedNs: 0 });
      otherwiseNs = otherwise;
    } else if (group === 'realTime') {
      const duration = one.form.operands.findIndex(({ kind, mode }) => kind === 'duration' && mode === 'immediate');
      const waits = ['wait_sync', 'wait_trigger'].includes(one.instruction.mnemonic);
      if (duration < 0 || waits) return { segments: undefined, end: index };
      const segment = segments[segments.length - 1];
      segment.heldNs += one.operands[duration].value;
      segment.skippedNs += otherwiseNs;
    }
  }
  return { segments: undefined, end: start };
}

/** The shortest and the longest time over all states of the counters that the conditions test; undefined when there are too many states. */
function totals(segments: Segment[]): { leastNs: number; mostNs: number } | undefined {
  const mask = segments.reduce((union, segment) => union | segment.mask, 0);
  if (bitCount(mask) > COUNTERS_MOST) return undefined;
  let leastNs = Number.POSITIVE_INFINITY;
  let mostNs = 0;
  // Every subset of the mask, from the mask itself down to nothing.
  for (let state = mask; ; state = (state - 1) & mask) {
    const total = segments.reduce(
      (sum, segment) => sum + (holds(segment, state) ? segment.heldNs : segment.skippedNs),
      0,
    );
    leastNs = Math.min(leastNs, total);
    mostNs = Math.max(mostNs, total);
    if (state === 0) return { leastNs, mostNs };
  }
}

function holds({ mask, operator }: Segment, state: number): boolean {
  const set = bitCount(state & mask);
  const results = [set > 0, set === bitCount(mask), set % 2 === 1];
  return results[operator >> 1] !== (operator % 2 === 1);
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** A skipped instruction waits for one step at least. The operand has no meaning only when the condition is off. */
export const otherwiseWaits: LintRule = ({ program: { instructions }, flow }) =>
  instructions.flatMap((one, index) => {
    const { class: group } = one.instruction;
    if (group !== 'condition' || !flow.reachable[index]) return [];
    const off = one.form.operands[0].mode === 'immediate' && one.operands[0].value === 0;
    const waitNs = one.operands[3].value;
    if (off || waitNs >= operandKinds.duration.least) return [];
    const message = `skipped instructions wait ${waitNs} ns: expected ${operandKinds.duration.least} to ${operandKinds.duration.most}`;
    return [at(one, 'warning', 'DURATION', message, 3)];
  });

/** The counters need 8 ns to settle after a wait_trigger. */
const SETTLE_NS = 8;

export const triggerSettles: LintRule = ({ program: { instructions }, flow }) =>
  instructions.flatMap((one, index) => {
    if (one.form.name !== 'WAIT_TRIGGER_I' || !flow.reachable[index] || one.operands[1].value >= SETTLE_NS) return [];
    const next = instructions
      .slice(index + 1)
      .find(({ instruction }) => ['condition', 'realTime', 'jump'].includes(instruction.class));
    if (next === undefined || !switchesOn(next)) return [];
    const message = `set_cond on line ${next.line} looks at the counters ${one.operands[1].value} ns after the trigger: expected ${SETTLE_NS} ns or more`;
    return [at(one, 'warning', 'TRIGGER_SETTLE', message, 1)];
  });
