// The text protocol between instruments and clients: messages in, answers out. Ports (TCP, serial) only carry it.
//
//   "KRDG? A;HTR? 1;*ESR?\r\n"  ──▶  three commands, in order  ──▶  "+3.0661;+12.5;0\r\n"
//
// A message ends with CR, LF or both. Semicolons separate its commands, each of which may begin with a colon; the answers come back on one line.
// A command that is refused has no answer; the event register keeps the reason (ieee-488.ts), as on the real instrument. What must stay true: a
// client that sends no line end costs a limited amount of memory.

export interface ScpiCommand {
  /** In capitals, with its question mark: `KRDG?`, `SETP`. */
  name: string;
  /** Between commas, without spaces around them and without quotes. */
  words: string[];
}

export interface ScpiInstrument {
  /** The answer to a query; undefined for a command without an answer. Throws `ScpiError` for a command that is refused. */
  execute(command: ScpiCommand): string | undefined;
  /** Called for a command that was refused, for the event register. */
  refused(error: ScpiError): void;
}

/** A command that the instrument does not know, or cannot execute with these arguments or at this moment. */
export class ScpiError extends Error {
  readonly kind: 'command' | 'execution';

  constructor(kind: 'command' | 'execution', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The longest message of the drivers for these instruments has a few hundred characters. */
const MESSAGE_MAXIMUM = 4096;

/** The session of one client: pieces of text in, whole answers out. */
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

/** Splits at semicolons that are not in quotes. */
function commandsOf(message: string): string[] {
  const parts = message.match(/(?:"[^"]*"?|[^;"])+/g) ?? [];
  return parts.map((part) => part.trim().replace(/^:\s*/, '')).filter((part) => part !== '');
}

/** Splits `SETP 1, 3.5` into name and words. A comma in quotes does not separate; an empty word between two commas is kept. */
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
