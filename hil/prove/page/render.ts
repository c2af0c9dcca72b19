// Renders docs/proof.md, the page that a release engineer gives to a safety reviewer. Figures come from the run; sentences that the code has come from
// the code; the rest is in prose.ts.

import { fuseTearPatterns } from '../../../host/board/devices/fuse-tear.ts';
import { tearPatterns } from '../../../host/board/devices/tear.ts';
import { invariants } from '../invariants.ts';
import type { ScenarioText } from '../proof.ts';
import { proofs } from '../proofs.ts';
import { type Figures, isGood, type Kept } from './figures.ts';
import {
  beginning,
  dirtyMeans,
  fuseModel,
  howTo,
  notCovered,
  powerModel,
  processorTime,
  promises,
  provedMeans,
  sharing,
  sources,
  windows,
} from './prose.ts';

/** The scenarios of a proof, with a sentence about each. */
export type ScenarioTexts = ReadonlyMap<string, readonly ScenarioText[]>;

export function renderPage({ proofs: figures, reached }: Kept, texts: ScenarioTexts): string {
  const parts = [
    ['# What the proof shows', beginning],
    ['## What was proved', whatWasProved(figures)],
    ['## The result', summary(figures)],
    ['## What must be true', bullets(Object.entries(invariants).map(([name, text]) => `**${name}**: ${text}`))],
    ['## How kept, earned, rescued and told are judged', promises],
    ['## What flash does when power fails', powerModel, patternTable(tearPatterns.map(flashRow))],
    ['## What fuses do when power fails', fuseModel, patternTable(fuseTearPatterns.map(fuseRow))],
    ['## Where that comes from', bullets(sources)],
    ['## When a boot is not run again', sharing],
    ['## When two states are one', windows],
    ...figures.map((each) => [`## ${title(each.proof)}`, about(each.proof), scenarioTable(each, texts)]),
    ['## What is not covered', bullets(notCovered)],
    ['## How to repeat it', howTo],
    ['## Appendix: what of the bootloader the proofs reach', reached],
  ];
  return `${parts.flat().join('\n\n')}\n`;
}

/** Commit, guests and tools of each proof. They are the same for all proofs that were run together. */
function whatWasProved(figures: readonly Figures[]): string {
  const guests = rowsBy(figures, ({ proved }) =>
    Object.entries(proved.guests).map(([name, hash]) => [name, `\`${hash}\``]),
  );
  const tools = rowsBy(figures, ({ proved }) => Object.entries(proved.tools));
  const commits = rowsBy(figures, ({ proved: { commit } }) => [['commit', `\`${commit}\``]]);
  const isDirty = figures.some(({ proved }) => proved.commit.endsWith('-dirty'));
  return [
    table(['what', 'which', 'by which proofs'], [...commits, ...guests, ...tools]),
    provedMeans,
    ...(isDirty ? [dirtyMeans] : []),
  ].join('\n\n');
}

/** Each entry once, with the proofs that have it. */
function rowsBy(figures: readonly Figures[], entriesOf: (each: Figures) => readonly (readonly string[])[]): string[][] {
  const proofsOf = new Map<string, string[]>();
  for (const each of figures)
    for (const entry of entriesOf(each)) {
      const key = entry.join('\n');
      proofsOf.set(key, [...(proofsOf.get(key) ?? []), each.proof]);
    }
  return Array.from(proofsOf, ([key, names]) => [
    ...key.split('\n'),
    names.length === figures.length ? 'all' : names.join(', '),
  ]);
}

function summary(figures: readonly Figures[]): string {
  const rows = figures.map((each) => [
    `\`coldrig prove ${each.proof}\``,
    extentOf(each),
    ...[each.points, each.violations].map(number),
    each.processorSeconds === undefined ? '' : number(Math.round(each.processorSeconds)),
    number(each.seed),
  ]);
  const sum = (of: 'points' | 'violations' | 'processorSeconds') =>
    figures.reduce((total, each) => total + (each[of] ?? 0), 0);
  const all = ['all', '', ...[sum('points'), sum('violations'), Math.round(sum('processorSeconds'))].map(number), ''];
  const head = ['proof', 'how much', 'points', 'violations', 'processor time, s', 'seed'];
  return [table(head, [...rows, all]), processorTime, ...whatIsWrong(figures)].join('\n\n');
}

function extentOf({ effort, failure }: Figures): string {
  if (failure !== undefined) return '**nothing: it broke off**';
  return effort === 'full' ? 'all of it' : 'the slice of a test run';
}

/** Violations and proofs that broke off come first, so that a reader cannot miss them. */
function whatIsWrong(figures: readonly Figures[]): string[] {
  const broken = figures.filter((each) => !isGood(each));
  if (broken.length === 0) return [];
  const lines = broken.flatMap(({ proof, failure, violations, found = [] }) => [
    ...(failure === undefined ? [] : [`\`prove ${proof}\` broke off: ${failure}`]),
    ...found.map(
      ({ scenario, point, invariant, text }) => `\`prove ${proof}\`, ${scenario}, ${point}: *${invariant}*: ${text}`,
    ),
    ...(violations > found.length ? [`\`prove ${proof}\`: ${number(violations - found.length)} more`] : []),
  ]);
  return ['**Not all of it holds.** What was found:', bullets(lines)];
}

/** Scenarios in the order of the proof, with a column for every further figure that one of them has. */
function scenarioTable({ proof, scenarios, extra }: Figures, texts: ScenarioTexts): string {
  const counts = [...new Set(scenarios.flatMap((each) => Object.keys(each.counts)))];
  const caught = caughtBy(extra);
  const head = [
    'scenario',
    'what it is about',
    'points',
    'violations',
    ...counts.map(words),
    ...(caught ? ['caught by'] : []),
  ];
  const rows = scenarios.map(({ name, points, violations, counts: own }) => [
    name,
    texts.get(proof)?.find((text) => text.name === name)?.about ?? '',
    ...[points, violations, ...counts.map((count) => own[count] ?? 0)].map(number),
    ...(caught ? [caught.get(name) ?? 'nothing'] : []),
  ]);
  return table(head, rows);
}

/** Which proof caught each canary; only for the proof of canaries. */
function caughtBy(extra: Record<string, unknown>): Map<string, string> | undefined {
  if (!Array.isArray(extra.canaries)) return undefined;
  const entries = extra.canaries as { name: string; caughtBy?: string; scenario?: string; invariant?: string }[];
  return new Map(
    entries.map(({ name, caughtBy, scenario, invariant }) => [
      name,
      caughtBy === undefined ? 'nothing' : `${caughtBy}: ${scenario}, as *${invariant}*`,
    ]),
  );
}

function patternTable(rows: string[][]): string {
  return table(['pattern', 'what is left'], rows);
}

function flashRow({ name, doc, program }: (typeof tearPatterns)[number]): string[] {
  return [`\`${name}\``, program ? doc : `${doc} (erase only)`];
}

function fuseRow({ name, doc }: (typeof fuseTearPatterns)[number]): string[] {
  return [`\`${name}\``, doc];
}

function about(proof: string): string {
  const text = proofs.find(({ name }) => name === proof)?.about ?? '';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function title(proof: string): string {
  return `\`prove ${proof}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function bullets(texts: readonly string[]): string {
  return texts.map((text) => `- ${text}`).join('\n');
}

/** `atOperations` in words. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** From five digits on, with a space between groups of three. */
function number(value: number): string {
  return value < 10_000 ? `${value}` : `${value}`.replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}
