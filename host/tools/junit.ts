// JUnit XML, which CI systems show: suites of cases, each passed, skipped or failed.
//
// What must stay true: a strict reader takes it, whatever a test prints, and shows every case. So a case has its elements in the order that Surefire's
// schema gives, no text has a character that XML 1.0 does not allow or is longer than a server takes, and no two cases have the same name.

import { stripVTControlCharacters } from 'node:util';

export interface JunitCase {
  group: string;
  name: string;
  seconds: number;
  /** Its source, from the root of the project. */
  file?: string;
  /** Where in it a failure is. */
  line?: number;
  /** Lines for `system-out`. */
  output?: string;
  skipped?: string;
  failures: { type: string; message: string; text: string }[];
}

export interface JunitSuite {
  /** Of the whole file, and of its one suite. */
  title: string;
  name: string;
  seconds: number;
  failures: number;
  cases: JunitCase[];
}

export function junitXml({ title, name, seconds, failures, cases }: JunitSuite): string {
  const skipped = cases.filter((each) => each.skipped !== undefined).length;
  const skips = skipped === 0 ? '' : ` skipped="${skipped}"`;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0"`;
  const time = `time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // What was skipped is counted in the suite alone: Jenkins' xUnit refuses it here.
    `<testsuites name="${xml(title)}" ${counts} ${time}>`,
    `  <testsuite name="${xml(name)}" ${counts}${skips} ${time}>`,
    ...withOwnNames(cases).flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** GitLab shows one of several cases of a name, as a reader of the file sees it. */
function withOwnNames(cases: readonly JunitCase[]): JunitCase[] {
  /** The number that each name was given last. */
  const times = new Map<string, number>();
  return cases.map((each) => {
    const read = allowed(stripVTControlCharacters(each.name).slice(0, MESSAGE_MOST)).replace(/\s+/g, ' ').trim();
    const keyOf = (name: string) => `${each.group}\n${name}`;
    let [name, time] = [read, times.get(keyOf(read)) ?? 1];
    for (; times.has(keyOf(name)); name = `${read} (${time})`) time += 1;
    times.set(keyOf(name), 1).set(keyOf(read), time);
    return { ...each, name };
  });
}

function caseLines({ group, name, seconds, file, line, output = '', skipped, failures }: JunitCase): string[] {
  const place = `${file === undefined ? '' : ` file="${xml(file)}"`}${line === undefined ? '' : ` line="${line}"`}`;
  return [
    `    <testcase classname="${xml(group)}" name="${xml(name)}"${place} time="${seconds.toFixed(3)}">`,
    ...failures.map(
      ({ type, message, text }) =>
        `      <failure type="${xml(type)}" message="${xml(oneLine(message).slice(0, MESSAGE_MOST))}">${xml(text)}</failure>`,
    ),
    ...(skipped === undefined ? [] : [`      <skipped message="${xml(oneLine(skipped))}"/>`]),
    ...(output === '' ? [] : [`      <system-out>${xml(output)}</system-out>`]),
    '    </testcase>',
  ];
}

/** Characters at most, of a line in a list and of a text: servers refuse whole files for their size. */
const MESSAGE_MOST = 1000;
const TEXT_MOST = 100_000;

function shortened(text: string): string {
  if (text.length <= TEXT_MOST) return text;
  const half = TEXT_MOST / 2;
  const [head, tail] = [text.slice(0, half), text.slice(-half)];
  return `${head}\n... ${text.length - TEXT_MOST} characters are left out here ...\n${tail}`;
}

/** A reader makes spaces of newlines in an attribute, and of any number of them as many. */
const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ');

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return allowed(shortened(stripVTControlCharacters(text))).replace(/[&<>"]/g, (character) => entities[character]);
}

/** XML 1.0 allows no control characters but tab and newline (a carriage return is read as a newline), no halves of pairs, and not these two. */
function allowed(text: string): string {
  return text.replace(/(?![\t\n])[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '');
}
