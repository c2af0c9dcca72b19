// The report of a run of scenarios as one HTML file, for a person who has never seen the project. It opens offline: no script runs, nothing is
// fetched, and the data are in it as JSON.
//
//   verdict, facts ─▶ failures ─▶ what differs from the baseline ─▶ scenarios, each with its timeline ─▶ coverage ─▶ how to read it
//
// What must stay true: the page is a function of what it is given; there is no date in it, and every text is escaped.

import type { ChronicleData } from '../../rig/scenario/chronicle-data.ts';
import type { Measurement } from '../../rig/scenario/rig.ts';
import { timeText } from '../../rig/time.ts';
import { changeText, type Difference, NOTABLE_SHARE } from '../compare.ts';
import type { EndedScenario, RunReport } from '../run-scenarios.ts';
import { amountText, dataScript, escaped, numberText, tableOf } from './markup.ts';
import { style } from './style.ts';
import { timelineOf, trackMeanings } from './timeline.ts';

/** An image that scenarios ran on. */
export interface ReportedImage {
  version: string;
  /** Hexadecimal digits of its SHA-256, as devices list it. */
  hash: string;
  /** Where it is from. */
  from: string;
}

/** What was covered of a source file. */
export interface CoveredFile {
  path: string;
  lines: number;
  reached: number;
}

export interface ReportPage {
  report: RunReport;
  seed: number;
  image?: ReportedImage;
  baseline?: ReportedImage;
  /** The device behind SMP, where it was no emulated board. */
  target?: string;
  coverage?: readonly CoveredFile[];
}

const marks = { passed: '✓ passed', failed: '✗ failed', skipped: '– skipped' } as const;
const PERCENT = 100;

export function reportPage(page: ReportPage): string {
  const { scenarios } = page.report;
  const { coverage = [] } = page;
  const sections = [
    ...[headOf(page), failuresOf(scenarios), differencesOf(page)],
    `<h2 id="scenarios">Scenarios</h2>`,
    `<p class="mute">Open one to see its timeline, what was measured, and its log.</p>`,
    ...scenarios.map((scenario, index) => scenarioOf(scenario, index)),
    coverageOf(coverage),
    meanings(),
  ];
  const data = { ...page, report: { ...page.report, scenarios: scenarios.map(withoutLog), coverage: undefined } };
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(sentenceOf(scenarios))} coldrig hil</title>
<style>${style}</style>
</head>
<body>
${sections.filter((html) => html !== '').join('\n')}
${dataScript('data', data)}
</body>
</html>
`;
}

/** The log is in the page itself already. */
function withoutLog({ chronicle, ...rest }: EndedScenario): object {
  if (chronicle === undefined) return rest;
  const { log: _, ...kept } = chronicle;
  return { ...rest, chronicle: kept };
}

const idOf = (index: number): string => `scenario-${index + 1}`;
const countOf = (scenarios: readonly EndedScenario[], verdict: EndedScenario['verdict']): number =>
  scenarios.filter((each) => each.verdict === verdict).length;
const badge = (verdict: EndedScenario['verdict']): string => `<span class="badge ${verdict}">${marks[verdict]}</span>`;

/** The verdict in one sentence. */
export function sentenceOf(scenarios: readonly EndedScenario[]): string {
  const [failed, skipped, passed] = (['failed', 'skipped', 'passed'] as const).map((each) => countOf(scenarios, each));
  const ran = passed + failed;
  const rest = skipped === 0 ? '' : `, and ${skipped} could not run here`;
  if (ran === 0) return `No scenario ran${rest}.`;
  if (failed > 0) return `${failed} of ${ran} scenarios failed${rest}.`;
  return `${ran === 1 ? 'The one scenario' : `All ${ran} scenarios`} passed${rest}.`;
}

function headOf({ report, seed, image, baseline, target }: ReportPage): string {
  const { scenarios, seconds } = report;
  const virtual = scenarios.reduce((sum, { timeNs = 0 }) => sum + timeNs, 0);
  const verdict = countOf(scenarios, 'failed') > 0 ? 'failed' : 'passed';
  const facts: [string, string | undefined][] = [
    [
      'scenarios',
      (['passed', 'failed', 'skipped'] as const).map((each) => `${countOf(scenarios, each)} ${each}`).join(', '),
    ],
    ['ran on', target === undefined ? 'an emulated board with its cryostat' : `the device at ${target}`],
    ['image under test', image && imageText(image)],
    ['baseline', baseline && imageText(baseline)],
    ['seed', `${seed}`],
    [
      'time',
      `${timeText(virtual)} ${target === undefined ? 'of virtual time' : 'on the device'}, ${numberText(Number(seconds.toFixed(1)))} s of real time`,
    ],
  ];
  const list = facts.flatMap(([name, text]) =>
    text === undefined ? [] : [`<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`],
  );
  return `<h1>Scenario report</h1>
<p class="verdict ${verdict}" role="status">${escaped(sentenceOf(scenarios))}</p>
<p>A scenario is a test of a whole device: the controller chip with its firmware, in the cryostat that cools it. It begins in a known state, something
happens, and it says what must be so. On the emulated board all times are virtual, and the same run can be repeated exactly.</p>
<dl class="facts">${list.join('')}</dl>`;
}

const imageText = ({ version, hash, from }: ReportedImage): string => `${version}, SHA-256 ${hash}, from ${from}`;

function failuresOf(scenarios: readonly EndedScenario[]): string {
  const failed = scenarios.flatMap(({ name, verdict, facts }, index) =>
    verdict === 'failed'
      ? [
          `<li><a href="#${idOf(index)}">${escaped(name)}</a>${facts ? `: expected ${escaped(facts.expected)}, seen ${escaped(facts.seen)}` : ''}</li>`,
        ]
      : [],
  );
  return failed.length === 0 ? '' : `<h2 id="failures">What failed</h2><ul class="plain">${failed.join('')}</ul>`;
}

/** Over all scenarios: only what is worth a look. */
function differencesOf({ report: { scenarios }, baseline }: ReportPage): string {
  if (baseline === undefined) return '';
  const head = `<h2 id="differences">What differs from the baseline</h2>`;
  const verdicts = scenarios.flatMap(({ name, verdict, baseline: other }, index) =>
    other === undefined || other.verdict === verdict
      ? []
      : [`<li><a href="#${idOf(index)}">${escaped(name)}</a> ${verdict}; on the baseline it ${other.verdict}</li>`],
  );
  const rows = scenarios.flatMap(({ name, baseline: other }, index) =>
    (other?.differences ?? [])
      .filter(({ isNotable }) => isNotable)
      .map((each) => [`<a href="#${idOf(index)}">${escaped(name)}</a>`, ...differenceCells(each)]),
  );
  const percent = PERCENT * NOTABLE_SHARE;
  const table =
    rows.length === 0
      ? `<p>No figure differs by ${percent} % or more.</p>`
      : tableOf(`Figures that differ by ${percent} % or more`, ['scenario', ...differenceHead], rows, [2, 3, 4]);
  return `${head}${verdicts.length > 0 ? `<ul class="plain">${verdicts.join('')}</ul>` : '<p>Every scenario ended on both images in the same way.</p>'}${table}`;
}

const differenceHead = ['figure', 'image', 'baseline', 'change'];

function differenceCells(difference: Difference): string[] {
  const { name, unit, value, baseline, isNotable, isWorse } = difference;
  const change = escaped(changeText(difference));
  const told = isNotable
    ? `<span class="${isWorse ? 'worse' : 'better'}">${change}, ${isWorse ? 'worse' : 'better'}</span>`
    : change;
  return [escaped(name), escaped(amountText(value, unit)), escaped(amountText(baseline, unit)), told];
}

function scenarioOf(scenario: EndedScenario, index: number): string {
  const { name, module, verdict, timeNs, reason, notes = [], chronicle, measurements, baseline } = scenario;
  const parts = [
    verdict === 'skipped' ? `<p>It could not run here: ${escaped(reason ?? 'no reason was given')}.</p>` : '',
    verdict === 'failed' ? failureOf(scenario) : '',
    `<p class="mute">${escaped(originOf(scenario))}</p>`,
    measurements.length > 0 ? measured(measurements, baseline?.measurements) : '',
    notes.length > 0
      ? `<h4>Notes</h4><ul class="plain">${notes.map(({ timeNs: at, text }) => `<li>${escaped(`${timeText(at)}: ${text}`)}</li>`).join('')}</ul>`
      : '',
    chronicle === undefined
      ? ''
      : `<h4>Timeline${scenario.runs !== undefined && scenario.runs > 1 ? ' of the last run' : ''}</h4>${timelineOf(chronicle.tracks, chronicle.endNs)}`,
    chronicle === undefined ? '' : figuresOf(chronicle, baseline?.differences),
    chronicle === undefined || chronicle.log.length === 0
      ? ''
      : `<details class="fold"><summary>Log of the device (${chronicle.log.length} lines)</summary><pre tabindex="0">${escaped(chronicle.log.join('\n'))}</pre></details>`,
  ];
  const time = timeNs === undefined || verdict === 'skipped' ? '' : timeText(timeNs);
  return `<details class="scenario" id="${idOf(index)}"${verdict === 'failed' ? ' open' : ''}>
<summary>${badge(verdict)}<h3>${escaped(name)}</h3><span class="time">${escaped(time)}</span></summary>
<div class="inside" data-module="${escaped(module)}">${parts.filter((html) => html !== '').join('\n')}</div></details>`;
}

function originOf({ module, from, fridge, seed, runs, choices = [], logHash }: EndedScenario): string {
  return [
    `file ${module}`,
    from && `begins in the state ${from}`,
    from && (fridge === undefined ? 'on a quiet bench' : `in the fridge ${fridge}`),
    seed !== undefined && `seed ${seed}`,
    runs !== undefined && runs > 1 && `${runs} runs with other choices`,
    choices.length > 0 && `choices ${choices.join(',')}`,
    logHash && `log hash ${logHash}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function failureOf({ message = '', facts, file }: EndedScenario): string {
  const replay =
    file === undefined ? '' : `<dt>To see it again</dt><dd><code>coldrig replay ${escaped(file)}</code></dd>`;
  if (facts === undefined)
    return `<div class="failure"><h4>Why it failed</h4><pre tabindex="0">${escaped(message)}</pre><dl>${replay}</dl></div>`;
  const { timeNs, what, expected, seen, trace } = facts;
  const log =
    trace.length === 0
      ? ''
      : `<dt>The log before that</dt><dd><pre tabindex="0">${escaped(trace.join('\n'))}</pre></dd>`;
  return `<div class="failure"><h4>Why it failed</h4><dl>
<dt>When</dt><dd>after ${escaped(timeText(timeNs))}: ${escaped(what)}</dd><dt>Expected</dt><dd>${escaped(expected)}</dd><dt>Seen</dt><dd>${escaped(seen)}</dd>
${log}${replay}</dl></div>`;
}

function measured(measurements: readonly Measurement[], before: readonly Measurement[] = []): string {
  const hasBefore = before.length > 0;
  const rows = measurements.map((each) => {
    const other = before.find(({ name }) => name === each.name);
    return [
      each.ok ? 'within' : '<span class="worse">outside</span>',
      escaped(each.name),
      `${numberText(each.value)} ${escaped(each.unit)}`,
      limitText(each),
      limitBar(each),
      ...(hasBefore ? [other === undefined ? '' : `${numberText(other.value)} ${escaped(other.unit)}`] : []),
    ];
  });
  const head = ['limits', 'measured', 'value', 'allowed', 'picture', ...(hasBefore ? ['baseline'] : [])];
  return tableOf('Measurements', head, rows, [2, 5]);
}

function limitText({ atLeast, atMost, unit }: Measurement): string {
  const of = (value: number) => `${numberText(value)} ${escaped(unit)}`;
  if (atLeast !== undefined && atLeast === atMost) return `exactly ${of(atMost)}`;
  if (atLeast !== undefined && atMost !== undefined) return `${of(atLeast)} to ${of(atMost)}`;
  if (atMost !== undefined) return `at most ${of(atMost)}`;
  return atLeast === undefined ? 'anything' : `at least ${of(atLeast)}`;
}

/** Where the value stands beside its limits; the text beside it says the same. */
function limitBar({ name, value, atLeast, atMost }: Measurement): string {
  if (!Number.isFinite(value) || (atLeast === undefined && atMost === undefined)) return '';
  const ends = [0, value, ...[atLeast, atMost].filter((limit) => limit !== undefined)];
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const room = (most - least || 1) * 1.1;
  const x = (at: number) => Math.min(1000, Math.max(0, (1000 * (at - least)) / room));
  const [from, to] = [atLeast === undefined ? 0 : x(atLeast), atMost === undefined ? 1000 : x(atMost)];
  const needle = Math.min(995, Math.max(5, x(value)));
  return `<svg class="limit" viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="${escaped(name)} beside its limits"><path class="lane" d="M0 2H1000V18H0Z"/><path class="zone" d="M${from.toFixed(0)} 2H${to.toFixed(0)}V18H${from.toFixed(0)}Z"/><path class="needle" d="M${needle.toFixed(0)} 0V20"/></svg>`;
}

function figuresOf({ figures }: ChronicleData, differences: readonly Difference[] | undefined): string {
  if (differences !== undefined)
    return tableOf('Beside the baseline', differenceHead, differences.map(differenceCells), [1, 2, 3]);
  const { cycles, leastSlackUs, leastSlackTask, heatMillijoules, heatMilliwatts, flashErases, flashPrograms, bootMs } =
    figures;
  const texts = [
    amountText(cycles, 'cycles of the core'),
    leastSlackUs !== null && `least slack of a task ${numberText(leastSlackUs)} us (${leastSlackTask})`,
    `heat of the chip at 4 K ${numberText(heatMillijoules)} mJ, ${numberText(heatMilliwatts)} mW in the mean`,
    `flash: ${amountText(flashErases, 'sectors erased')}, ${amountText(flashPrograms, 'writes')}`,
    bootMs !== null && `longest boot ${numberText(bootMs)} ms`,
  ];
  return `<h4>What it cost</h4><ul class="plain">${texts.flatMap((text) => (text === false ? [] : [`<li>${escaped(text)}</li>`])).join('')}</ul>`;
}

function coverageOf(files: readonly CoveredFile[]): string {
  if (files.length === 0) return '';
  const [lines, reached] = [
    files.reduce((sum, each) => sum + each.lines, 0),
    files.reduce((sum, each) => sum + each.reached, 0),
  ];
  const share = (part: number, whole: number) => (PERCENT * part) / Math.max(whole, 1);
  const bar = (percent: number) =>
    `<svg class="limit" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true"><path class="lane" d="M0 2H1000V18H0Z"/><path class="share" d="M0 2H${(percent * 10).toFixed(0)}V18H0Z"/></svg>`;
  const rows = files.map(({ path, lines: all, reached: ran }) => {
    const percent = share(ran, all);
    return [escaped(path), `${percent.toFixed(1)} %`, `${ran} of ${all}`, bar(percent)];
  });
  return `<h2 id="coverage">Coverage</h2>
<p>All scenarios together have executed ${share(reached, lines).toFixed(1)} % of the lines of bootloader and firmware that can run on the core: ${numberText(reached)} of ${numberText(lines)}.</p>
<details class="fold"><summary>By file (${files.length})</summary>${tableOf('Lines that ran', ['file', 'share', 'lines', ''], rows, [1, 2])}</details>`;
}

function meanings(): string {
  const list = trackMeanings.map(([name, meaning]) => `<dt>${escaped(name)}</dt><dd>${escaped(meaning)}</dd>`);
  return `<h2 id="meaning">How to read a timeline</h2>
<p>Time runs from left to right. A track is there only when something happened on it. Point at a bar or a line to see its time.</p>
<dl class="facts">${list.join('')}</dl>`;
}
