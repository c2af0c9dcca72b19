// The error for a name of a scenario or a point that a proof does not have. It has a class of its own, because it is a mistake on the command
// line and not a failure of the proof.

export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

/** The names there are, in quotes, because some of them have commas. */
export const namesOf = (all: readonly { name: string }[]): string => all.map(({ name }) => `'${name}'`).join(', ');
