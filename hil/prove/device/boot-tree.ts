// Known boots, ordered by what they read: a tree whose branches are answers.
//
//   node   looks that all boots below it gave the same answers to  ->  one look where they differ  ->  a node for each answer
//                                                                  or  the boot itself
//
// A device that agrees with all looks on the way to a boot has that boot. What must stay true: a boot is a function of the answers to its looks. So
// two boots with the same answers so far ask the same next question. When they do not, a read is missing in a list, and `add` says so.

import { pageBytes } from '../../../host/board/flash-array.ts';
import { type CellsLook, PageChecks } from '../../../host/board/page-checks.ts';
import { BootLog } from '../../../protocol/image/boot-log.ts';
import type { FuseLook, LoggedLook, Look, ReadingsLook } from './boot-reads.ts';
import { numberLogged } from './logged.ts';

/** A device without power, or whose power has just come, as far as looks can see it. */
export interface Answers {
  cells: readonly Int32Array[];
  weak: readonly (Int32Array | undefined)[];
  weakPages: number;
  fuses: Uint32Array;
  weakFuses: Uint32Array;
  /** Whether its surroundings would read the same. `isFirst`: it is the first look at them in this boot. */
  agreesReadings(look: ReadingsLook, isFirst: boolean): boolean;
}

interface Node<Boot> {
  looks: readonly Look[];
  checks: Checks;
  question?: Look;
  answers?: Map<string | number, Node<Boot>>;
  boot?: Boot;
}

interface Checks {
  pages: PageChecks;
  logged: readonly LoggedLook[];
  fuses: readonly FuseLook[];
  readings: readonly ReadingsLook[];
}

export class BootTree<Boot> {
  private root: Node<Boot> | undefined;

  /** The boot of a device that answers so; undefined when none is known, or when an unstable bit would be read. */
  find(state: Answers): Boot | undefined {
    let looked = false;
    for (let node = this.root; node !== undefined; ) {
      const { checks, question, answers } = node;
      if (!agrees(checks, state, looked)) return undefined;
      if (question === undefined || answers === undefined) return node.boot;
      looked ||= checks.readings.length > 0;
      const answer = answerOf(question, state);
      if (answer === undefined && 'afterNs' in question) {
        // Readings are compared one by one, not looked up by a key: there are only a few.
        node = [...answers.values()].find(({ looks }) => state.agreesReadings(looks[0] as ReadingsLook, !looked));
        continue;
      }
      node = answer === undefined ? undefined : answers.get(answer);
    }
    return undefined;
  }

  /** Adds a boot. When what it read contradicts an earlier boot, it is not added, and a sentence is returned. */
  add(looks: readonly Look[], boot: Boot): string | undefined {
    if (this.root === undefined) {
      this.root = leaf(looks, boot);
      return undefined;
    }
    let node = this.root;
    for (let at = 0; ; ) {
      const shared = sharedLooks(node.looks, looks, at);
      at += shared;
      if (shared < node.looks.length) return this.branch(node, shared, looks, at, boot);
      if (node.question === undefined || node.answers === undefined)
        return at === looks.length
          ? 'it read what a boot before it read, all of it, and was not recognised'
          : `having read the same as a boot before it, it reads on: ${textOf(looks[at])}`;
      if (at === looks.length) return `it ends where a boot that read the same reads on: ${textOf(node.question)}`;
      if (!isSameQuestion(node.question, looks[at]))
        return `having read the same as a boot before it, it reads ${textOf(looks[at])}, not ${textOf(node.question)}`;
      const answer = nameOf(looks[at]);
      const next = node.answers.get(answer);
      if (next === undefined) {
        node.answers.set(answer, leaf(looks.slice(restAt(looks, at)), boot));
        return undefined;
      }
      at = restAt(looks, at);
      node = next;
    }
  }

  /** When a boot has another answer in the middle of a node, the node is split there. */
  private branch(node: Node<Boot>, place: number, looks: readonly Look[], at: number, boot: Boot): string | undefined {
    const question = node.looks[place];
    if (at === looks.length) return `it ends where a boot that read the same reads on: ${textOf(question)}`;
    if (!isSameQuestion(question, looks[at]))
      return `having read the same as a boot before it, it reads ${textOf(looks[at])}, not ${textOf(question)}`;
    const rest = node.looks.slice(restAt(node.looks, place));
    const old: Node<Boot> = { ...node, looks: rest, checks: checksOf(rest) };
    const fresh = leaf(looks.slice(restAt(looks, at)), boot);
    node.looks = node.looks.slice(0, place);
    node.checks = checksOf(node.looks);
    node.question = question;
    node.answers = new Map([
      [nameOf(question), old],
      [nameOf(looks[at]), fresh],
    ]);
    node.boot = undefined;
    return undefined;
  }
}

function leaf<Boot>(looks: readonly Look[], boot: Boot): Node<Boot> {
  return { looks, checks: checksOf(looks), boot };
}

/** A look at readings stays in front of what follows from it, so that a state can be compared with it. */
function restAt(looks: readonly Look[], at: number): number {
  return 'afterNs' in looks[at] ? at : at + 1;
}

function checksOf(looks: readonly Look[]): Checks {
  return {
    pages: new PageChecks(looks.filter((look): look is CellsLook => 'page' in look)),
    logged: looks.filter((look): look is LoggedLook => 'logged' in look),
    fuses: looks.filter((look): look is FuseLook => 'fuse' in look),
    readings: looks.filter((look): look is ReadingsLook => 'afterNs' in look),
  };
}

function agrees({ pages, logged, fuses, readings }: Checks, state: Answers, looked: boolean): boolean {
  if (!pages.agree(state)) return false;
  for (const look of logged) if (answerOf(look, state) !== look.number) return false;
  for (const { fuse, value } of fuses) if (state.fuses[fuse] !== value || state.weakFuses[fuse] !== 0) return false;
  for (const [index, look] of readings.entries()) if (!state.agreesReadings(look, !looked && index === 0)) return false;
  return true;
}

/** How many looks, from `at` on, have the same questions and answers as these. */
function sharedLooks(known: readonly Look[], looks: readonly Look[], at: number): number {
  let shared = 0;
  while (shared < known.length && at + shared < looks.length && isSame(known[shared], looks[at + shared])) shared++;
  return shared;
}

function isSame(one: Look, other: Look): boolean {
  if ('page' in one && 'page' in other && isSameQuestion(one, other)) return holdSame(one, other);
  return isSameQuestion(one, other) && nameOf(one) === nameOf(other);
}

function isSameQuestion(one: Look, other: Look): boolean {
  if ('page' in one)
    return 'page' in other && one.page === other.page && one.from === other.from && one.to === other.to;
  if ('fuse' in one) return 'fuse' in other && one.fuse === other.fuse;
  if ('logged' in one) return 'logged' in other && one.logged === other.logged;
  return (
    'afterNs' in other &&
    one.afterNs === other.afterNs &&
    one.actuators.every((value, place) => value === other.actuators[place])
  );
}

function holdSame(one: CellsLook, other: CellsLook): boolean {
  if (one.seen === other.seen) return true;
  for (let word = one.from; word < one.to; word++) if (one.seen[word] !== other.seen[word]) return false;
  return true;
}

/** The answer of a look that was made. */
function nameOf(look: Look): string | number {
  if ('fuse' in look) return look.value;
  if ('logged' in look) return look.number;
  if ('afterNs' in look) return `${look.looked} ${look.readings.join(' ')}`;
  return nameOfCells(look, look.seen);
}

/** The answer of a state to a question about cells, the boot log or a fuse; undefined when it depends on chance. */
function answerOf(question: Look, { cells, weak, weakPages, fuses, weakFuses }: Answers): string | number | undefined {
  if ('afterNs' in question) return undefined;
  if ('fuse' in question) return weakFuses[question.fuse] === 0 ? fuses[question.fuse] : undefined;
  const { page, from, to } = 'logged' in question ? wordsOf(question) : question;
  const mask = weakPages === 0 ? undefined : weak[page];
  if (mask) for (let word = from; word < to; word++) if (mask[word] !== 0) return undefined;
  return 'logged' in question ? numberLogged(cells[page], 4 * from) : nameOfCells(question, cells[page]);
}

function wordsOf({ logged }: LoggedLook): { page: number; from: number; to: number } {
  const from = (logged % pageBytes) / 4;
  return { page: Math.floor(logged / pageBytes), from, to: from + BootLog.SIZE / 4 };
}

function nameOfCells({ from, to }: CellsLook, page: Int32Array): string | number {
  if (to === from + 1) return page[from];
  return Buffer.from(page.buffer, page.byteOffset + 4 * from, 4 * (to - from)).toString('latin1');
}

function textOf(look: Look): string {
  if ('fuse' in look) return `fuse word ${look.fuse}`;
  if ('logged' in look) return `the record at 0x${look.logged.toString(16)}`;
  if ('afterNs' in look) return `its surroundings after ${look.afterNs} ns`;
  return `${4 * (look.to - look.from)} bytes at 0x${(look.page * 4096 + 4 * look.from).toString(16)}`;
}
