// The report of scenarios: a run that is followed is the same run, the page holds what was seen as text, and needs nothing from outside.

import { beforeAll, describe, expect, test } from 'vitest';
import { faultTextOf, parseFault } from '../../rig/faults/language.ts';
import { TimeBins, TimedTexts } from '../../rig/trace/bounded.ts';
import { besideBaseline } from '../../run/baseline.ts';
import { changeText, differencesOf } from '../../run/compare.ts';
import { coveredFiles } from '../../run/report-page/coverage-files.ts';
import { type ReportPage, reportPage, sentenceOf } from '../../run/report-page/page.ts';
import { hostileName, runHeated, sampleReport } from './sample.ts';

let sample: ReportPage;
let html: string;
beforeAll(async () => {
  sample = await sampleReport();
  html = reportPage(sample);
});
const first = () => sample.report.scenarios[0];
const trackOf = (name: string) => first().chronicle?.tracks.find((track) => track.name === name);

describe('a run that is followed', () => {
  test('is the same run as one that is not, to the log hash', async () => {
    const plain = await runHeated(false);
    expect(plain.chronicle).toBeUndefined();
    expect([plain.logHash, plain.timeNs, plain.verdict]).toEqual([first().logHash, first().timeNs, first().verdict]);
  });

  test('has the faults with their times, what they did, and the temperatures', () => {
    expect(trackOf('faults')).toMatchObject({
      spans: [
        [2e9, 22e9, 'thermal-rise at 4K 300mW'],
        [4e9, 14e9, 'signal-drop at control 6dB'],
      ],
    });
    expect(JSON.stringify(trackOf('interlocks tripped'))).toContain('plate 4k rise');
    expect(JSON.stringify(trackOf('boots and resets'))).toContain('BROWN_OUT');
    expect(JSON.stringify(trackOf('done to the device'))).toContain('brown-out');
    const plate = trackOf('temperature 4K');
    const most = plate?.kind === 'range' ? Math.max(...plate.bins.map((bin) => bin?.[1] ?? 0)) : 0;
    expect(most).toBeGreaterThan(3.3);
    expect(trackOf('slot B')).toBeUndefined();
  });

  test('has figures', () => {
    const figures = first().chronicle?.figures;
    expect(figures?.cycles).toBeGreaterThan(1e6);
    expect(figures?.leastSlackUs).toBeGreaterThan(0);
    expect(figures?.heatMilliwatts).toBeGreaterThan(2);
    expect(figures?.bootMs).toBeGreaterThan(1);
  });
});

describe('the page', () => {
  test('has no address of anything outside, and no script but its data', () => {
    expect(html).not.toMatch(/https?:|@import|url\(|<(link|img|iframe|object|embed)\b/i);
    for (const [, target] of html.matchAll(/<[a-z][^>]*\s(?:src|href)="([^"]*)"/g)) expect(target).toMatch(/^#/);
    expect(html.match(/<script/g)).toEqual(['<script']);
    expect(html).toContain("default-src 'none'");
  });

  test('shows texts as text, whatever is in them', () => {
    expect(html).toContain('heat trips the interlock &lt;script&gt;document.title = &quot;&lt;/script&gt;&amp;&#39;');
    expect(html).toContain('&lt;/script&gt;&lt;img src=x');
    expect(html).toContain('it needs &lt;b&gt;more&lt;/b&gt;');
  });

  test('holds its data as JSON', () => {
    const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
    const data = JSON.parse(json ?? '');
    expect(data.report.scenarios[0]).toMatchObject({ name: hostileName, verdict: 'failed', logHash: first().logHash });
    expect(data.report.scenarios[0].chronicle.figures).toEqual(first().chronicle?.figures);
  });

  test('closes every element that it opens', () => {
    const open: string[] = [];
    for (const [, end, name, rest] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
      if (end !== '') expect(open.pop()).toBe(name);
      else if (!/^(meta)$/.test(name) && !rest.endsWith('/')) open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('says why the one failed, how to see it again, and why the other was skipped', () => {
    const { facts } = first();
    expect(html).toContain(`<dt>Expected</dt><dd>${facts?.expected}</dd>`);
    expect(html).toContain(`<dt>Seen</dt><dd>${facts?.seen}</dd>`);
    expect(
      reportPage({ ...sample, report: { ...sample.report, scenarios: [{ ...first(), file: 'x/failure.coldrig' }] } }),
    ).toContain('coldrig replay x/failure.coldrig');
    expect(html).toContain('– skipped');
    expect(html).toContain('75.0 % of the lines');
  });

  test('is the same for the same run', async () => {
    expect(reportPage(await sampleReport())).toBe(html);
  });

  test('says in one sentence how it ended', () => {
    const [failed, skipped] = sample.report.scenarios;
    const passed = { ...failed, verdict: 'passed' as const };
    expect(sentenceOf([failed, passed, skipped])).toBe('1 of 2 scenarios failed, and 1 could not run here.');
    expect(sentenceOf([passed, passed])).toBe('All 2 scenarios passed.');
    expect(sentenceOf([skipped])).toBe('No scenario ran, and 1 could not run here.');
  });
});

test('a figure that changes by a twentieth or more is notable, and worse in the direction nobody wants', () => {
  const before = {
    ...{ cycles: 1000, leastSlackUs: 100, leastSlackTask: 'smp', heatMillijoules: 10, heatMilliwatts: 2 },
    ...{ flashErases: 0, flashPrograms: 100, bootMs: null },
  };
  const after = { ...before, cycles: 1049, leastSlackUs: 90, flashErases: 1, flashPrograms: 95, bootMs: 3 };
  const told = differencesOf(after, before).map((each) => [each.name, changeText(each), each.isNotable, each.isWorse]);
  expect(told).toEqual([
    ['cycles of the core', '+4.9 %', false, true],
    ['least slack of a task', '−10.0 %', true, true],
    ['heat of the chip at 4 K', 'same', false, false],
    ['mean power of the chip at 4 K', 'same', false, false],
    ['sectors erased', 'was 0', true, true],
    ['writes to flash', '−5.0 %', true, false],
  ]);
});

test('a scenario that ended otherwise on the baseline has its verdict there, and no differences', () => {
  const { report } = sample;
  const [failed, skipped] = report.scenarios;
  const passed = { ...report, scenarios: [{ ...failed, verdict: 'passed' as const }, skipped] };
  expect(besideBaseline(report, report).scenarios[0].baseline?.differences?.length).toBeGreaterThan(5);
  expect(besideBaseline(report, passed).scenarios[0].baseline).toEqual({
    verdict: 'passed',
    measurements: failed.measurements,
  });
});

test('what is kept of a long run is bounded, and its sums are exact', () => {
  const bins = new TimeBins();
  for (let i = 0; i < 50_000; i++) bins.add(i * 20_000_000, i % 7);
  expect(bins.bins.length).toBeLessThanOrEqual(160);
  expect(bins.total).toBe(Array.from({ length: 50_000 }, (_, i) => i % 7).reduce((sum, each) => sum + each, 0));
  expect(bins.bins[3]).toMatchObject({ least: 0, most: 6 });
  const texts = new TimedTexts();
  for (let i = 0; i < 1000; i++) texts.add(i, `${i}`);
  expect([texts.list.length + texts.leftOut, texts.list[0], texts.list.at(-1)]).toEqual([1000, [0, '0'], [999, '999']]);
});

test.each([
  ...[
    'thermal-rise at 4K 200mW',
    'timing-jitter at primary 5ps',
    'timing-jitter at secondary -700ppb',
    'firmware-lock at core',
  ],
  ...['mechanical at MXC', 'power-surge at core -25%', 'calibration-drift at 4K 20mK/min', 'thermal-rise at MXC 3uW'],
])('%s is told in the words that cause it', (text) => {
  const { kind, place, size } = parseFault(text);
  expect(faultTextOf({ kind, place, size })).toBe(text);
});

test('coverage is read from lcov by file', () => {
  const lcov = 'TN:\nSF:a/b.ts\nDA:1,2\nDA:2,0\nLF:2\nLH:1\nend_of_record\nTN:\nSF:c.ts\nLF:9\nLH:9\nend_of_record\n';
  expect(coveredFiles(lcov)).toEqual([
    { path: 'a/b.ts', lines: 2, reached: 1 },
    { path: 'c.ts', lines: 9, reached: 9 },
  ]);
});
