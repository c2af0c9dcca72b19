// Checks the window of the search: two devices that are one state by the window are moved in every way, and must come to the same states.
//
//   first arrival in a state    is moved in every way; for a sample of states each outcome is kept
//   a later arrival, its twin   has another history and the same window; it is moved in every way too, and each outcome must be one of the kept ones
//
// An uncut move must have the very same outcome. Cuts are compared as a set, move by move: histories may differ in how many operations a move takes (a
// sector of the journal is erased first, or a record that would say the same is not written). The cuts in such operations lead to a state before or after
// the move. A torn erase that leaves random bits may leave one device a blank magic word, which reads as an empty slot, and the other one not: what only such a
// cut led to is not required of the other device.

import { oneIn } from '../../rig/choice.ts';
import type { Finding } from '../invariants.ts';

/** One in so many later arrivals is a twin. The very first of them have almost the same history, so they are not all taken. */
const arrivalsPerTwin = 4;
const twinsMax = 2;

/** How a move was done. */
export type How = 'whole' | 'cut' | 'byChance';

/** What the moves from one device came to: a window, or what was found. */
export class Outcomes {
  /** Names of moves that led here. */
  readonly path: readonly string[];
  /** By move, uncut. */
  readonly whole = new Map<string, string>();
  /** By move: of all its cuts. */
  readonly cut = new Map<string, Set<string>>();
  /** By move: of the cuts after which it depends on chance what the device reads. */
  readonly byChance = new Map<string, Set<string>>();

  constructor(path: readonly string[]) {
    this.path = path;
  }

  add(move: string, how: How, outcome: string): void {
    if (how === 'whole') {
      this.whole.set(move, outcome);
      return;
    }
    const known = this[how].get(move) ?? new Set();
    this[how].set(move, known.add(outcome));
  }
}

/** The sample of states that are moved from more than one history. */
export class Twins {
  private readonly seed: number;
  private readonly oneIn: number;
  private readonly first = new Map<string, Outcomes>();
  private readonly wanted = new Map<string, number>();

  constructor({ seed, windowsChecked }: { seed: number; windowsChecked: number }) {
    this.seed = seed;
    this.oneIn = windowsChecked;
  }

  /** Whether this state is in the sample, so that the outcomes of all its moves are kept. */
  isWatched(state: string): boolean {
    return this.oneIn > 0 && oneIn(this.oneIn, this.seed, state);
  }

  /** Whether this later arrival is to be a twin of the first one: a seeded sample of them is. */
  wants(state: string, point: string): boolean {
    const twins = this.wanted.get(state) ?? 0;
    if (twins === twinsMax || !this.isWatched(state) || !oneIn(arrivalsPerTwin, this.seed, point)) return false;
    this.wanted.set(state, twins + 1);
    return true;
  }

  /** Keeps all outcomes from the state. If they are those of a twin, returns where they differ from the first ones. */
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

/** Whether the move can lead to this outcome: through one of its cuts, uncut, or because power goes before it begins. */
function mayLeadTo({ whole, cut, byChance }: Outcomes, move: string, outcome: string): boolean {
  if (cut.get(move)?.has(outcome) || byChance.get(move)?.has(outcome)) return true;
  return whole.get(move) === outcome || whole.get('cycle power') === outcome;
}
