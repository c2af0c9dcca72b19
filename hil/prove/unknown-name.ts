// A proof was asked for something by a name it does not know. It is its own kind of error, so that a command can say it as what it is: a
// mistake on the command line, and no failure of the proof.

export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}
