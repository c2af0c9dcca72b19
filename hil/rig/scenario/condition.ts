// What a scenario expects: a sentence, and a look that says whether it is so and what is there instead. The same condition is waited for
// (`until`), checked (`check`), or must hold for a while (`stays`).
//
// A condition for a `Rig` needs only the wire, and one for an `InsideRig` looks into the emulated board; the compiler keeps them apart. What must
// stay true: a look on the inside changes nothing, unless it says that it reads a register.

export interface Seen {
  ok: boolean;
  seen: string;
  /** When it became so, nanoseconds since the scenario began, where that is known. */
  atNs?: number;
}

export interface Condition<Rig> {
  expected: string;
  look(rig: Rig): Seen | Promise<Seen>;
}

/** A condition, or a function that says whether it is so; its source text is then what was expected. */
export type Expectation<Rig> = Condition<Rig> | (() => boolean | Promise<boolean>);

export function conditionOf<Rig>(expectation: Expectation<Rig>): Condition<Rig> {
  if (typeof expectation !== 'function') return expectation;
  const expected = `${expectation}`.replace(/^(async )?\(\) => /, '').replace(/\s+/g, ' ');
  return {
    expected,
    look: async () => {
      const ok = await expectation();
      return { ok, seen: ok ? 'so' : 'not so' };
    },
  };
}

/** The opposite of a condition. */
export function not<Rig>(condition: Condition<Rig>): Condition<Rig> {
  return {
    expected: `not: ${condition.expected}`,
    look: async (rig) => {
      const { ok, seen } = await condition.look(rig);
      return { ok: !ok, seen };
    },
  };
}

/** A number, or the limits it must be within. */
export type Wanted = number | { atLeast?: number; atMost?: number };

export function isWanted(value: number, wanted: Wanted): boolean {
  if (typeof wanted === 'number') return value === wanted;
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = wanted;
  return value >= atLeast && value <= atMost;
}

export function wantedText(wanted: Wanted, unit = ''): string {
  const number = (value: number) => `${value}${unit && ` ${unit}`}`;
  if (typeof wanted === 'number') return number(wanted);
  const { atLeast, atMost } = wanted;
  const limits = [
    atLeast !== undefined && `at least ${number(atLeast)}`,
    atMost !== undefined && `at most ${number(atMost)}`,
  ];
  return limits.filter(Boolean).join(' and ') || 'any';
}
