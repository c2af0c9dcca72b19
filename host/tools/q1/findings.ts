// Findings of the assembler and the lint: each has its place, what was found, what was expected and what to do. All findings are reported at
// once. The assembler throws no other error than Q1Error.

export type Severity = 'error' | 'warning';

export interface Place {
  /** Line of the program, from 1; 0 where the finding is about the sequence and not about a line. */
  line: number;
  /** Column of the first character, from 1; 0 likewise. */
  column: number;
  /** Characters the finding is about. */
  length: number;
}

export interface Finding extends Place {
  severity: Severity;
  /** Stable name for machines, for instance `RANGE`. */
  rule: string;
  message: string;
  /** Where in a sequence file it is, when not in the program: `waveforms.gauss.data[3]`. */
  path?: string;
}

/** A program's text with its name, for messages. */
export interface Source {
  /** File name, or what stands for it. */
  name: string;
  /** The program is the `program` of a JSON sequence, so that line numbers are not those of the file. */
  embedded: boolean;
  lines: string[];
}

export class Q1Error extends Error {
  readonly source: Source;
  readonly findings: Finding[];

  constructor(source: Source, findings: Finding[]) {
    super(shownTexts(findings, (finding) => findingLine(source, finding)).join('\n'));
    this.source = source;
    this.findings = findings;
  }
}

/** Findings a person reads in one go; a file that is not Q1ASM at all would fill screens. */
const SHOWN_MOST = 100;

/** The first findings as texts, and a line that says how many more there are. Whoever counts or hands them to a machine takes them all. */
export function shownTexts<Item extends Finding>(findings: Item[], text: (finding: Item) => string): string[] {
  const shown = findings.slice(0, SHOWN_MOST).map(text);
  const rest = findings.slice(SHOWN_MOST);
  if (rest.length === 0) return shown;
  const errors = rest.filter(({ severity }) => severity === 'error').length;
  const counts = [
    [errors, 'error'],
    [rest.length - errors, 'warning'],
  ] as const;
  const words = counts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => `${count} more ${noun}${count === 1 ? '' : 's'}`);
  return [...shown, `${words.join(' and ')} ${rest.length === 1 ? 'is' : 'are'} not shown`];
}

/** `name:line:column: error: message`, as compilers print it; editors jump there. */
export function findingLine(source: Source, { line, column, path, severity, message }: Finding): string {
  return `${placeText(source, line, column, path)}: ${severity}: ${message}`;
}

/** The finding's line with the program's text and a mark below it. */
export function findingText(source: Source, finding: Finding): string {
  const headline = findingLine(source, finding);
  const text = source.lines[finding.line - 1];
  if (finding.line === 0 || text === undefined) return headline;
  const number = String(finding.line).padStart(6);
  const before = text.slice(0, finding.column - 1).replace(/[^\t]/g, ' ');
  const mark = '^'.repeat(Math.max(1, Math.min(finding.length, text.length - finding.column + 1)));
  return `${headline}\n${number} | ${text}\n${' '.repeat(6)} | ${before}${mark}`;
}

function placeText({ name, embedded }: Source, line: number, column: number, path: string | undefined): string {
  if (path !== undefined) return `${name}[${path}]`;
  if (line === 0) return name;
  return `${name}${embedded ? '[program]' : ''}:${line}:${column}`;
}

export function byPlace(a: Finding, b: Finding): number {
  return a.line - b.line || a.column - b.column;
}
