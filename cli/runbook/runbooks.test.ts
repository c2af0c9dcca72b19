// No alarm without a page, no page without an alarm; and what a page says can be done: its commands and links are real, its values are those of
// the tables. Faults on pages are parsed by hil/rig/faults/documents.test.ts.

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runbookHtml, runbookNames, runbookSource, sectionOf, withoutComments } from '../../host/tools/runbooks.ts';
import { BY_ARGUMENT, type ConstantTable } from '../../protocol/constants.ts';
import { constantTables } from '../../protocol/generate/files.ts';
import { Condition, interlocks } from '../../protocol/plant/interlocks.ts';
import { alarmTables, allAlarms, byArgument, runbookOfEvent, runbooksOfHealth } from '../../protocol/runbooks.ts';
import { EventKind, eventKinds } from '../../protocol/telemetry/events.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import { calledEntry } from '../catalogue.ts';
import { buildProgram } from '../main.ts';
import { pageOf, shownPage } from './pages.ts';

const folder = new URL('../../docs/runbooks/', import.meta.url);
const pages = runbookNames().map((name) => [name, runbookSource(name)] as const);
const alarms = allAlarms();

describe('an alarm', () => {
  it('has a page, and every page is about an alarm', () => {
    const there = runbookNames();
    const missing = alarms.filter(({ runbook }) => !there.includes(runbook));
    const unused = there.filter((name) => !alarms.some(({ runbook }) => runbook === name));
    const wrong = [
      ...missing.map(({ name, runbook }) => `${name} names docs/runbooks/${runbook}.md, which is not there: write it`),
      ...unused.map((name) => `docs/runbooks/${name}.md is named by no alarm: remove it, or name it in the row of one`),
    ];
    expect(wrong, wrong.join('\n')).toEqual([]);
  });

  it.each(alarmTables.map((table) => [table.prefix, table] as const))(
    '%s: each value says its page or that it is none',
    (_, table) => {
      const silent = Object.entries(table.values).filter(([, [, , runbook]]) => runbook === undefined);
      expect(silent.map(([name]) => name)).toEqual([]);
    },
  );

  it('whose page an argument decides is looked for in the table of that argument', () => {
    const said = Object.entries(eventKinds.values).filter(([, [, , runbook]]) => runbook === BY_ARGUMENT);
    expect(said.map(([, [kind]]) => kind).sort((a, b) => a - b)).toEqual(Object.keys(byArgument).map(Number));
  });

  it.each([
    ['a trip', EventKind.INTERLOCK_TRIPPED, 10, 0, 'blind'],
    ['a drift of thermometers', EventKind.SENSOR_LOST, 1, 8, 'thermometers-disagree'],
    ['a load that is restored', EventKind.LOAD_SHED, 0, 2000, undefined],
    ['a counter that is raised', EventKind.SECURITY_COUNTER, 2, 1, undefined],
    ['a counter that is not', EventKind.SECURITY_COUNTER, 2, 0, 'flash'],
    ['an upload that does not match', EventKind.UPLOAD_DONE, 1, 0, 'image-damaged'],
    ['an upload without a hash', EventKind.UPLOAD_DONE, 1, 2, undefined],
    ['a deadlock flag, the sign bit of its word', EventKind.SEQUENCER_STOPPED, 0, 0x8000_0000, 'sequencer-deadlock'],
    ['a heartbeat in health', EventKind.HEARTBEAT, 9, 0, undefined],
  ])('of %s has the page of its argument', (_, kind, argument0, argument1, page) => {
    expect(runbookOfEvent(kind, argument0, argument1)).toBe(page);
  });

  it('in the health word is the trip first, and what is kept off only where nothing says why', () => {
    const off = Health.WAVEFORMS_OFF | Health.HEATERS_OFF;
    expect(runbooksOfHealth(Health.SENSOR | Health.INTERLOCK | off)).toEqual(['interlock', 'thermometer']);
    expect(runbooksOfHealth(off)).toEqual(['outputs-off']);
    expect(runbooksOfHealth(0)).toEqual([]);
  });
});

describe.each(pages)('the page %s', (name, source) => {
  const parts = [...source.matchAll(/^## (.*)$/gm)].map(([, title]) => title);

  it('has its parts, and fits on a screen', () => {
    expect(parts).toEqual([
      expect.stringMatching(/^What .* done$/),
      ...['Look first', 'What to do', 'It is over when', 'Escalate when'],
    ]);
    const lines = source.split('\n').filter((line) => line !== '').length;
    expect(lines).toBeGreaterThanOrEqual(20);
    expect(lines).toBeLessThanOrEqual(40);
  });

  it('names the alarms that lead to it', () => {
    const expected = alarms.filter(({ runbook }) => runbook === name).map((alarm) => `\`${alarm.name}\``);
    const said = /^Raised as ([\s\S]*?)\.\n\n/m.exec(source)?.[1].split(/,\s+/);
    expect(said, `the line must be:\nRaised as ${expected.join(', ')}.\n`).toEqual(expected);
  });

  it('links to what is there', () => {
    const targets = [...source.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !existsSync(new URL(target, folder)))).toEqual([]);
  });

  it('has commands that the command line takes', async () => {
    const commands = commandsIn(source);
    expect(commands).not.toEqual([]);
    for (const line of commands) expect([line, await parsed(wordsOf(line))]).toEqual([line, 'is parsed']);
  });

  it('has the values of the tables', () => {
    const marked = [...source.matchAll(/<!-- (.*?) -->/g)].map(([, constant]) => constant);
    const values = [...source.matchAll(/(\d[\d.]*)(?: (\S+?))?<!-- ([\w.]+) -->/g)];
    expect(values.map(([, , , constant]) => constant)).toEqual(marked);
    for (const [said, number, unit, constant] of values) {
      const shown = Number(number) * (units[unit ?? ''] ?? Number.NaN);
      expect(shown, `${said}: the table has ${constantValue(constant)} in units of the base`).toBeCloseTo(
        constantValue(constant),
        9,
      );
    }
  });
});

describe('the terminal', () => {
  const style = { colour: false, width: 60 };

  it.each(pages)('shows %s without comments and markup, no prose wider than itself', (_, source) => {
    const shown = shownPage(source, style);
    expect(shown).not.toMatch(/<!--|```|^#/m);
    const table = (line: string) => line.startsWith('|') || line.startsWith('    ');
    const wide = shown.split('\n').filter((line) => line.length > 60 && !table(line) && line.trim().includes(' '));
    expect(wide).toEqual([]);
  });

  it.each([
    ['blind', 'blind'],
    ['docs/runbooks/blind.md', 'blind'],
    ['SENSOR_LOST', undefined],
    ['CELL_LATE', 'multiplexer-cell'],
    ['plate_4k_hot', 'stage-warm'],
    ['CryostatWarm', 'stage-warm'],
    ['EffectiveBitsBurn', 'converter-bits'],
    ['HEALTH_SENSOR', 'thermometer'],
    ['nonsense', undefined],
  ])('finds for %s the page %s', (word, page) => {
    expect(pageOf(word)).toBe(page);
  });
});

/** What stands behind a prompt in a block of code, or in code within a sentence. */
function commandsIn(source: string): string[] {
  const blocks = [...source.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line);
  const inline = [
    ...withoutComments(source)
      .replace(/```[\s\S]*?```/g, '')
      .matchAll(/`(npx coldrig [^`]*)`/g),
  ];
  return [...blocks, ...inline.map(([, line]) => line)];
}

/** As a shell takes a line apart. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** Runs the parser of the real command line up to the action, which is not run. */
async function parsed([npx, coldrig, ...words]: string[]): Promise<string> {
  if (npx !== 'npx' || coldrig !== 'coldrig') return 'does not begin with npx coldrig';
  const reached = new Error('is parsed');
  const program = await buildProgram(calledEntry(words));
  program.hook('preAction', () => {
    throw reached;
  });
  return await program.parseAsync(words, { from: 'user' }).then(
    () => 'has no action',
    (error: Error) => error.message,
  );
}

/** What a unit on a page is in units of the base: kelvin, watts, seconds, decibels, counts. */
const units: Readonly<Record<string, number>> = {
  ...{ '': 1, K: 1, mK: 1e-3, W: 1, mW: 1e-3, µW: 1e-6 },
  ...{ s: 1, ms: 1e-3, min: 60, '%': 1, dB: 1 },
};

/** By the end of a name, which is the unit of the constant. */
const endings: readonly [RegExp, number][] = [
  [/_(MICROKELVIN|MICROWATTS|US)$/, 1e-6],
  [/_MS$/, 1e-3],
  [/^READOUT_SNR_(LEAST|HYSTERESIS)$/, 0.01],
];

/** `FILTER_STALE_MS`, or `PLATE_4K_HOT.threshold` of an interlock; in units of the base. */
function constantValue(constant: string): number {
  const [name, field] = constant.split('.');
  if (field !== undefined) return interlockValue(name, field);
  const table = (constantTables as ConstantTable[]).find(({ prefix, values }) =>
    Object.keys(values).some((key) => `${prefix}_${key}` === name),
  );
  const value = table?.values[name.slice(table.prefix.length + 1)]?.[0] ?? Number.NaN;
  return value * (endings.find(([ending]) => ending.test(name))?.[1] ?? 1);
}

function interlockValue(name: string, field: string): number {
  const row = interlocks.find((interlock) => interlock.name === name);
  if (row === undefined) return Number.NaN;
  if (field === 'persistenceMs') return row.persistenceMs * 1e-3;
  const isMicro = [Condition.HOT, Condition.RISE, Condition.RUNAWAY].includes(row.condition);
  return field === 'threshold' ? row.threshold * (isMicro ? 1e-6 : 1) : Number.NaN;
}

it.each(pages)('%s says what to do, and a browser shows all of its words', (_, source) => {
  expect(sectionOf(source, 'What to do')).toMatch(/\w{3}/);
  const html = runbookHtml(source, () => undefined);
  expect(html).toMatch(/^<h1>[^<]+<\/h1>/);
  const words = (text: string) => text.replace(/[^a-z]+/gi, ' ').trim();
  const shown = html.replace(/<[^>]+>/g, ' ').replace(/&(amp|lt|gt|quot);/g, ' ');
  const links = /\]\([^)]*\)/g;
  const source0 = withoutComments(source)
    .replace(links, ' ')
    .replace(/^```.*$/gm, '');
  expect(words(shown)).toBe(words(source0));
});
