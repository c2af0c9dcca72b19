// The pages of docs/runbooks as the terminal shows them: names, titles, text.
//
// What must stay true: the terminal shows the page whole; only what a person does not read (comments that name a constant) is left out.

import { runbookNames, withoutComments } from '../../host/tools/runbooks.ts';
import { allAlarms } from '../../protocol/runbooks.ts';
import { alarmNameOf } from '../../protocol/telemetry/alerts.ts';
import { paint, type Style, wrap } from '../terminal.ts';

/** The page that is meant: a name of a page, or of an alarm with or without the prefix of its table, or of an alert (CryostatWarm). */
export function pageOf(word: string): string | undefined {
  const name = word.toLowerCase().replace(/\.md$/, '').split('/').at(-1) ?? '';
  if (runbookNames().includes(name)) return name;
  const alarm = (/[a-z]/.test(word) ? alarmNameOf(word) : word).toUpperCase().replaceAll('-', '_');
  const alarms = allAlarms();
  const found = alarms.find((one) => one.name === alarm) ?? alarms.find((one) => one.name.endsWith(`_${alarm}`));
  return found?.runbook;
}

/** Titles are bold, prose is wrapped, what is in code stays as it is. */
export function shownPage(source: string, style: Style): string {
  const shown: string[] = [];
  let isCode = false;
  for (const paragraph of withoutComments(source).trim().split('\n')) {
    if (paragraph.startsWith('```')) isCode = !isCode;
    else if (isCode) shown.push(`    ${paragraph}`);
    else if (paragraph.startsWith('#')) shown.push(paint(style, 'bold', paragraph.replace(/^#+ /, '')));
    else shown.push(wrap(paragraph, style.width, /^(- |\d\. )/.test(paragraph) ? '  ' : ''));
  }
  return shown.join('\n');
}
