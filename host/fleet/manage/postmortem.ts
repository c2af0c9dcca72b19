// The record of a rollout for a postmortem, as Markdown: what happened when, to whom, and who did what. People write the causes and what is to be changed.
//
// What must stay true: made of the events alone, so that anybody can make it again and compare; what the events do not say is left to be written, and marked.

import type { Recorded } from '../rollout/events.ts';

export interface Postmortem {
  text: string;
  /** From the first action of the rollout to the moment when it was stopped, and from there until nobody had anything left to do; null: that did not happen. */
  detectedMs: number | null;
  rolledBackMs: number | null;
  /** Devices that got the release, and how many of them went back. */
  touched: string[];
  back: string[];
}

type Of<Type extends Recorded['type']> = Extract<Recorded, { type: Type }>;

/** `release`: its name and version. Undefined: there is no such rollout among the events. */
export function postmortemOf(events: readonly Recorded[], rollout: number, release: string): Postmortem | undefined {
  const actions = new Map<number, Of<'action-created'>>();
  for (const event of events)
    if (event.type === 'action-created' && event.rollout === rollout) actions.set(event.action, event);
  const own = eventsOf(events, rollout, actions);
  const created = own.find((event) => event.type === 'rollout-created');
  if (created?.type !== 'rollout-created') return undefined;
  const first = own.find(({ type }) => type === 'action-created');
  const stop = own.find(({ type }) => type === 'ring-failed' || type === 'rollout-ended');
  const end = own.findLast(({ type }) => type === 'rollout-stopped');
  const touched = unique([...actions.values()].filter(({ kind }) => kind === 'update').map(({ device }) => device));
  const detectedMs = first && stop ? stop.atMs - first.atMs : null;
  const rolledBackMs = stop && end ? end.atMs - stop.atMs : null;
  const back = backOf(own, actions);
  const facts: [string, string][] = [
    ['release', release],
    ['made by', created.who ?? 'not known'],
    ['began', (first ?? created).wall ?? ''],
    ['stopped because', stop === undefined ? 'it was not stopped' : causeOf(stop)],
    ['time to detect', spanText(detectedMs)],
    ['time to rolled back', spanText(rolledBackMs)],
    ['devices that got it', `${touched.length}: ${listText(touched)}`],
    ['of these back on the old image', `${back.length}: ${listText(back)}`],
  ];
  const text = [
    `# Rollout ${rollout}, ${created.name}`,
    '',
    '| | |\n|---|---|',
    ...facts.map(([name, value]) => `| ${name} | ${cell(value)} |`),
    '',
    '## Timeline',
    '',
    'Times are of the server. `+` counts from the first update, by the clock of the fleet, which stands while no server is there.',
    '',
    '| time | + | what | who |\n|---|---|---|---|',
    ...timeline(own, actions, (first ?? created).atMs),
    '',
    '## To be written by people',
    '',
    '- What did users notice, from when to when?',
    '- What was the cause, and why did nothing before the first ring show it?',
    '- What will be changed, by whom, until when?',
    '',
  ];
  return { text: text.join('\n'), detectedMs, rolledBackMs, touched, back };
}

/** Those of the rollout, and of its devices until it is over: that one got another agent meanwhile may be the cause. */
function eventsOf(
  events: readonly Recorded[],
  rollout: number,
  actions: ReadonlyMap<number, Of<'action-created'>>,
): Recorded[] {
  const isOwn = (event: Recorded) =>
    ('rollout' in event && event.rollout === rollout) || ('action' in event && actions.has(event.action));
  const [first, last] = [events.findIndex(isOwn), events.findLastIndex(isOwn)];
  const devices = new Set([...actions.values()].map(({ device }) => device));
  const isOfAgent = (event: Recorded, at: number) =>
    (event.type === 'agent-taken' || event.type === 'agent-freed') &&
    devices.has(event.device) &&
    at > first &&
    at < last;
  return events.filter((event, at) => isOwn(event) || isOfAgent(event, at));
}

/** Devices that the server took back, or that went back, or gave up, by themselves. */
function backOf(own: readonly Recorded[], actions: ReadonlyMap<number, Of<'action-created'>>): string[] {
  const back: string[] = [];
  for (const event of own) {
    if (event.type !== 'action-ended') continue;
    const { device, kind } = actions.get(event.action) as Of<'action-created'>;
    if ((kind === 'rollback') === (event.state === 'FINISHED')) back.push(device);
  }
  return unique(back);
}

function causeOf(event: Recorded): string {
  return event.type === 'ring-failed' || event.type === 'rollout-ended' ? event.cause : '';
}

/** What devices did is one line for those that did it in a row. */
function timeline(
  own: readonly Recorded[],
  actions: ReadonlyMap<number, Of<'action-created'>>,
  fromMs: number,
): string[] {
  const lines: string[] = [];
  for (let at = 0; at < own.length; ) {
    const what = wordsOf(own[at], actions);
    let next = at + 1;
    if (what !== undefined) {
      const devices = [what.device];
      for (; next < own.length; next++) {
        const other = wordsOf(own[next], actions);
        if (other !== undefined && (other.words !== what.words || what.device === undefined)) break;
        if (other !== undefined) devices.push(other.device);
      }
      const named = devices.filter((one) => one !== undefined);
      const whom = named.length === 0 ? '' : `${listText(unique(named))}: `;
      const { wall = '', atMs, who = 'the fleet' } = own[at];
      lines.push(`| ${wall} | ${spanText(atMs - fromMs)} | ${cell(`${whom}${what.words}`)} | ${cell(who)} |`);
    }
    at = next;
  }
  return lines;
}

interface Words {
  device?: string;
  words: string;
}

/** Undefined: nothing that a reader of a postmortem looks for. */
function wordsOf(event: Recorded, actions: ReadonlyMap<number, Of<'action-created'>>): Words | undefined {
  switch (event.type) {
    case 'rollout-created':
      return {
        words: `the rollout is made: ${event.rings.map(({ name, devices }) => `${name} (${devices.length})`).join(', ')}`,
      };
    case 'rollout-paused':
      return { words: `paused: ${event.by}` };
    case 'rollout-ended':
      return { words: `ended: ${event.cause}` };
    case 'ring-started':
    case 'ring-confirmed':
    case 'ring-finished':
      return { words: `ring ${event.ring + 1} is ${event.type.slice('ring-'.length)}` };
    case 'ring-failed':
      return { words: `ring ${event.ring + 1} has failed: ${event.cause}` };
    case 'gate-alert':
      return { device: event.device, words: `**alert**, ${event.gate}: ${event.detail}` };
    case 'action-created':
      return { device: event.device, words: event.kind === 'update' ? 'is to get the release' : 'is to go back' };
    case 'action-ended': {
      const { device, kind } = actions.get(event.action) as Of<'action-created'>;
      const how = { FINISHED: 'done', ERROR: 'failed', CANCELED: 'given up' }[event.state];
      return { device, words: `${kind} ${how}${event.state === 'ERROR' ? `: ${event.detail}` : ''}` };
    }
    case 'cancel-asked':
      return { device: actions.get(event.action)?.device, words: 'is told to give it up' };
    case 'rollback-impossible':
    case 'device-waived':
      return { device: event.device, words: `${event.type.replace('-', ' ')}: ${event.reason}` };
    case 'device-strayed':
    case 'device-blocked':
      return { device: event.device, words: `${event.type.replace('-', ' ')}: ${event.detail}` };
    case 'agent-taken':
      return { device: event.device, words: `has the agent ${event.place}` };
    case 'agent-freed':
      return { device: event.device, words: `is taken from its agent: ${event.reason}` };
    case 'action-state':
    case 'time-passed':
      return undefined;
    default:
      return { words: event.type.replaceAll('-', ' ') };
  }
}

const namesMost = 5;
const unique = (names: readonly string[]) => [...new Set(names)];
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function listText(names: readonly string[]): string {
  const more = names.length > namesMost ? ` and ${names.length - namesMost} more` : '';
  return `${names.slice(0, namesMost).join(', ')}${more}`;
}

function spanText(milliseconds: number | null): string {
  if (milliseconds === null) return 'none';
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
