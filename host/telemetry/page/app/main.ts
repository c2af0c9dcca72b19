// The page of the embedded gateway: asks for a board, shows it, asks again. What is chosen is in the address, so that it can be passed on.

import type { Board, BoardDevice } from '../board.ts';
import { spans } from '../spans.ts';
import { AlertsView } from './alerts.ts';
import { byId, element, table } from './elements.ts';
import { duration, moment, type Zone, zoneName } from './format.ts';
import { PanelView } from './panels.ts';
import { applyTheme, chooseTheme, remembered, theme, themes } from './theme.ts';

const usualBoard = 'on-call';
const devicesMost = 200;
/** Panels that are drawn before anything is painted: those that a large screen shows. */
const AT_ONCE = 6;
/** Times of a refresh without an answer, until the page says that it is old. */
const LATE_REFRESHES = 2;

const select = (id: string) => byId<HTMLSelectElement>(id);

const alertsView = new AlertsView(byId('alert-list'), byId('news'));
let panels: PanelView[] = [];
let layout = '';
let drawn = '';
let board: Board | undefined;
let timer = 0;
let asked = 0;
let answeredMs = performance.now();

const chosen = () => new URLSearchParams(location.search);
const zone = (): Zone => (remembered('zone', 'local') === 'UTC' ? 'UTC' : 'local');

/** The address of the page with other choices; an empty text takes a choice away. */
function addressWith(changes: Record<string, string>): string {
  const words = chosen();
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') words.delete(name);
    else words.set(name, value);
  }
  return `/?${words}`;
}

const linkOf = ({ cryostat, device }: Readonly<Record<string, string>>): string | undefined =>
  device === undefined
    ? undefined
    : addressWith({ board: 'debug', device, ...(cryostat !== undefined && { cryostat }) });

async function load(): Promise<void> {
  const number = ++asked;
  clearTimeout(timer);
  const words = chosen();
  if (!words.has('board')) words.set('board', usualBoard);
  try {
    const answer = await fetch(`/api/board?${words}`, { signal: AbortSignal.timeout(10_000) });
    const body = (await answer.json()) as Board & { error?: string };
    if (number !== asked) return;
    if (!answer.ok) throw new Error(body.error ?? `it answered ${answer.status}`);
    answeredMs = performance.now();
    trouble('');
    board = body;
    show(body);
    if (number === 1) requestAnimationFrame(() => performance.mark('figures'));
  } catch (error) {
    if (number !== asked) return;
    const old = (performance.now() - answeredMs) / 1000;
    if (board === undefined || old > LATE_REFRESHES * board.refreshSeconds || (error as Error).name !== 'TimeoutError')
      trouble(`No answer from the gateway (${(error as Error).message}). What is shown is ${duration(old)} old.`);
  }
  // An hour of the executive board may rest for minutes, a gateway that is away is asked sooner.
  timer = window.setTimeout(
    () => void load(),
    1000 * Math.min(board?.refreshSeconds ?? 5, byId('trouble').hidden ? 300 : 5),
  );
}

function trouble(text: string): void {
  const place = byId('trouble');
  document.body.classList.toggle('old', text !== '');
  place.hidden = text === '';
  if (place.textContent !== text) place.textContent = text;
}

function show(now: Board): void {
  const pages = now.alerts.filter(({ severity, silencedBy }) => severity === 'page' && silencedBy === undefined).length;
  document.title = `${pages > 0 ? `(${pages}) ` : ''}${now.title}`;
  byId('title').textContent = now.title;
  byId('about').textContent = now.about;
  byId('state').textContent =
    `As of ${moment(now.nowSeconds, now.nowSeconds, zone())}, ${zoneName(zone())}. Gateway ${now.gateway.name}, coldrig ${now.gateway.version}.`;
  showChoices(now);
  alertsView.show(now, linkOf, zone());
  showPanels(now);
  showDevices(now);
}

function showChoices(now: Board): void {
  const links = now.boards.map(({ name, title }) => {
    const isHere = name === now.name;
    return element(
      'a',
      { href: addressWith({ board: name }), 'aria-current': isHere && 'page' },
      title.replace('coldrig: ', ''),
    );
  });
  const nav = byId('boards');
  if (nav.innerHTML !== links.map((link) => link.outerHTML).join('')) {
    const focus = Array.from(nav.children).indexOf(document.activeElement as Element);
    nav.replaceChildren(...links);
    (nav.children[focus] as HTMLElement | undefined)?.focus();
  }
  const { cryostat = '', device = '' } = now.chosen;
  options(
    'cryostat',
    ['', ...new Set([...now.cryostats, cryostat])].filter((one, at) => at === 0 || one !== ''),
    cryostat,
    'all',
  );
  const devices = now.devices.filter((one) => cryostat === '' || one.cryostat === cryostat).map((one) => one.device);
  select('device').disabled = now.name !== 'debug';
  options(
    'device',
    ['', ...new Set([...devices, device])].filter((one, at) => at === 0 || one !== ''),
    device,
    'all',
  );
  const span =
    spans.find(([seconds]) => seconds >= now.nowSeconds - now.fromSeconds - now.stepSeconds) ?? spans[spans.length - 1];
  options(
    'span',
    spans.map(([, words]) => words),
    span[1],
  );
}

function options(id: string, values: readonly string[], value: string, empty = ''): void {
  const place = select(id);
  const key = values.join('\n');
  if (place.dataset.values !== key) {
    place.dataset.values = key;
    place.replaceChildren(...values.map((one) => element('option', { value: one }, one === '' ? empty : one)));
  }
  place.value = value;
}

function showPanels(now: Board): void {
  const shown = now.panels.filter(({ isAlerts }) => !isAlerts);
  const key = JSON.stringify([now.name, zone(), document.documentElement.dataset.theme, now.chosen, now.panels.length]);
  if (key !== layout) {
    layout = key;
    for (const panel of panels) panel.destroy();
    panels = shown.map((panel, index) => new PanelView(panel, index, linkOf, zone()));
    byId('panels').replaceChildren(...panels.map(({ root }) => root));
  }
  const views = panels;
  const isNew = key !== drawn;
  drawn = key;
  for (const [index, panel] of shown.entries()) {
    // What is further down waits until the first figures are painted.
    if (isNew && index >= AT_ONCE) setTimeout(() => views === panels && views[index].show(now, panel));
    else views[index].show(now, panel);
  }
  if (isNew) setTimeout(() => performance.mark('all-figures'));
}

function showDevices(now: Board): void {
  const { cryostat } = now.chosen;
  const mine = now.devices.filter((one) => cryostat === undefined || one.cryostat === cryostat);
  const silence = ({ lastRecordSeconds }: BoardDevice) =>
    lastRecordSeconds === null ? Number.POSITIVE_INFINITY : now.nowSeconds - lastRecordSeconds;
  const rows = [...mine]
    .sort((one, other) => silence(other) - silence(one))
    .slice(0, devicesMost)
    .map((one) => [
      one.lastRecordSeconds === null
        ? one.device
        : element('a', { href: linkOf({ cryostat: one.cryostat, device: one.device }) }, one.device),
      one.cryostat,
      one.version ?? '',
      one.lastRecordSeconds === null
        ? `never${one.target === undefined || one.target === one.device ? '' : ` (${one.target})`}`
        : `${duration(Math.max(0, silence(one)))} ago`,
    ]);
  const place = byId('devices');
  const focus = place.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : undefined;
  place.replaceChildren(
    rows.length === 0
      ? element('p', { class: 'mute' }, 'None.')
      : table('Devices, the longest silent first', ['device', 'cryostat', 'image', 'last record'], rows),
    ...(mine.length > devicesMost
      ? [element('p', { class: 'mute' }, `${devicesMost} of ${mine.length}: choose a cryostat.`)]
      : []),
  );
  if (focus) place.querySelector<HTMLElement>(`a[href="${CSS.escape(focus)}"]`)?.focus();
}

function go(address: string): void {
  history.pushState(null, '', address);
  void load();
}

options('theme', themes, theme());
options('zone', ['local', 'UTC'], zone());
applyTheme(() => board !== undefined && show(board));
select('theme').addEventListener('change', () => {
  chooseTheme(select('theme').value);
});
select('zone').addEventListener('change', () => {
  localStorage.setItem('coldrig-zone', select('zone').value);
  if (board !== undefined) show(board);
});
select('cryostat').addEventListener('change', () =>
  go(addressWith({ cryostat: select('cryostat').value, device: '' })),
);
select('device').addEventListener('change', () => go(addressWith({ device: select('device').value })));
select('span').addEventListener('change', () => {
  const [seconds] = spans.find(([, words]) => words === select('span').value) ?? spans[0];
  go(addressWith({ span: `${seconds}` }));
});
byId('choices').addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest('a');
  const isOwn = link?.getAttribute('href')?.startsWith('/?');
  if (!isOwn || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(link?.getAttribute('href') as string);
});
addEventListener('popstate', () => void load());
addEventListener('online', () => void load());
void load();
