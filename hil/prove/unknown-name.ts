// The error for a name of a scenario or a point that a proof does not have. It has a class of its own, because it is a mistake on the command
// line and not a failure of the proof.

import { closest } from '../../host/tools/q1/operand.ts';

export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

/** `what`: 'scenario' or 'canary'. The names are in quotes, because some of them have commas. */
export function unknownName(what: string, name: string, all: readonly { name: string }[]): UnknownName {
  const names = all.map((each) => each.name);
  const close = closest(name, names);
  const list = `there are ${names.map((each) => `'${each}'`).join(', ')}`;
  return new UnknownName(
    close === undefined
      ? `no ${what} is called '${name}'; ${list}`
      : `no ${what} is called '${name}'; did you mean '${close}'? (${list})`,
  );
}
