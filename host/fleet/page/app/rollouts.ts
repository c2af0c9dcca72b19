// Rollouts as cards: rings with how far they are, what it waits for, why it stopped, and what a person can do about it now.

import { element, table } from '../../../telemetry/page/app/elements.ts';
import { duration } from '../../../telemetry/page/app/format.ts';
import type { RingSummary, RolloutSummary } from '../../manage/summary.ts';
import { ringText } from '../../manage/words.ts';
import type { Question } from './why.ts';

export interface Command {
  label: string;
  command: Record<string, unknown>;
  /** Without: it is done at once. */
  question?: Question;
}

const shownMost = 50;

export function rolloutCards(rollouts: readonly RolloutSummary[], onCommand: (command: Command) => void): Node[] {
  if (rollouts.length === 0) return [element('p', { class: 'mute' }, "none yet: 'coldrig fleet rollout plan.yaml'")];
  const newest = [...rollouts].reverse();
  const cards = newest.slice(0, shownMost).map((rollout) => card(rollout, onCommand));
  if (newest.length > shownMost) cards.push(element('p', {}, `and ${newest.length - shownMost} older ones`));
  return cards;
}

function card(rollout: RolloutSummary, onCommand: (command: Command) => void): HTMLElement {
  const { id, name, state, release, cause, alerts, back, goingBack, notBack, waitsFor, rings } = rollout;
  const line = (text: string, kind = '') => element('p', { class: kind }, text);
  const buttons = commandsOf(rollout).map((command) => {
    const button = element(
      'button',
      { type: 'button', class: command.question?.needsReason ? 'danger' : '' },
      command.label,
    );
    button.onclick = () => onCommand(command);
    button.setAttribute('aria-label', `${command.label} rollout ${id}`);
    return button;
  });
  return element(
    'article',
    { class: `rollout ${kindOf(state)}`, 'aria-label': `Rollout ${id}` },
    element(
      'h3',
      {},
      `${id}: ${name}`,
      element('span', { class: `badge ${badgeOf(state)}` }, state.replaceAll('_', ' ')),
    ),
    line(`release ${release.name} ${release.version}`, 'mute'),
    ...(cause === null ? [] : [line(`because: ${cause}`, 'alarm')]),
    ...(waitsFor === null ? [] : [line(`waits for ${waitsFor}`)]),
    table(`Rings of rollout ${id}`, ['Ring', 'State', 'Confirmed', 'What else'], rings.map(ringRow)),
    // The one that stopped it is the cause.
    ...alerts
      .filter(({ device, detail }) => cause?.includes(`${device}: ${detail}`) !== true)
      .map(({ ring, device, gate, detail }) => line(`alert in ring ${ring}: ${gate} of ${device}: ${detail}`, 'alarm')),
    ...(back + goingBack === 0 ? [] : [line(`back on the image before: ${back}, on their way: ${goingBack}`)]),
    ...notBack.map((text) => line(`not back: ${text}`, 'alarm')),
    ...(buttons.length === 0 ? [] : [element('div', { class: 'actions' }, ...buttons)]),
  );
}

function ringRow(ring: RingSummary): (Node | string)[] {
  const { name, state, devices, confirmed } = ring;
  const bar = element('progress', {
    max: Math.max(1, devices),
    value: confirmed,
    'aria-label': `Confirmed in ring ${name}`,
  });
  const more = ringText(ring, (milliseconds) => duration(milliseconds / 1000));
  return [name, state, element('span', {}, bar, ` ${confirmed} of ${devices}`), more];
}

function kindOf(state: string): string {
  if (state === 'FINISHED') return 'is-ended';
  if (state === 'STOPPED' || state === 'STOPPING' || state === 'APPROVAL_DENIED') return 'is-stopped';
  return 'is-running';
}

function badgeOf(state: string): string {
  if (state === 'FINISHED') return 'good';
  return kindOf(state) === 'is-stopped' ? 'is-bad' : 'is-plain';
}

/** What its state allows; whether this person may, the server says. */
function commandsOf({ id, state, name }: RolloutSummary): Command[] {
  const plain = (label: string, word: string): Command => ({ label, command: { do: word, rollout: id } });
  const asked = (label: string, word: string, text: string): Command => ({
    ...plain(label, word),
    question: { title: `${label} rollout ${id}?`, text, yes: label, needsReason: false },
  });
  const stop = (label: string, scope: 'hold' | 'rollout', text: string): Command => ({
    label,
    command: { do: 'stop', rollout: id, scope },
    question: { title: `${label}: rollout ${id}, ${name}?`, text, yes: label, needsReason: true },
  });
  const back = stop(
    'Roll back',
    'rollout',
    'It ends, and every device that it has updated goes back to the image before.',
  );
  const hold = stop('Stop', 'hold', 'It ends. Devices that have confirmed keep the release.');
  switch (state) {
    case 'WAITING_FOR_APPROVAL':
      return [plain('Approve', 'approve'), asked('Deny', 'deny', 'It never starts.')];
    case 'READY':
      return [plain('Start', 'start'), hold];
    case 'RUNNING':
      return [plain('Pause', 'pause'), hold, back];
    case 'PAUSED':
      return [plain('Resume', 'resume'), hold, back];
    case 'FINISHED':
    case 'STOPPED':
      return [back];
    default:
      return [];
  }
}
