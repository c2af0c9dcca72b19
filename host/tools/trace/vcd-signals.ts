// A value change dump (IEEE 1364-2005, clause 18): signals in scopes, and their changes over time.

/** Changes of all signals; they are sorted when all are known. */
export class Changes {
  private readonly timesNs: number[] = [];
  private readonly texts: string[] = [];

  add(timeNs: number, text: string): void {
    this.timesNs.push(timeNs);
    this.texts.push(text);
  }

  /** Changes at the same time stay in the order in which they were added. GTKWave's converters refuse a file that ends where it begins. */
  render(endNs: number): string {
    const lastNs = Math.max(endNs, 1);
    const order = this.timesNs.map((_, index) => index).sort((a, b) => this.timesNs[a] - this.timesNs[b] || a - b);
    const lines: string[] = [];
    let nowNs: number | undefined;
    for (const index of order) {
      const timeNs = this.timesNs[index];
      if (timeNs !== nowNs) lines.push(`#${timeNs}`);
      nowNs = timeNs;
      lines.push(this.texts[index]);
    }
    if (nowNs === undefined || nowNs < lastNs) lines.push(`#${lastNs}`);
    return lines.join('\n');
  }
}

export type SignalKind = 'wire' | 'real' | 'integer';

/** One signal: its declaration, and its value whenever that changes. */
export class Signal {
  readonly declaration: string;
  private readonly id: string;
  private readonly kind: SignalKind;
  private readonly changes: Changes;
  private last: number | undefined;

  constructor(name: string, kind: SignalKind, number: number, changes: Changes) {
    this.id = identifier(number);
    this.kind = kind;
    this.changes = changes;
    this.declaration = `$var ${kind} ${{ wire: 1, real: 64, integer: 32 }[kind]} ${this.id} ${name} $end`;
  }

  set(timeNs: number, value: number): void {
    if (value === this.last) return;
    this.last = value;
    this.changes.add(timeNs, this.text(value));
  }

  private text(value: number): string {
    if (this.kind === 'wire') return `${value}${this.id}`;
    if (this.kind === 'real') return `r${value} ${this.id}`;
    return `b${(value >>> 0).toString(2)} ${this.id}`;
  }
}

/** The short name of a signal: printable characters from ! to ~, as many as needed. */
function identifier(number: number): string {
  const character = String.fromCharCode(33 + (number % 94));
  return number < 94 ? character : character + identifier(Math.floor(number / 94) - 1);
}

/** The whole file; `endNs` is the last time in it. */
export function vcdText(
  version: string,
  scopes: readonly { name: string; signals: readonly Signal[] }[],
  changes: Changes,
  endNs: number,
): string {
  const names = scopeNames(scopes.map(({ name }) => name));
  const declared = scopes.map(({ signals }, index) =>
    [`$scope module ${names[index]} $end`, ...signals.map(({ declaration }) => declaration), '$upscope $end'].join(
      '\n',
    ),
  );
  const head = [`$version ${version} $end`, '$timescale 1 ns $end', ...declared, '$enddefinitions $end'];
  return `${head.join('\n')}\n${changes.render(endNs)}\n`;
}

/** Names in VCD have no blanks. Of two scopes of a name, GTKWave keeps the signals of one. */
function scopeNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  for (const name of names) {
    const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
    let own = plain;
    for (let time = 2; taken.has(own); time += 1) own = `${plain}_${time}`;
    taken.add(own);
  }
  return [...taken];
}
