// The terminal of a run: lines of the log go by, and below them a view is drawn again and again, where there is one and a terminal to draw on.
//
// Where there is none (a pipe), lines are all there is, and the view comes once, at the end.

const REDRAW_MS = 250;

export class RunScreen {
  private readonly view: (() => string[]) | undefined;
  private readonly isLive: boolean;
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(view: (() => string[]) | undefined) {
    this.view = view;
    this.isLive = view !== undefined && process.stdout.isTTY === true;
  }

  print(line: string): void {
    this.erase();
    process.stdout.write(`${line}\n`);
  }

  begin(): void {
    if (this.isLive) this.timer = setInterval(() => this.draw(), REDRAW_MS);
  }

  end(): void {
    clearInterval(this.timer);
    if (this.view === undefined) return;
    this.erase();
    process.stdout.write(`\n${this.view().join('\n')}\n`);
  }

  private draw(): void {
    this.erase();
    const lines = this.view?.() ?? [];
    process.stdout.write(`${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  /** Takes the view away: the cursor is where it began. */
  private erase(): void {
    if (this.drawn > 0) process.stdout.write(`\x1b[${this.drawn}A\x1b[J`);
    this.drawn = 0;
  }
}
