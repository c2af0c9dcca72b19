// The error for a name of a scenario or a point that a proof does not have. It has a class of its own, because it is a mistake on the command
// line and not a failure of the proof.

import { closest } from '../../host/tools/q1/operand.ts';

export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

/** `what`: 'scenario' or 'canary'. The names are in quotes, because some of them have commas, and each has a line, because there are many. */
export function unknownName(what: string, name: string, all: readonly { name: string }[]): UnknownName {
  const names = all.map((each) => each.name);
  const close = closest(name, names);
  const advice = close === undefined ? '' : `; did you mean '${close}'?`;
  return new UnknownName(
    [`no ${what} is called '${name}'${advice}`, 'There are', ...names.map((each) => `  '${each}'`)].join('\n'),
  );
}
