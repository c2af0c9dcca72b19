// The alerts that fire, for somebody who was woken by one: which fridge, what it means, what to do, what was changed last.

import type { PresentAlert } from '../../monitoring/notification.ts';
import type { Board } from '../board.ts';
import { element } from './elements.ts';
import { duration, moment, type Zone } from './format.ts';
import type { LinkOf } from './panels.ts';

const order = ['page', 'ticket', 'review'];
/** Longer than this, nobody has news of a board that watches every 15 s. */
const shownMost = 60;

export class AlertsView {
  private readonly place: HTMLElement;
  private readonly news: HTMLElement;
  private shown = '';
  private known: Set<string> | undefined;

  constructor(place: HTMLElement, news: HTMLElement) {
    [this.place, this.news] = [place, news];
  }

  show(board: Board, linkOf: LinkOf, zone: Zone): void {
    const { alerts, sinceSeconds, devices } = board;
    this.announce(alerts);
    // Times that pass change nothing: what has the focus and what is open stays.
    const key = JSON.stringify([
      alerts.map(({ labels, silencedBy, changed }) => [labels, silencedBy, changed]),
      devices.length === 0,
      sinceSeconds === null,
      zone,
    ]);
    if (key === this.shown) return;
    this.shown = key;
    const sorted = [...alerts].sort((one, other) => rank(one) - rank(other) || other.sinceSeconds - one.sinceSeconds);
    const loud = sorted.filter(({ silencedBy }) => silencedBy === undefined);
    const silenced = sorted.filter(({ silencedBy }) => silencedBy !== undefined);
    const cards = loud.slice(0, shownMost).map((alert) => this.card(alert, board, linkOf, zone));
    if (loud.length > shownMost) cards.push(element('p', {}, `and ${loud.length - shownMost} more: choose a cryostat`));
    if (loud.length === 0) cards.push(quiet(board));
    if (silenced.length > 0)
      cards.push(
        element(
          'details',
          {},
          element('summary', {}, `${silenced.length} more that something else explains`),
          ...silenced.slice(0, shownMost).map((alert) => this.card(alert, board, linkOf, zone)),
        ),
      );
    this.place.replaceChildren(...cards);
  }

  /** Says what is new; nothing of what was there when the page was opened. */
  private announce(alerts: readonly PresentAlert[]): void {
    const loud = alerts.filter(({ silencedBy }) => silencedBy === undefined);
    const keys = new Set(loud.map(({ labels }) => JSON.stringify(labels)));
    const fresh = loud.filter(({ labels }) => this.known !== undefined && !this.known.has(JSON.stringify(labels)));
    if (fresh.length > 0)
      this.news.textContent = fresh.map(({ severity, summary }) => `New ${severity}: ${summary}`).join('. ');
    this.known = keys;
  }

  private card(alert: PresentAlert, board: Board, linkOf: LinkOf, zone: Zone): HTMLElement {
    const { severity, cryostat, device, name, summary, runbook, sinceSeconds, silencedBy, labels } = alert;
    const link = linkOf(labels);
    const where =
      device === undefined
        ? []
        : [link === undefined ? `device ${device}` : element('a', { href: link }, `device ${device}`)];
    const todo = element(
      'details',
      { open: severity === 'page' && silencedBy === undefined },
      element('summary', {}, 'What to do'),
    );
    const steps = element('div');
    // Made by the gateway from its own pages (host/tools/runbooks.ts), where all text is escaped.
    steps.innerHTML = board.steps[runbook] ?? '';
    todo.append(steps, element('p', {}, element('a', { href: `/runbooks/${runbook}` }, `Runbook: ${runbook}`)));
    return element(
      'article',
      { class: `alert ${severity}${silencedBy === undefined ? '' : ' silenced'}` },
      element('h3', {}, element('span', { class: `badge ${severity}` }, severity), `Cryostat ${cryostat}`, ...where),
      element('p', {}, `${summary}.`),
      element(
        'p',
        { class: 'mute' },
        `${name}, since ${moment(sinceSeconds, board.nowSeconds, zone)}. ${changedText(alert, board.nowSeconds)}`,
        ...(silencedBy === undefined ? [] : [` Nobody is told: ${silencedBy} explains it.`]),
      ),
      todo,
    );
  }
}

const rank = ({ severity }: PresentAlert) => order.indexOf(severity);

function changedText({ changed }: PresentAlert, nowSeconds: number): string {
  const ago = (seconds?: number) =>
    seconds === undefined ? 'none seen' : `${duration(Math.max(0, nowSeconds - seconds))} ago`;
  const image = changed.image === undefined ? '' : `Image ${changed.image}. `;
  return `${image}Last update: ${ago(changed.updateSeconds)}; last calibration: ${ago(changed.calibrationSeconds)}.`;
}

/** No alert may mean that all is well, or that nobody looks. */
function quiet({ devices, sinceSeconds }: Board): HTMLElement {
  const silent = devices.filter(({ lastRecordSeconds }) => lastRecordSeconds === null).length;
  if (sinceSeconds === null || devices.length === silent)
    return element('p', { class: 'unknown' }, 'No device has sent anything yet, so nothing can be said.');
  if (silent > 0)
    return element(
      'p',
      { class: 'unknown' },
      `No alerts, but ${silent} of ${devices.length} devices have never sent anything.`,
    );
  return element('p', { class: 'quiet' }, 'No alerts.');
}
