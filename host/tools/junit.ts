// JUnit XML, which CI systems show: suites of cases, each passed, skipped or failed.

export interface JunitCase {
  group: string;
  name: string;
  seconds: number;
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
  const counts = `tests="${cases.length}" failures="${failures}" errors="0"${skips} time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(title)}" ${counts}>`,
    `  <testsuite name="${xml(name)}" ${counts}>`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines({ group, name, seconds, output, skipped, failures }: JunitCase): string[] {
  return [
    `    <testcase classname="${xml(group)}" name="${xml(name)}" time="${seconds.toFixed(3)}">`,
    ...(output === undefined ? [] : [`      <system-out>${xml(output)}</system-out>`]),
    ...(skipped === undefined ? [] : [`      <skipped message="${xml(skipped)}"/>`]),
    ...failures.map(
      ({ type, message, text }) =>
        `      <failure type="${xml(type)}" message="${xml(message)}">${xml(text)}</failure>`,
    ),
    '    </testcase>',
  ];
}

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // XML 1.0 allows no control characters other than a newline here.
  return text.replace(/[^\n\P{Cc}]/gu, '').replace(/[&<>"]/g, (character) => entities[character]);
}
