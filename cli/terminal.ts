// Printing: results on stdout, notes and progress on stderr, JSON instead of text when asked. Text is wrapped to the terminal's
// width and coloured only on a terminal (NO_COLOR is honoured), so that a pipe gets plain lines.

export interface Style {
  colour: boolean;
  /** Columns text is wrapped to. */
  width: number;
}

const WIDTH_MINIMUM = 40;
/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDTH_MAXIMUM = 110;

export function styleOf(
  stream: { columns?: number; isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): Style {
  const columns = stream.columns ?? Number(environment.COLUMNS) ?? 80;
  const width = Number.isFinite(columns) && columns > 0 ? columns : 80;
  return {
    colour: stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb',
    width: Math.min(WIDTH_MAXIMUM, Math.max(WIDTH_MINIMUM, width)),
  };
}

/** Whether lines can be written over. TERM=dumb knows no cursor: what would be drawn anew is then not drawn. */
export function canRedraw(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Paint = keyof typeof codes;

export function paint(style: Style, paintName: Paint, text: string): string {
  return style.colour ? `\x1b[${codes[paintName]}m${text}\x1b[0m` : text;
}

/** Breaks text at spaces so that no line is longer than `width`; lines after the first begin with `indent`. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** A word of a command that is shown to be typed: quoted where a shell would take it apart. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Text that begins at a column and stays right of it, wrapped to the terminal's width. */
export function hang(text: string, width: number, column: number): string {
  return wrap(text, Math.max(20, width - column)).replaceAll('\n', `\n${' '.repeat(column)}`);
}

/** Columns aligned on their longest cell, two spaces between. */
export function table(rows: string[][]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const padded = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  '));
  return padded.map((line) => line.trimEnd()).join('\n');
}
