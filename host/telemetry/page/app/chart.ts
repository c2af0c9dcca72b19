// A chart of the curves of a panel, by uPlot. A gap in the data is a gap in the line.

import uPlot from 'uplot';
import type { Board, BoardPanel } from '../board.ts';
import { amount, axisText, moment, type Zone } from './format.ts';

const HEIGHT = 220;
export const COLOURS = 8;

export const colourOf = (index: number): string => `var(--c${index % COLOURS})`;

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Chart {
  private readonly place: HTMLElement;
  private readonly read: HTMLElement;
  private readonly zone: Zone;
  private plot: uPlot | undefined;
  private curves = '';
  private readonly watch: ResizeObserver;

  /** `read`: where the value under the pointer is told. */
  constructor(place: HTMLElement, read: HTMLElement, zone: Zone) {
    [this.place, this.read, this.zone] = [place, read, zone];
    this.watch = new ResizeObserver(() => this.plot?.setSize({ width: this.place.clientWidth, height: HEIGHT }));
    this.watch.observe(place);
  }

  show(board: Board, panel: BoardPanel): void {
    const times = (panel.curves[0]?.values ?? []).map((_, at) => board.fromSeconds + (at + 1) * board.stepSeconds);
    const data = [times, ...panel.curves.map(({ values }) => values)] as uPlot.AlignedData;
    const curves = panel.curves.map(({ legend }) => legend).join('\n');
    if (this.plot !== undefined && curves === this.curves) {
      this.plot.setData(data);
      return;
    }
    this.curves = curves;
    this.plot?.destroy();
    this.plot = panel.curves.length === 0 ? undefined : new uPlot(this.options(board, panel), data, this.place);
  }

  destroy(): void {
    this.watch.disconnect();
    this.plot?.destroy();
  }

  private options(board: Board, { curves, unit, isLogarithmic }: BoardPanel): uPlot.Options {
    const axis: uPlot.Axis = {
      ...{ stroke: css('--mute'), font: '12px system-ui, sans-serif' },
      ...{ grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line'), width: 1 } },
    };
    const tell = (plot: uPlot) => {
      const { idx } = plot.cursor;
      const at = plot.series.findIndex((one, index) => index > 0 && (one as { _focus?: boolean })._focus === true);
      const curve = curves[at - 1] ?? (curves.length === 1 ? curves[0] : undefined);
      this.read.textContent =
        typeof idx !== 'number' || curve === undefined
          ? ''
          : `${moment(plot.data[0][idx], board.nowSeconds, this.zone)}  ${curve.legend}: ${amount(curve.values[idx], unit)}`;
    };
    return {
      ...{ width: Math.max(200, this.place.clientWidth), height: HEIGHT, legend: { show: false } },
      tzDate: (seconds) =>
        this.zone === 'UTC' ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000),
      focus: { alpha: 0.25 },
      cursor: { focus: { prox: 24 }, y: false },
      scales: {
        x: { range: [board.fromSeconds, board.fromSeconds + curves[0].values.length * board.stepSeconds] },
        ...(isLogarithmic && { y: { distr: 3 as const } }),
      },
      axes: [
        { ...axis, size: 30, values: (_, splits) => clock(splits, this.zone) },
        {
          ...axis,
          size: 72,
          values: (_, values) => values.map((value) => (value === null ? '' : axisText(value, unit))),
        },
      ],
      series: [
        {},
        ...curves.map(({ legend }, index) => ({
          ...{ label: legend, stroke: css(`--c${index % COLOURS}`), width: 1.5, spanGaps: false },
          // Colours come again: then the line is broken.
          ...(index >= COLOURS && { dash: [6, 2 + 2 * Math.floor(index / COLOURS)] }),
          points: { size: 3 },
        })),
      ],
      hooks: { setCursor: [tell], setSeries: [tell] },
    };
  }
}

/** Hours and minutes; the day in front where it is another than that before. */
function clock(splits: readonly number[], zone: Zone): string[] {
  const timeZone = zone === 'UTC' ? 'UTC' : undefined;
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const date = new Intl.DateTimeFormat('en-CA', { timeZone, month: '2-digit', day: '2-digit' });
  let before = '';
  return splits.map((seconds) => {
    const day = date.format(seconds * 1000);
    const shown = before !== '' && day !== before ? day : time.format(seconds * 1000);
    before = day;
    return shown;
  });
}
