// The page of the fleet in a browser: the same as `coldrig fleet status`, `history` and `audit show`, and what a person can do about a rollout.
//
// What must stay true: nothing is shown or done without a credential, and the server decides both; what has the focus stays while nothing has changed.

import { byId, element, table } from '../../../telemetry/page/app/elements.ts';
import { applyTheme, chooseTheme, theme, themes } from '../../../telemetry/page/app/theme.ts';
import type { AuditEvent } from '../../audit/event.ts';
import type { DeviceSummary, RolloutSummary } from '../../manage/summary.ts';
import { versionsText } from '../../manage/words.ts';
import type { Recorded } from '../../rollout/events.ts';
import { ask, keepToken, Refused, tokenOf } from './ask.ts';
import { type Command, rolloutCards } from './rollouts.ts';
import { askWhy } from './why.ts';

const rolloutsMs = 3_000;
/** Devices, history and audit log: every so many looks at the rollouts. */
const othersEach = 4;
const shownMost = 100;
const devicesMost = 2_000;

let looks = 0;
const shown = new Map<string, string>();

/** Puts it there if it is not what is there already. */
function put(id: string, data: unknown, nodes: () => (Node | string)[]): void {
  const text = JSON.stringify(data);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  byId(id).replaceChildren(...nodes());
}

function trouble(text: string | undefined): void {
  const place = byId('trouble');
  place.hidden = text === undefined;
  place.textContent = text ?? '';
}

/** Counts who asks: what was asked for somebody who has been forgotten since is not shown. */
let askers = 0;

async function look(): Promise<void> {
  const asker = askers;
  const isGone = () => asker !== askers;
  try {
    const { content } = await ask<{ content: RolloutSummary[] }>('rollouts');
    const { name } = await ask<{ name: string }>('me');
    if (isGone()) return;
    put('rollout-list', content, () => rolloutCards(content, (command) => void perform(command)));
    if (looks++ % othersEach === 0) await others(isGone);
    if (isGone()) return;
    byId('about').textContent = `as ${name}, ${new Date().toLocaleTimeString()}`;
    byId('forget').hidden = tokenOf() === '';
  } catch (error) {
    if (isGone()) return;
    if (error instanceof Refused && error.status === 401) return nobody();
    byId('about').textContent = 'old: the server does not answer';
    trouble((error as Error).message);
    return;
  }
  if (shown.get('trouble') !== 'command') trouble(undefined);
}

function nobody(): void {
  const isWrong = tokenOf() !== '';
  byId('about').textContent = 'not let in';
  trouble(isWrong ? 'This token is not good here, or not any more.' : undefined);
  for (const id of ['rollout-list', 'devices', 'history', 'audit', 'versions']) byId(id).replaceChildren();
  shown.clear();
  byId('rollout-list').append(
    element('p', { class: 'unknown' }, 'Give your token, or open this page with your certificate.'),
  );
  looks = 0;
}

async function others(isGone: () => boolean): Promise<void> {
  const [devices, audit, { total }] = await Promise.all([
    ask<{ content: DeviceSummary[] }>('targets'),
    ask<{ content: (AuditEvent & { index: number })[] }>(`audit?last=${shownMost}`),
    ask<{ total: number }>('events?from=999999999'),
  ]);
  const history = await ask<{ content: Recorded[] }>(`events?from=${Math.max(0, total - shownMost)}`);
  if (isGone()) return;
  put(
    'versions',
    devices.content.map(({ version }) => version),
    () => [versionsText(devices.content)],
  );
  put('devices', devices.content, () => [devicesTable(devices.content)]);
  put('history', history.content, () => [historyTable([...history.content].reverse())]);
  put('audit', audit.content, () => [auditTable([...audit.content].reverse())]);
}

function devicesTable(devices: readonly DeviceSummary[]): HTMLElement {
  const rows = devices
    .slice(0, devicesMost)
    .map(({ name, cryostat, version, action, seen, failed }) => [
      ...[name, cryostat ?? '', version ?? 'not known'],
      action === null ? '' : `${action.kind} ${action.state} (rollout ${action.rollout})`,
      ...[timeText(seen) || 'not seen since the server began', failed.join('; ')],
    ]);
  return table('Every device', ['Device', 'Cryostat', 'Version', 'Action', 'Seen', 'Failed'], rows);
}

function historyTable(events: readonly Recorded[]): HTMLElement {
  const rows = events
    .filter(({ type }) => type !== 'time-passed' && type !== 'device-reported')
    .map(({ type, wall, who, atMs: _, ...facts }) => [
      ...[timeText(wall), type.replaceAll('-', ' '), who ?? 'the fleet', factsText(facts)],
    ]);
  return table('Events of the fleet', ['Time', 'What', 'Who', 'Facts'], rows);
}

const hidden = ['tokenHash', 'baseline', 'rings', 'release'];

function factsText(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .filter(([name, value]) => !hidden.includes(name) && typeof value !== 'object')
    .map(([name, value]) => `${name} ${/^[0-9a-f]{64}$/.test(`${value}`) ? `${value}`.slice(0, 12) : value}`)
    .join(', ');
}

function auditTable(entries: readonly (AuditEvent & { index: number })[]): HTMLElement {
  const rows = entries.map(({ index, time, who, verb, what, decision, reason }) => [
    ...[`${index}`, timeText(time), `${who.kind} ${who.name}`, verb, `${what.kind} ${what.name}`],
    decision === 'refused' || decision === 'failed' ? element('span', { class: 'alarm' }, decision) : decision,
    reason.length > 300 ? `${reason.slice(0, 300)}…` : reason,
  ]);
  return table('Entries of the audit log', ['Entry', 'Time', 'Who', 'Asked', 'About', 'Decision', 'Why'], rows, [0]);
}

const timeText = (time: string | null | undefined) => (time ? new Date(time).toLocaleString() : '');

async function perform({ command, question, label }: Command): Promise<void> {
  const reason = question === undefined ? '' : await askWhy(question);
  if (reason === undefined) return;
  shown.delete('trouble');
  try {
    await ask('commands', question?.needsReason ? { ...command, reason } : command);
    trouble(undefined);
  } catch (error) {
    shown.set('trouble', 'command');
    trouble(`${label}: ${(error as Error).message}`);
  }
  looks = 0;
  await look();
}

function begin(): void {
  const select = byId<HTMLSelectElement>('theme');
  select.append(...themes.map((name) => element('option', { selected: name === theme() }, name)));
  select.onchange = () => chooseTheme(select.value);
  applyTheme();
  byId('credential').onsubmit = (event) => {
    event.preventDefault();
    const input = byId<HTMLInputElement>('token');
    keepToken(input.value.trim());
    askers++;
    input.value = '';
    looks = 0;
    void look();
  };
  byId('forget').onclick = () => {
    keepToken('');
    askers++;
    nobody();
    byId('forget').hidden = true;
  };
  const again = async () => {
    if (!document.hidden) await look();
    setTimeout(() => void again(), rolloutsMs);
  };
  void again();
}

begin();
