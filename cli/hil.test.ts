// `coldrig hil`: the library passes and has what it is to have; a project's scenarios run on the emulated board and on a device behind UDP with the
// same verdicts; a failure is repeated by another process; mistakes and Ctrl-C end in order.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CoverageFigure } from '../hil/rig/coverage.ts';
import { faultKinds } from '../hil/rig/faults/kinds.ts';
import type { RunFigures } from '../hil/rig/scenario/chronicle-data.ts';
import type { EndedScenario } from '../hil/run/run-scenarios.ts';
import { findingsOf, functionsOnPage, REACHED_LEAST, unreachedPage } from '../hil/scenarios/unreached/unreached.ts';
import { repositoryRoot } from '../host/tools/guest.ts';
import { valuesOf } from '../protocol/constants.ts';
import { rejectReasons } from '../protocol/image/reasons.ts';
import { coldrig, RunningBoard, startColdrig } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-hil-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const document = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const scenariosOf = (json: Record<string, unknown>) => json.scenarios as EndedScenario[];
const verdictsOf = (json: Record<string, unknown>) =>
  Object.fromEntries(scenariosOf(json).map(({ name, verdict }) => [name, verdict]));

describe('the library', () => {
  it('passes, and has every failure mode and every cause of a rollback', { timeout: 300_000 }, async () => {
    const junit = join(folder, 'library.xml');
    const out = join(folder, 'out');
    const jsonFile = join(folder, 'library.json');
    const outputs = ['--junit', junit, '--json-file', jsonFile, '--lcov', join(folder, 'library.info'), '--out', out];
    const { code, json } = await coldrig(['hil', '--json', ...outputs], { cwd: repositoryRoot });
    const failed = scenariosOf(json).filter(({ verdict }) => verdict !== 'passed');
    expect(failed.map(({ message, reason }) => message ?? reason)).toEqual([]);
    expect(code).toBe(0);
    const names = scenariosOf(json).map(({ name }) => name);
    expect(JSON.parse(readFileSync(jsonFile, 'utf8'))).toEqual(json);
    expect(readFileSync(junit, 'utf8').match(/<testcase /g)).toHaveLength(names.length);
    for (const kind of Object.keys(faultKinds))
      expect(
        names.some((name) => name.startsWith(`${kind}: `)),
        kind,
      ).toBe(true);
    const { firmware } = json.coverage as Record<string, CoverageFigure>;
    expect(firmware.reached / firmware.blocks).toBeGreaterThanOrEqual(REACHED_LEAST);
    expect(findingsOf(firmware.left)).toEqual([]);
    expect(
      functionsOnPage(document(unreachedPage)),
      'run npx tsx hil/scenarios/unreached/unreached.generate.ts',
    ).toEqual([...new Set(firmware.left.map((each) => each.function))].sort());
    // From UNCONFIRMED on, reasons are of images that ran. INTERLOCK is for firmware that ends its trial by itself then; ours waits for the operator.
    const ofTrials = Object.entries(valuesOf(rejectReasons)).filter(
      ([name, value]) => value >= 32 && name !== 'INTERLOCK',
    );
    for (const [reason] of ofTrials) expect(names.some((name) => name.includes(reason)) || reason, reason).toBe(true);
  });

  it('has its starting states in the document and in the command', async () => {
    const { json } = await coldrig(['hil', '--states', '--json']);
    // Not those of this process: other test files share it, and define their own.
    const states = json.states as { name: string; about: string }[];
    expect(states.length).toBeGreaterThan(5);
    for (const { name, about } of states) expect(document('docs/scenarios.md')).toContain(`| \`${name}\` | ${about} |`);
  });
});

describe('a project', () => {
  const project = join(folder, 'project');
  const own = `
    import { runs, scenario, within } from 'coldrig/hil';
    scenario('an update ends confirmed', {}, async (rig) => {
      const { verdict, version } = await rig.updateWith(await rig.update());
      await rig.check(() => verdict === 'confirmed', runs(version, { confirmed: true }));
    });
    scenario('a version that is not there runs', {}, async (rig) => {
      await rig.check(runs('77.7.7'));
    });`;
  beforeAll(() => {
    mkdirSync(join(project, 'scenarios'), { recursive: true });
    const [, readme] = /## Scenarios\n\n```ts\n([\s\S]*?)```/.exec(document('README.md')) ?? [];
    const [, page] = /```ts\n([\s\S]*?)```/.exec(document('docs/scenarios.md')) ?? [];
    writeFileSync(join(project, 'scenarios', 'readme.scenario.ts'), readme);
    writeFileSync(join(project, 'scenarios', 'page.scenario.ts'), page);
    writeFileSync(join(project, 'scenarios', 'own.scenario.ts'), own);
  });

  it('gets the same verdicts from the emulated board and from a device behind UDP', { timeout: 300_000 }, async () => {
    const here = await coldrig(['hil', '--json', '--report', 'build/report'], { cwd: project });
    const documented = 'a trial survives a regulator that runs away, and a loss of power';
    expect(verdictsOf(here.json)).toEqual({
      ...{ 'an update ends confirmed': 'passed', 'a version that is not there runs': 'failed' },
      ...{ [documented]: 'passed', 'a surge on a rail closes the outputs': 'passed' },
    });
    const page = readFileSync(join(project, String(here.json.report)), 'utf8');
    expect(page).toContain('1 of 4 scenarios failed.');
    expect(page).toContain('coldrig replay build/hil/own/a-version-that-is-not-there-runs/failure.coldrig');
    for (const { figures } of scenariosOf(here.json) as { figures?: RunFigures }[])
      expect(figures?.cycles).toBeGreaterThan(0);
    const board = await RunningBoard.start(['--udp', '0', '--speed', '4']);
    const there = await coldrig(['hil', '--json', '--target', board.link('udp://')], { cwd: project });
    await board.end('SIGTERM');
    expect([here.code, there.code]).toEqual([1, 1]);
    expect(verdictsOf(there.json)).toEqual({
      ...verdictsOf(here.json),
      ...{ [documented]: 'skipped', 'a surge on a rail closes the outputs': 'skipped' },
    });
    const skipped = scenariosOf(there.json).find(({ name }) => name === documented);
    expect(skipped?.reason).toMatch(/needs the inside of the emulated board/);

    const failed = scenariosOf(here.json).find(({ verdict }) => verdict === 'failed') as EndedScenario;
    expect(failed.message).toMatch(/expected: 77\.7\.7 runs\n {2}seen: {5}slot 0: 1\.0\.0 \(active, confirmed\)/);
    const again = await coldrig(['replay', `${failed.file}`, '--json'], { cwd: project });
    expect(again.json).toMatchObject({ same: true, logHash: failed.logHash, failedNs: failed.timeNs });
    expect(readdirSync(project).sort()).toEqual(['build', 'scenarios']);
  });

  it.each([
    ['a name that none has', ['no such'], /none contains 'no such' in its name/],
    ['an image without its key', ['--image', 'a.bin'], /--image needs the key .* add --key KEY\.pem/],
    ['choices that are none', ['--choices', '1,x'], /expected whole numbers with commas/],
    ['a share that is none', ['--shard', '5/4'], /expected i\/n/],
  ])('refuses %s', async (_, more, message) => {
    const { code, stderr } = await coldrig(['hil', ...more], { cwd: project, columns: 200 });
    expect([code, message.test(stderr) || stderr]).toEqual([2, true]);
  });

  it('says where scenarios belong when there are none', async () => {
    const { code, stderr } = await coldrig(['hil'], { cwd: folder, columns: 400 });
    expect([code, /put files named \*\.scenario\.ts into its folder 'scenarios'/.test(stderr) || stderr]).toEqual([
      2,
      true,
    ]);
  });

  it('keeps a file of each failure, also of scenarios with equal names, and says in which line it is', async () => {
    const equal = join(folder, 'equal');
    mkdirSync(join(equal, 'scenarios', 'deep'), { recursive: true });
    const failing = (names: string[]) =>
      [
        "import { scenario } from 'coldrig/hil';",
        ...names.map((name) => `scenario('${name}', {}, () => { throw new Error('${name}'); });`),
      ].join('\n');
    writeFileSync(join(equal, 'scenarios', 'a.scenario.ts'), failing(['it fails']));
    writeFileSync(join(equal, 'scenarios', 'b.scenario.ts'), failing(['it fails', 'it fails?', 'it fails-']));
    const told = "console.log('it said'); rig.note('it noted'); (rig as any).none.such();";
    writeFileSync(
      join(equal, 'scenarios', 'deep', 'a.scenario.ts'),
      `import { scenario } from 'coldrig/hil';\n\nscenario('it fails', {}, async (rig) => { ${told} });\n`,
    );
    const { json } = await coldrig(['hil', './scenarios', '--json', '--junit', 'equal.xml'], { cwd: equal });
    const files = scenariosOf(json).map(({ file }) => file);
    expect(files).toEqual(
      ['a/it-fails', 'b/it-fails', 'b/it-fails-', 'b/it-fails--2', 'deep/a/it-fails'].map(
        (path) => `build/hil/${path}/failure.coldrig`,
      ),
    );
    for (const file of files) expect(existsSync(join(equal, String(file)))).toBe(true);
    expect(scenariosOf(json).map(({ line }) => line)).toEqual([2, 2, 3, 4, 3]);
    const { message, printed } = scenariosOf(json)[4];
    expect(message).toMatch(
      /^Cannot read .*'such'\)\n {2}replay: .*\n {2}line: {5}scenarios\/deep\/a\.scenario\.ts:3:\d+$/,
    );
    expect(printed).toBe('it said\n');
    const xml = readFileSync(join(equal, 'equal.xml'), 'utf8');
    expect(xml).toMatch(
      /classname="scenarios\.deep\.a" name="it fails" file="scenarios\/deep\/a\.scenario\.ts" line="3"/,
    );
    expect(xml).toMatch(/<system-out>0 ns: it noted\nit said\n<\/system-out>/);
  });

  it('says what failed also where its file cannot be written', async () => {
    writeFileSync(
      join(folder, 'equal', 'scenarios', 'deep', 'b.scenario.ts'),
      `import { runs, scenario } from 'coldrig/hil';
      scenario('it awaits one of two', {}, async (rig) => { rig.check(runs('7.0.0')); await turns(); });
      const turns = async () => { for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve)); };`,
    );
    const { json } = await coldrig(['hil', 'deep', '--json', '--out', 'equal.xml'], { cwd: join(folder, 'equal') });
    const [{ message, file }, careless] = scenariosOf(json);
    expect(careless.verdict).toBe('failed');
    expect(careless.message).toMatch(/expected: .*7\.0\.0.*the step that failed was not awaited/s);
    expect(message).toMatch(
      /^Cannot read .*'such'\)\n {2}replay: {3}failure\.coldrig could not be written: .*\n {2}line: /,
    );
    expect(file).toBeUndefined();
  });

  const waits = "await rig.wait('1 h')";
  it.each([
    ['in order at Ctrl-C that somebody passes on a second time', waits, ['SIGINT', 'SIGINT'], 130],
    ['at Ctrl-C also when a scenario loops without waiting', '', ['SIGINT'], 130],
    ['with its processes when it is killed', waits, ['SIGKILL'], null],
  ] as const)('ends %s', { timeout: 60_000 }, async (_, turn, signals, exitCode) => {
    const endless = join(folder, 'endless');
    rmSync(endless, { recursive: true, force: true });
    mkdirSync(join(endless, 'scenarios'), { recursive: true });
    // Not through the console, which tells nothing while a scenario loops.
    writeFileSync(
      join(endless, 'scenarios', 'a.scenario.ts'),
      "import { scenario } from 'coldrig/hil'; scenario('ends', {}, () => {});",
    );
    const text = `import { writeSync } from 'node:fs'; import { scenario } from 'coldrig/hil';
      scenario('never ends', {}, async (rig) => { writeSync(2, 'process ' + process.pid + '\\n'); for (;;) { ${turn} } });`;
    writeFileSync(join(endless, 'scenarios', 'endless.scenario.ts'), text);
    const [xml, json] = [join(endless, 'it.xml'), join(endless, 'it.json')];
    const begun = startColdrig(['hil', '--junit', xml, '--json-file', json], { cwd: endless });
    const [, worker] = await begun.said(/process (\d+)\n/);
    for (const signal of signals) {
      begun.end(signal);
      // Two signals of a kind at once are one.
      await rest(20);
    }
    const { code, stderr } = await begun.outcome;
    expect([code, exitCode === null || /interrupted/.test(stderr) || stderr]).toEqual([exitCode, true]);
    await vi.waitUntil(() => !isRunning(Number(worker)), { timeout: 30_000 });
    expect(existsSync(join(endless, 'build'))).toBe(false);
    if (exitCode === null) return;
    expect(readFileSync(xml, 'utf8')).toMatch(/ failures="1" .*name="interrupted".*interrupted after [01] scenarios/s);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ ok: false, interrupted: true, failed: 0 });
    expect(stderr).not.toContain('✗');
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
