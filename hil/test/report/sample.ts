// A small report with all that a page can show: a run that fails, with a name that is no good text for a page, one that passes, and one that is skipped.

import { event, register } from '../../rig/scenario/expectations.ts';
import { CannotRun, within } from '../../rig/scenario/index.ts';
import { defineScenario, type InsideBody, runScenario, type ScenarioResult } from '../../rig/scenario/scenario.ts';
import { besideBaseline } from '../../run/baseline.ts';
import { type ReportPage, reportPage } from '../../run/report-page/page.ts';
import type { EndedScenario, RunReport } from '../../run/run-scenarios.ts';

export const hostileName = 'heat trips the interlock <script>document.title = "</script>&\'';

const heated: InsideBody = async (rig) => {
  rig.fault('thermal-rise at 4K 300mW after 2s for 20s');
  rig.fault('signal-drop at control 6dB after 4s for 10s');
  const tripped = await rig.until(event('INTERLOCK_TRIPPED'), within('20 s'));
  rig.measure('trip time', tripped.s - 2, { unit: 's', atMost: 5 });
  rig.note('</script><img src=x onerror=alert(1)>');
  await rig.wait('30 s');
  rig.brownOut();
  await rig.wait('5 s');
  await rig.check(register('OUTPUTS.STATE', 7));
};

/** One run of it. */
export async function runHeated(chronicle: boolean): Promise<ScenarioResult> {
  return (await runScenario(defineScenario(hostileName, { fridge: 'uts' }, heated), { chronicle })).result;
}

const cannot = (rig: unknown) => {
  throw new CannotRun(`it needs <b>more</b> than ${typeof rig}`);
};

export async function sampleReport(): Promise<ReportPage> {
  const skipped = (await runScenario(defineScenario('a skipped one', {}, cannot))).result;
  const result = await runHeated(true);
  const ended = (each: ScenarioResult, module: string): EndedScenario => ({ ...each, module, seconds: 0.5 });
  const report: RunReport = {
    scenarios: [ended(result, 'a.scenario.ts'), ended(skipped, 'b.scenario.ts')],
    declared: {},
    seconds: 1.25,
  };
  const before = structuredClone(report);
  const figures = before.scenarios[0].chronicle?.figures;
  if (figures === undefined) throw new Error('the run has no figures');
  figures.cycles = Math.round(figures.cycles / 2);
  figures.flashErases = 0;
  const image = { version: '1.1.0', hash: 'ab'.repeat(32), from: 'new.bin' };
  return {
    report: besideBaseline(report, before),
    ...{ seed: 7, image, baseline: { ...image, version: '1.0.0', from: 'old.bin' } },
    coverage: [{ path: 'firmware/main.ts', lines: 20, reached: 15 }],
  };
}

export const samplePage = async (): Promise<string> => reportPage(await sampleReport());
