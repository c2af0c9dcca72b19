// What instruments and their clients say to each other, as text: messages in, answers out. Ports (TCP, serial) only carry it.
//
//   "KRDG? A;HTR? 1;*ESR?\r\n"  ──▶  three commands, in order  ──▶  "+3.0661;+12.5;0\r\n"
//
// A message ends with CR, LF or both. Its commands stand between semicolons, each perhaps with a colon before it, and what they answer
// comes back on one line. A command that cannot be followed is not answered; the instrument's event register keeps why (ieee-488.ts), as
// the real one's does. What must stay true: a client that sends no line end costs a bounded amount of memory.

export interface ScpiCommand {
  /** In capitals, with its question mark: `KRDG?`, `SETP`. */
  name: string;
  /** Between commas, without spaces around them and without quotes. */
  words: string[];
}

export interface ScpiInstrument {
  /** The answer to a query; undefined where there is none. Throws `ScpiError` for a command that cannot be followed. */
  execute(command: ScpiCommand): string | undefined;
  /** Told of a command that was not followed, for its event register. */
  refused(error: ScpiError): void;
}

/** A command the instrument does not know, or one it knows and cannot follow with these arguments or at this moment. */
export class ScpiError extends Error {
  readonly kind: 'command' | 'execution';

  constructor(kind: 'command' | 'execution', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The longest message of these instruments' drivers has a few hundred characters. */
const MESSAGE_MAXIMUM = 4096;

/** One client's side of the talk: pieces of text in, whole answers out. */
export class ScpiSession {
  private readonly instrument: ScpiInstrument;
  private readonly onIgnored: (command: string, reason: string) => void;
  private rest = '';

  constructor(instrument: ScpiInstrument, onIgnored: (command: string, reason: string) => void = () => {}) {
    this.instrument = instrument;
    this.onIgnored = onIgnored;
  }

  /** Answers, each with its line end; undefined when the client sends a message without end. */
  hear(text: string): string[] | undefined {
    const messages = (this.rest + text).split(/[\r\n]/);
    this.rest = messages.pop() ?? '';
    if (this.rest.length > MESSAGE_MAXIMUM) return undefined;
    return messages.flatMap((message) => {
      const answers = commandsOf(message).flatMap((command) => this.answer(command));
      return answers.length === 0 ? [] : [`${answers.join(';')}\r\n`];
    });
  }

  private answer(text: string): string[] {
    try {
      const answer = this.instrument.execute(parseCommand(text));
      return answer === undefined ? [] : [answer];
    } catch (error) {
      if (!(error instanceof ScpiError)) throw error;
      this.instrument.refused(error);
      this.onIgnored(text, error.message);
      return [];
    }
  }
}

/** At semicolons that are not in quotes. */
function commandsOf(message: string): string[] {
  const parts = message.match(/(?:"[^"]*"?|[^;"])+/g) ?? [];
  return parts.map((part) => part.trim().replace(/^:\s*/, '')).filter((part) => part !== '');
}

/** `SETP 1, 3.5` into name and words. A comma within quotes stays, and so does an empty word between two commas. */
export function parseCommand(text: string): ScpiCommand {
  const [, name, tail] = /^(\*?[A-Za-z]+\??)\s*(.*)$/s.exec(text) ?? [undefined, text, ''];
  const words = tail === '' ? [] : splitAtCommas(tail);
  return { name: name.toUpperCase(), words: words.map((word) => word.trim().replace(/^"(.*)"$/, '$1')) };
}

function splitAtCommas(text: string): string[] {
  const words = [''];
  let isQuoted = false;
  for (const letter of text) {
    if (letter === '"') isQuoted = !isQuoted;
    if (letter === ',' && !isQuoted) words.push('');
    else words[words.length - 1] += letter;
  }
  return words;
}
