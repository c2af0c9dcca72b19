// What a run says for people and for machines: a line of its log, how to reach it, and the pages about what happened.

import { runbookPath } from '../../protocol/runbooks.ts';
import { DEFAULT_TARGET } from '../client.ts';
import { hang, paint, type Style, shellWord, table } from '../terminal.ts';
import { momentText } from '../words.ts';
import type { LogLine } from './log-line.ts';

export function lineText({ timeNs, text, tone }: LogLine, style: Style): string {
  const moment = momentText(timeNs).padStart(13);
  const body = hang(text, style.width, 15);
  return `${paint(style, 'dim', moment)}  ${tone ? paint(style, tone, body) : body}`;
}

/** The same, and the page about it where there is room behind the sentence. */
export function alarmText(line: LogLine, style: Style): string {
  const text = lineText(line, style);
  if (line.runbook === undefined) return text;
  const plain = lineText({ ...line, tone: undefined }, { ...style, colour: false });
  const page = `  (runbook ${line.runbook})`;
  const fits = !plain.includes('\n') && plain.length + page.length <= style.width;
  return fits ? `${text}${paint(style, 'dim', page)}` : text;
}

/** The pages about what a log tells, each once, in name order; undefined when it tells of no alarm. */
export function runbooksText(names: Iterable<string>): string | undefined {
  const sorted = [...new Set(names)].sort();
  return sorted.length === 0 ? undefined : `runbooks: ${sorted.join(', ')} ('coldrig runbook NAME' shows one)`;
}

export function lineJson({ timeNs, event, facts, runbook }: LogLine): object {
  return { timeNs, event, ...facts, ...(runbook !== undefined && { runbook: runbookPath(runbook) }) };
}

/** How to reach each link, for people: side by side when that fits, else one below the other. */
export function connectText(links: string[], width: number): string {
  const rows = links.map((address) => {
    const [scheme, place] = address.split('://');
    const isTerminal = scheme === 'serial' && place.startsWith('/');
    const target = address === DEFAULT_TARGET ? '' : ` --target ${address}`;
    const call = isTerminal ? `smpmgr --port ${shellWord(place)} image state-read` : `npx coldrig status${target}`;
    return [scheme === 'udp' ? '  gateway' : '  console', isTerminal ? place : address, call];
  });
  const beside = table(rows);
  if (Math.max(...beside.split('\n').map((line) => line.length)) <= width) return beside;
  return rows.map(([name, place, call]) => `${name}  ${place}\n           ${call}`).join('\n');
}
