// JUnit XML that strict readers take, whatever is in it.

import { expect, it } from 'vitest';
import { type JunitCase, junitXml } from './junit.ts';

const xmlOf = (...cases: Partial<JunitCase>[]) =>
  junitXml({
    ...{ title: 'title', name: 'suite', seconds: 1.5, failures: 0 },
    cases: cases.map((each) => ({ group: 'group', name: 'name', seconds: 0.25, failures: [], ...each })),
  });

it('has the elements of a case in the order of the schemas, and none that is empty', () => {
  const failures = [{ type: 'scenario', message: 'one\n  two', text: 'one\n  two' }];
  const lines = xmlOf({ file: 'a/b.ts', line: 7, failures, output: 'said' }, { output: '' }, { skipped: 'why' }).split(
    '\n',
  );
  expect(lines).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="title" tests="3" failures="0" errors="0" time="1.500">',
    '  <testsuite name="suite" tests="3" failures="0" errors="0" skipped="1" time="1.500">',
    '    <testcase classname="group" name="name" file="a/b.ts" line="7" time="0.250">',
    '      <failure type="scenario" message="one two">one',
    '  two</failure>',
    '      <system-out>said</system-out>',
    '    </testcase>',
    '    <testcase classname="group" name="name (2)" time="0.250">',
    '    </testcase>',
    '    <testcase classname="group" name="name (3)" time="0.250">',
    '      <skipped message="why"/>',
    '    </testcase>',
    '  </testsuite>',
    '</testsuites>',
    '',
  ]);
});

it('gives no two cases one name, also where they differ only in what a file cannot hold', () => {
  const long = 'x'.repeat(200_000);
  const names = [
    'a',
    'a',
    'a (2)',
    'a\u0001',
    'a\n',
    'a\r',
    'a ',
    'b\u001b[31m',
    'b',
    `${long}1${long}`,
    `${long}2${long}`,
  ];
  const read = [...xmlOf(...names.map((name) => ({ name }))).matchAll(/classname="group" name="(.*?)" time/g)].map(
    ([, name]) => name,
  );
  expect(read.length).toBe(names.length);
  expect(new Set(read).size).toBe(names.length);
  expect(read.slice(0, 4)).toEqual(['a', 'a (2)', 'a (2) (2)', 'a (3)']);
});

it.each([
  ['colours of a terminal', '\u001b[31mred\u001b[0m', 'red'],
  ['control characters', 'a\0b\u0008c\u007fd\u0085e', 'abcde'],
  ['tabs and newlines', 'a\tb\nc\r\nd', 'a\tb\nc\nd'],
  ['halves of pairs, and what is no character', 'a\ud800b\udc00c\ufffed\uffffe\u{1f9ca}', 'abcde\u{1f9ca}'],
  ['markup', ']]> <b> & "', ']]&gt; &lt;b&gt; &amp; &quot;'],
])('takes %s', (_, output, text) => {
  expect(xmlOf({ output })).toContain(`<system-out>${text}</system-out>`);
});

it('keeps the head and the tail of a text that is very long', () => {
  const [long] = [`begin${'x'.repeat(3_000_000)}end`];
  const xml = xmlOf({ output: long, failures: [{ type: 'scenario', message: long, text: long }] });
  expect(xml.length).toBeLessThan(210_000);
  expect(xml).toMatch(/<system-out>beginx+\n\.\.\. 2900008 characters are left out here \.\.\.\nx+end<\/system-out>/);
});
