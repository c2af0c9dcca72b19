// Holds the window of the search to its word: two devices that it calls one state are moved in every way, and must come to the same states.
//
//   first arrival in a state    is expanded; for a sample of states each outcome is kept
//   a later arrival, its twin   another history, the same window: is expanded too, and every outcome must be one of those
//
// An uncut move must have the very same outcome. Cuts are compared as a set, move by move: histories may differ in how many operations a move takes (a
// journal's sector is erased, a record that says the same is not written again), and the cuts in these lead to states before or after the move.

import { oneIn } from '../choice.ts';
import type { Finding } from '../invariants.ts';

/** A twin is one in so many arrivals: the first ones have histories that are much alike. */
const arrivalsPerTwin = 4;
const twinsMax = 2;

/** What the moves from one device came to: a window, or what was found. */
export class Outcomes {
  /** Names of moves that led here. */
  readonly path: readonly string[];
  /** By move, uncut. */
  readonly whole = new Map<string, string>();
  /** By move: of all its cuts. */
  readonly cut = new Map<string, Set<string>>();

  constructor(path: readonly string[]) {
    this.path = path;
  }

  add(move: string, wasCut: boolean, outcome: string): void {
    if (!wasCut) {
      this.whole.set(move, outcome);
      return;
    }
    const known = this.cut.get(move) ?? new Set();
    this.cut.set(move, known.add(outcome));
  }
}

/** The states that are looked at from two histories. */
export class Twins {
  private readonly seed: number;
  private readonly oneIn: number;
  private readonly first = new Map<string, Outcomes>();
  private readonly wanted = new Map<string, number>();

  constructor({ seed, windowsChecked }: { seed: number; windowsChecked: number }) {
    this.seed = seed;
    this.oneIn = windowsChecked;
  }

  /** Whether the outcomes of all moves from this state are asked for. */
  isWatched(state: string): boolean {
    return this.oneIn > 0 && oneIn(this.oneIn, this.seed, state);
  }

  /** Whether this arrival is to be a twin of the first one: a few of the later ones are, as chance has it. */
  wants(state: string, point: string): boolean {
    const twins = this.wanted.get(state) ?? 0;
    if (twins === twinsMax || !this.isWatched(state) || !oneIn(arrivalsPerTwin, this.seed, point)) return false;
    this.wanted.set(state, twins + 1);
    return true;
  }

  /** All outcomes from the state. What is wrong, where they are those of a twin. */
  take(state: string, outcomes: Outcomes): Finding[] {
    const first = this.first.get(state);
    if (first !== undefined) return differences(first, outcomes);
    this.first.set(state, outcomes);
    return [];
  }
}

/** Where a twin differs from the device that was expanded before it. */
export function differences(first: Outcomes, twin: Outcomes): Finding[] {
  const texts: string[] = [];
  for (const [move, outcome] of twin.whole)
    if (first.whole.get(move) !== outcome)
      texts.push(`'${move}' leads to '${outcome}' and to '${first.whole.get(move) ?? 'nothing: it does not fit'}'`);
  for (const move of first.whole.keys()) if (!twin.whole.has(move)) texts.push(`'${move}' fits only one of them`);
  for (const [one, other] of [
    [twin, first],
    [first, twin],
  ])
    for (const [move, outcomes] of one.cut)
      for (const outcome of outcomes)
        if (!mayLeadTo(other, move, outcome)) texts.push(`'${move}', cut, leads only one of them to '${outcome}'`);
  const who = `'${first.path.join(' > ')}' and '${twin.path.join(' > ')}' are one state by the window`;
  return texts.map((text) => ({ invariant: 'window', text: `${who}; but ${text}` }));
}

/** As one of its cuts does, or the whole move, or power that goes before it. */
function mayLeadTo({ whole, cut }: Outcomes, move: string, outcome: string): boolean {
  return cut.get(move)?.has(outcome) || whole.get(move) === outcome || whole.get('cycle power') === outcome;
}
