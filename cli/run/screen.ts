// The terminal of a run: lines of the log go by, and below them a view is drawn again and again, where there is one and a terminal to draw on.
//
// Where there is none (a pipe, or TERM=dumb, which knows no cursor), lines are all there is, and the view comes once, at the end. What must
// stay true: nothing of an old view stays on the screen, also when the terminal got narrower and folded its lines, or is lower than the view.

import { styleOf } from '../terminal.ts';

const REDRAW_MS = 250;

/** What a screen needs of `process.stdout`. */
export interface Terminal {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
  on?(event: 'resize', call: () => void): unknown;
  off?(event: 'resize', call: () => void): unknown;
}

export class RunScreen {
  private readonly view: ((columns: number) => string[]) | undefined;
  private readonly terminal: Terminal;
  private readonly isLive: boolean;
  private drawn: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly redraw = () => this.draw();

  /** The view is given the columns it may fill, anew at each drawing. */
  constructor(
    view: ((columns: number) => string[]) | undefined,
    terminal: Terminal = process.stdout,
    kind = process.env.TERM,
  ) {
    this.view = view;
    this.terminal = terminal;
    this.isLive = view !== undefined && terminal.isTTY === true && kind !== 'dumb';
  }

  print(line: string): void {
    this.erase();
    this.terminal.write(`${line}\n`);
  }

  begin(): void {
    if (!this.isLive) return;
    this.timer = setInterval(this.redraw, REDRAW_MS);
    this.terminal.on?.('resize', this.redraw);
  }

  end(): void {
    clearInterval(this.timer);
    this.terminal.off?.('resize', this.redraw);
    if (this.view === undefined) return;
    this.erase();
    this.terminal.write(`\n${this.view(styleOf(this.terminal).width).join('\n')}\n`);
  }

  private draw(): void {
    this.erase();
    // A terminal that does not know its size says 0.
    const rows = this.terminal.rows || Number.POSITIVE_INFINITY;
    // A line of the log and the cursor's own line have their place as well.
    const lines = (this.view?.(styleOf(this.terminal).width) ?? []).slice(0, Math.max(1, rows - 2));
    this.terminal.write(`${lines.join('\n')}\n`);
    this.drawn = lines;
  }

  /** Takes the view away: the cursor is where it began. */
  private erase(): void {
    const columns = this.terminal.columns || Number.POSITIVE_INFINITY;
    const folded = this.drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visible(line) / columns)), 0);
    if (folded > 0) this.terminal.write(`\x1b[${folded}A\x1b[J`);
    this.drawn = [];
  }
}

const escapeCharacter = String.fromCharCode(27);

/** Characters a line takes up: colours take none. */
function visible(line: string): number {
  return line
    .split(escapeCharacter)
    .reduce((sum, part, i) => sum + (i === 0 ? part : part.replace(/^\[[\d;]*m/, '')).length, 0);
}
