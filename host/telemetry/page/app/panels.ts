// Panels in the document: a heading, what it is about, the figures, and all of them as a table.
//
// What must stay true: what a chart shows can be read in its table; a panel that is shown again keeps what is open and what has the focus.

import type { Board, BoardCurve, BoardPanel } from '../board.ts';
import { Chart, colourOf } from './chart.ts';
import { element, table } from './elements.ts';
import { amount, duration, moment, type Zone } from './format.ts';

const legendMost = 12;
const SMALL = 6;

/** Where a curve or a row of a device leads. */
export type LinkOf = (labels: Readonly<Record<string, string>>) => string | undefined;

export class PanelView {
  readonly root: HTMLElement;
  private readonly content = element('div');
  private readonly details = element('details', {}, element('summary', {}, 'As a table'));
  private readonly note = element('p', { class: 'mute' });
  private readonly linkOf: LinkOf;
  private readonly zone: Zone;
  private chart: Chart | undefined;
  private legend: HTMLElement | undefined;
  private shown: [Board, BoardPanel] | undefined;

  constructor(panel: BoardPanel, index: number, linkOf: LinkOf, zone: Zone) {
    [this.linkOf, this.zone] = [linkOf, zone];
    const heading = element('h3', { id: `panel-${index}` }, panel.title);
    const about = panel.about === '' ? [] : [element('p', { class: 'mute' }, panel.about)];
    this.root = element(
      'section',
      { class: `panel${panel.width <= SMALL ? ' small' : ''}`, 'aria-labelledby': `panel-${index}` },
      ...[heading, ...about, this.content, this.note],
    );
    this.root.style.setProperty('--width', `${panel.width}`);
    if (panel.kind === 'timeseries') {
      const place = element('div', { class: 'plot', role: 'img' });
      const read = element('p', { class: 'read' });
      this.legend = element('ul', { class: 'legend' });
      this.content.append(place, read, this.legend, this.details);
      this.chart = new Chart(place, read, zone);
      this.details.addEventListener('toggle', () => this.showTable());
    }
  }

  show(board: Board, panel: BoardPanel): void {
    this.shown = [board, panel];
    const { curves, left, zero, sinceSeconds } = panel;
    const notes = [
      ...(zero === undefined ? [] : [`${zero} ${zero === 1 ? 'line is' : 'lines are'} 0 all the time.`]),
      ...(left === undefined
        ? []
        : [`${curves.length} of ${curves.length + left} are shown: choose a cryostat or a device.`]),
      ...(sinceSeconds === undefined
        ? []
        : [`Counted since ${moment(sinceSeconds, board.nowSeconds, this.zone)}: more is not kept here.`]),
    ];
    this.note.textContent = notes.join(' ');
    if (this.chart !== undefined) this.showChart(this.chart, board, panel);
    else this.content.replaceChildren(this.present(board, panel));
  }

  destroy(): void {
    this.chart?.destroy();
  }

  private showChart(chart: Chart, board: Board, panel: BoardPanel): void {
    const { curves, unit } = panel;
    chart.show(board, panel);
    const place = this.content.querySelector('.plot') as HTMLElement;
    place.hidden = curves.length === 0;
    place.setAttribute('aria-label', curves.length === 0 ? 'No data' : summaryOf(panel));
    const items = curves.slice(0, legendMost).map((curve, index) => {
      const swatch = element('i');
      swatch.style.background = colourOf(index);
      return element('li', {}, swatch, this.named(curve), ` ${amount(lastOf(curve), unit)}`);
    });
    if (curves.length > legendMost)
      items.push(element('li', {}, `and ${curves.length - legendMost} more, in the table`));
    this.legend?.replaceChildren(
      ...(curves.length === 0
        ? [element('li', {}, panel.zero === undefined ? 'No data in this time.' : 'Nothing happened.')]
        : items),
    );
    this.showTable();
  }

  /** Only while it is open. */
  private showTable(): void {
    if (this.shown === undefined || !this.details.open) return;
    const [, { title, curves, unit }] = this.shown;
    const rows = curves.map((curve) => {
      const known = curve.values.filter((value) => value !== null);
      const at = (of: (...values: number[]) => number) => (known.length === 0 ? null : of(...known));
      return [this.named(curve), ...[lastOf(curve), at(Math.min), at(Math.max)].map((value) => amount(value, unit))];
    });
    const focus = document.activeElement?.closest('.scroll') !== null && this.details.contains(document.activeElement);
    this.details.querySelector('.scroll')?.remove();
    this.details.append(
      table(`${title}: last, least and greatest value`, ['line', 'now', 'least', 'greatest'], rows, [1, 2, 3]),
    );
    if (focus) (this.details.querySelector('.scroll') as HTMLElement).focus();
  }

  private present(board: Board, panel: BoardPanel): Node {
    const { kind, curves, unit, limits, incidents } = panel;
    if (incidents !== undefined) return this.incidents(board, panel.title, incidents);
    if (curves.length === 0) return element('p', { class: 'mute' }, kind === 'table' ? 'None.' : 'Not known.');
    if (kind === 'stat')
      return element(
        'ul',
        { class: 'stats' },
        ...curves.map((curve) =>
          element(
            'li',
            {},
            element('b', { class: verdictOf(curve, limits) }, amount(lastOf(curve), unit)),
            this.named(curve),
          ),
        ),
      );
    if (kind === 'histogram') return histogram(panel);
    const largest = Math.max(...curves.map((curve) => lastOf(curve) ?? 0), ...(limits ?? []));
    const rows = [...curves]
      .sort((one, other) => (lastOf(other) ?? 0) - (lastOf(one) ?? 0))
      .map((curve) => {
        const value = lastOf(curve);
        const cells: (Node | string)[] = [this.named(curve)];
        if (curve.labels.runbook !== undefined)
          cells.push(element('a', { href: `/runbooks/${curve.labels.runbook}` }, 'runbook'));
        cells.push(
          element(
            'span',
            { class: verdictOf(curve, limits) },
            curve.words ?? curve.labels.version ?? amount(value, unit),
          ),
        );
        if (kind !== 'bargauge') return cells;
        const bar = element('span', { class: `bar ${verdictOf(curve, limits) ?? ''}` });
        bar.style.width = `${(100 * Math.max(0, value ?? 0)) / (largest || 1)}%`;
        return [...cells, bar];
      });
    const head = [
      'what',
      ...(curves.some(({ labels }) => labels.runbook !== undefined) ? ['what to do'] : []),
      'value',
      'share',
    ];
    const made = table(`${panel.title}, table`, head.slice(0, rows[0].length), rows);
    if (kind === 'bargauge') made.firstElementChild?.classList.add('bars');
    return made;
  }

  private incidents(board: Board, title: string, incidents: NonNullable<BoardPanel['incidents']>): Node {
    if (incidents.length === 0) return element('p', { class: 'mute' }, 'None.');
    const rows = [...incidents]
      .reverse()
      .map(({ name, cryostat, labels, fromSeconds, toSeconds }) => [
        moment(fromSeconds, board.nowSeconds, this.zone),
        cryostat,
        name,
        labels.device ?? '',
        toSeconds === undefined ? 'lasts' : duration(toSeconds - fromSeconds),
      ]);
    return table(`${title}, table`, ['from', 'cryostat', 'alert', 'device', 'lasted'], rows);
  }

  private named({ legend, labels }: BoardCurve): Node {
    const link = this.linkOf(labels);
    const name = legend || labels.device || labels.cryostat || 'all';
    return link === undefined ? document.createTextNode(name) : element('a', { href: link }, name);
  }
}

const lastOf = ({ values }: BoardCurve): number | null => values.at(-1) ?? values.at(-2) ?? null;

function verdictOf(curve: BoardCurve, limits: BoardPanel['limits']): string | undefined {
  const value = lastOf(curve);
  if (limits === undefined || value === null) return undefined;
  const [warning, bad] = limits;
  const isBeyond = (limit: number) => (bad < warning ? value <= limit : value >= limit);
  return isBeyond(bad) ? 'is-bad' : isBeyond(warning) ? 'is-warn' : 'is-good';
}

function summaryOf({ title, curves, unit }: BoardPanel): string {
  const all = curves.flatMap(({ values }) => values.filter((value) => value !== null));
  if (all.length === 0) return `${title}: no data`;
  const least = all.reduce((one, other) => Math.min(one, other));
  const greatest = all.reduce((one, other) => Math.max(one, other));
  const gaps = curves.some(({ values }) => values.slice(values.findIndex((value) => value !== null)).includes(null));
  const many = curves.length === 1 ? 'one line' : `${curves.length} lines`;
  return `${title}: ${many} between ${amount(least, unit)} and ${amount(greatest, unit)}${gaps ? ', with gaps' : ''}`;
}

const BINS = 12;

/** How many curves have a value in each of some ranges. */
function histogram({ title, curves, unit }: BoardPanel): Node {
  const values = curves.flatMap((curve) => lastOf(curve) ?? []);
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const width = (greatest - least) / BINS || 1;
  const counts = new Array<number>(greatest === least ? 1 : BINS).fill(0);
  for (const value of values) counts[Math.min(counts.length - 1, Math.floor((value - least) / width))]++;
  const most = Math.max(...counts);
  const rows = counts.map((count, bin) => {
    const bar = element('span', { class: 'bar' });
    bar.style.width = `${(100 * count) / most}%`;
    return [amount(least + bin * width, unit), `${count}`, bar];
  });
  const made = table(`${title}, table`, ['from', 'how many', 'share'], rows, [0, 1]);
  made.firstElementChild?.classList.add('bars');
  return made;
}
