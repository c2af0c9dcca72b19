// Draws the run like an oscilloscope. For each sequencer: both paths, the markers that it used, its acquisition windows, its triggers from
// sending to arrival, and the instructions that its conditions skipped. One ruler is below.
// A long run is drawn as the band between the least and the greatest sample of every column, so that no pulse is lost.
//
// A box has its name inside, or its short name, or none when there is no room. Under the pointer a viewer shows the name and the times.

import { band, INNER, LEFT, LINE_WIDTH, round, steps, WIDTH } from './plot-curve.ts';
import type { PulseRun } from './run.ts';
import { type Interval, type Lanes, lanesOf, rowsOf, ruler, scaleFor, type Window } from './scope.ts';

const PATH_HEIGHT = 84;
const LANE_HEIGHT = 16;
const GAP = 10;
const HEAD = 30;
const FOOT = 40;
/** Windows that are closer than this are drawn as one; there may be ten thousand of them. */
const APART = 1;
/** Windows that are narrower than this may be drawn as one with their neighbours. */
const MINUTE = 8;
/** How many rows there are for boxes that overlap. */
const ROWS_MOST = 4;
/** Up to so many triggers, the arrival is drawn across all sequencers; more lines would hide the rest. */
const ARRIVALS_MOST = 40;
/** With more samples per column than this the band is drawn, else the steps. */
const SAMPLES_PER_COLUMN = 2;

const colours = {
  paper: '#ffffff',
  ink: '#1f2933',
  faint: '#8592a0',
  grid: '#e4e8ed',
  panel: '#f8fafc',
  path0: '#0b66c3',
  path1: '#c2570c',
  marker: '#1f8a4c',
  acquisition: '#7a3fc4',
  trigger: '#b7791f',
  wrong: '#c81e1e',
} as const;
const pathColours = [colours.path0, colours.path1] as const;
const FONT = 'font-family="Inter, Helvetica, Arial, sans-serif"';

export function svgPlot(run: PulseRun, window: Window, title: string): string {
  const parts: string[] = [];
  let top = HEAD;
  const all = lanesOf(run, window);
  for (const lanes of all) {
    const panel = new Panel(lanes, window, top, run.sequencers.length > 1);
    parts.push(panel.draw());
    top = panel.bottom + GAP * 2;
  }
  const height = top + FOOT - GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ${FONT} font-size="12">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="${colours.paper}"/>
<text x="${LEFT}" y="20" font-size="14" font-weight="600" fill="${colours.ink}">${escaped(title)}</text>
${rulerLines(window, HEAD, top - GAP)}
${arrivals(all, window, HEAD, top - GAP)}
${parts.join('\n')}
</svg>
`;
}

function xOf(timeNs: number, { fromNs, toNs }: Window): number {
  return LEFT + (Math.min(Math.max(timeNs, fromNs), toNs) - fromNs) * (INNER / (toNs - fromNs));
}

function rulerLines(window: Window, top: number, bottom: number): string {
  const { marks, unit, unitNs } = ruler(window, 10);
  const lines = marks.map((mark) => {
    const x = round(xOf(mark, window));
    const label = String(round(mark / unitNs));
    return `<path d="M${x} ${top}V${bottom}" stroke="${colours.grid}"/><text x="${x}" y="${bottom + 18}" text-anchor="middle" fill="${colours.faint}">${label}</text>`;
  });
  const name = `<text x="${LEFT - 10}" y="${bottom + 18}" text-anchor="end" fill="${colours.faint}">${unit}</text>`;
  return [...lines, name].join('\n');
}

/** A box, or several that touch in the drawing. */
interface Span {
  x: number;
  width: number;
  label: string;
  short: string;
  wrong: boolean;
  hover: string;
  fromNs: number;
  count: number;
}

/** The width of a text, with a margin on both sides, in the widest font that may be used when none of ours is installed. */
const widthOf = (text: string): number => text.length * 6.3 + 6;

/** The arrivals of triggers, across all sequencers, because a trigger acts in other panels than its own. */
function arrivals(all: Lanes[], window: Window, top: number, bottom: number): string {
  const times = all.flatMap(({ triggers }) => triggers.filter(({ wrong }) => !wrong).map(({ toNs }) => toNs));
  if (times.length > ARRIVALS_MOST) return '';
  const inside = times.filter((timeNs) => timeNs >= window.fromNs && timeNs <= window.toNs);
  return inside
    .map((timeNs) => {
      const x = round(xOf(timeNs, window));
      return `<path d="M${x} ${top}V${bottom}" stroke="${colours.trigger}" stroke-dasharray="2 3"/>`;
    })
    .join('\n');
}

class Panel {
  private readonly lanes: Lanes;
  private readonly window: Window;
  private readonly parts: string[] = [];
  private readonly top: number;
  bottom: number;

  constructor(lanes: Lanes, window: Window, top: number, named: boolean) {
    this.lanes = lanes;
    this.window = window;
    this.top = top;
    this.bottom = top + 20;
    if (named) this.text(LEFT, top + 13, lanes.name, `font-weight="600" fill="${colours.ink}"`);
  }

  draw(): string {
    const { lanes } = this;
    for (const path of [0, 1] as const) this.path(path);
    for (const [index, intervals] of lanes.markers.entries()) {
      if (intervals.length > 0) this.marker(index, intervals);
    }
    this.boxes('acquire', lanes.acquisitions, colours.acquisition);
    this.boxes('trigger', lanes.triggers, colours.trigger);
    this.boxes('skipped', lanes.skips, colours.faint);
    this.ending();
    return `<g>${this.parts.join('\n')}</g>`;
  }

  /** A path without output gets a line instead of a panel. */
  private silent(path: 0 | 1): void {
    const top = this.bottom;
    this.background(top, LANE_HEIGHT);
    this.parts.push(`<path d="M${LEFT} ${top + LANE_HEIGHT / 2}h${INNER}" stroke="${pathColours[path]}"/>`);
    this.label(top + LANE_HEIGHT - 4, `path ${path}`);
    this.bottom = top + LANE_HEIGHT + 4;
  }

  private path(path: 0 | 1): void {
    const samples = this.lanes.paths[path];
    if (samples.every((sample) => sample === 0)) {
      this.silent(path);
      return;
    }
    const top = this.bottom;
    const middle = top + PATH_HEIGHT / 2;
    const scale = scaleFor(this.lanes.peak);
    const half = PATH_HEIGHT / 2 - 6;
    const y = (sample: number) => round(middle - (sample / 32768 / scale) * half);
    this.background(top, PATH_HEIGHT);
    this.parts.push(`<path d="M${LEFT} ${middle}h${INNER}" stroke="${colours.grid}"/>`);
    this.label(top + PATH_HEIGHT / 2 + 4, `path ${path}`);
    this.text(LEFT - 10, top + 13, `+${scale}`, `text-anchor="end" font-size="10" fill="${colours.faint}"`);
    this.text(
      LEFT - 10,
      top + PATH_HEIGHT - 5,
      `−${scale}`,
      `text-anchor="end" font-size="10" fill="${colours.faint}"`,
    );
    const colour = pathColours[path];
    this.parts.push(
      samples.length > INNER * SAMPLES_PER_COLUMN
        ? `<path d="${band(samples, y)}" fill="${colour}"/>`
        : `<path d="${steps(samples, y)}" fill="none" stroke="${colour}" stroke-width="${LINE_WIDTH}" stroke-linejoin="round"/>`,
    );
    this.bottom = top + PATH_HEIGHT + 4;
  }

  private marker(index: number, intervals: Interval[]): void {
    const top = this.bottom;
    this.background(top, LANE_HEIGHT);
    this.label(top + LANE_HEIGHT - 4, `marker ${index + 1}`);
    for (const { x, width } of this.spans(intervals)) {
      this.parts.push(
        `<rect x="${x}" y="${top + 3}" width="${width}" height="${LANE_HEIGHT - 6}" fill="${colours.marker}"/>`,
      );
    }
    this.bottom = top + LANE_HEIGHT + 4;
  }

  /** Boxes with their names inside; boxes that overlap are in different rows. */
  private boxes(name: string, intervals: Interval[], colour: string): void {
    if (intervals.length === 0) return;
    const height = LANE_HEIGHT + 4;
    for (const [index, row] of rowsOf(intervals, ROWS_MOST).entries()) {
      const top = this.bottom;
      this.background(top, height);
      if (index === 0) this.label(top + height - 6, name);
      for (const span of this.spans(row)) this.box(span, top + 2, height - 4, span.wrong ? colours.wrong : colour);
      this.bottom = top + height;
    }
    this.bottom += 4;
  }

  private box({ x, width, label, short, hover }: Span, top: number, height: number, colour: string): void {
    this.parts.push(
      `<rect x="${x}" y="${top}" width="${width}" height="${height}" rx="2" fill="${colour}" fill-opacity="0.28" stroke="${colour}"><title>${escaped(hover)}</title></rect>`,
    );
    const text = [label, short].find((one) => one !== '' && widthOf(one) <= width);
    if (text === undefined) return;
    this.text(x + width / 2, top + height - 4, text, `text-anchor="middle" font-size="10" fill="${colours.ink}"`);
  }

  private ending(): void {
    const { underflowNs, endNs } = this.lanes;
    if (underflowNs !== undefined && underflowNs <= this.window.toNs) {
      const x = round(xOf(underflowNs, this.window));
      this.parts.push(`<path d="M${x} ${this.top + 18}V${this.bottom}" stroke="${colours.wrong}" stroke-width="2"/>`);
      const anchor = x > LEFT + INNER - 90 ? 'end' : 'start';
      this.text(
        x + (anchor === 'end' ? -5 : 5),
        this.top + 13,
        'underflow',
        `text-anchor="${anchor}" fill="${colours.wrong}"`,
      );
    } else if (endNs < this.window.toNs) {
      const x = round(xOf(endNs, this.window));
      this.parts.push(
        `<path d="M${x} ${this.top + 18}V${this.bottom}" stroke="${colours.faint}" stroke-dasharray="3 3"/>`,
      );
    }
  }

  /** The places of intervals in the drawing. Those that touch are drawn as one, without a name. */
  private spans(intervals: Interval[]): Span[] {
    const spans: Span[] = [];
    for (const { fromNs, toNs, label, short = '', wrong = false } of intervals) {
      const x = round(xOf(fromNs, this.window));
      const width = Math.max(1, round(xOf(toNs, this.window) - x));
      const last = spans.at(-1);
      if (last !== undefined && last.wrong === wrong && width < MINUTE && x - (last.x + last.width) < APART) {
        last.width = round(Math.max(last.width, x + width - last.x));
        [last.label, last.short] = ['', ''];
        last.count += 1;
        last.hover = `${last.count} of them, ${last.fromNs} to ${toNs} ns`;
      } else {
        const hover = `${label}${label === '' ? '' : ', '}${fromNs} to ${toNs} ns`;
        spans.push({ x, width, label, short, wrong, hover, fromNs, count: 1 });
      }
    }
    return spans;
  }

  private background(top: number, height: number): void {
    this.parts.push(
      `<rect x="${LEFT}" y="${top}" width="${INNER}" height="${height}" fill="${colours.panel}" fill-opacity="0.6" stroke="${colours.grid}"/>`,
    );
  }

  private label(y: number, text: string): void {
    this.text(LEFT - 10, y, text, `text-anchor="end" fill="${colours.ink}"`);
  }

  private text(x: number, y: number, text: string, attributes: string): void {
    this.parts.push(`<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(text)}</text>`);
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
