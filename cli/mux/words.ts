// What `coldrig mux` says: plans, refusals and verdicts, for people and as JSON.

import type { Plan } from '../../host/tools/multiplexer/plan.ts';
import type { Refusal } from '../../host/tools/multiplexer/planner.ts';
import { timeText } from '../../host/tools/multiplexer/plot.ts';
import type { MuxProblem } from '../../host/tools/multiplexer/problem.ts';
import type { LeastChange } from '../../host/tools/multiplexer/refuse.ts';
import type { Verdict } from '../../host/tools/multiplexer/verify/verify.ts';
import { counted } from '../words.ts';

/** Cells or violations that are listed for people; --json has all. */
const LISTED_MOST = 8;

export function planJson({ table, cost, method }: Plan, problem: MuxProblem, density: number): object {
  return {
    accepted: true,
    density,
    lines: problem.lines,
    periodSlots: table.periodSlots,
    slotNs: table.slotNs,
    cells: table.cells.map(({ name, number, line, largestGapSlots }) => ({
      ...{ name, line, deadlineNs: problem.cells[number].deadlineNs, largestGapNs: largestGapSlots * table.slotNs },
    })),
    ...cost,
    method,
  };
}

export function planText({ table, cost, method }: Plan, problem: MuxProblem, density: number): string {
  const services = table.lines.reduce((sum, line) => sum + line.length, 0);
  const tight = table.cells.reduce((a, b) => (marginOf(b) > marginOf(a) ? b : a));
  return [
    `${problem.name}: accepted, by ${method}`,
    `  density        ${density.toFixed(4)} on ${counted(problem.lines, 'line')}`,
    `  period         ${table.periodSlots} slots of ${table.slotNs} ns (${timeText(table.periodSlots * table.slotNs)}), ${services} services`,
    `  tightest cell  ${tight.name}: ${timeText(tight.largestGapSlots * table.slotNs)} of ${timeText(problem.cells[tight.number].deadlineNs)}`,
    `  stolen         ${(100 * cost.dutyStolen).toFixed(2)} % of the time`,
    `  bank switches  ${cost.switches} a period, at least ${cost.switchesLeast} are necessary`,
  ].join('\n');
}

const marginOf = ({ largestGapSlots, deadlineSlots }: { largestGapSlots: number; deadlineSlots: number }): number =>
  largestGapSlots / deadlineSlots;

export function refusalText(problem: MuxProblem, density: number, refusal: Refusal): string {
  const why = refusal.isProven
    ? `no table can exist: the cells need ${density.toFixed(3)} times the time that the lines have`
    : 'no table was found (which does not show that there is none; --time-limit gives the search more)';
  const late = refusal.reasons
    .slice(0, LISTED_MOST)
    .map(({ cell, excessNs }) => `  ${cell} is ${timeText(excessNs)} late`);
  const more = refusal.reasons.length - LISTED_MOST;
  if (more > 0) late.push(`  and ${more} more (--json has all)`);
  return [`${problem.name}: refused; ${why}`, ...late, ...changeText(problem, refusal.leastChange)].join('\n');
}

function changeText(problem: MuxProblem, { toleranceFactor, serviceFactor, lines }: LeastChange): string[] {
  const changes = [
    ...(toleranceFactor === null ? [] : [`all tolerances times ${ceil3(toleranceFactor)}`]),
    ...(serviceFactor === null ? [] : [`services, switches and slot times ${floor3(serviceFactor)}`]),
    ...(lines === null ? [] : [`${lines} lines instead of ${problem.lines}`]),
  ];
  if (changes.length === 0) return ['  no single change of tolerances, services or lines was found that fits'];
  return [`  each of these alone fits: ${changes.join('; ')}`];
}

const ceil3 = (value: number): string => (Math.ceil(value * 1000) / 1000).toFixed(3);
const floor3 = (value: number): string => (Math.floor(value * 1000) / 1000).toFixed(3);

export function verdictText(path: string, { accepted, cells, violations }: Verdict, isAgainstProblem: boolean): string {
  const against = isAgainstProblem
    ? 'against the problem'
    : 'against its own deadlines (--problem FILE checks reserved windows and service times too)';
  if (accepted) return `${path}: ${cells.length} cells, every deadline kept; checked ${against}`;
  const listed = violations.slice(0, LISTED_MOST).map(violationText);
  const more = violations.length - LISTED_MOST;
  if (more > 0) listed.push(`and ${more} more (--json has all)`);
  return [`${path}: refused, checked ${against}`, ...listed.map((line) => `  ${line}`)].join('\n');
}

function violationText({ cell, line, slot, amountNs, text }: Verdict['violations'][number]): string {
  const by = amountNs > 0 ? ` (${timeText(amountNs)})` : '';
  return cell === '' ? `${text}${by}` : `${cell}, line ${line}, slot ${slot}: ${text}${by}`;
}
