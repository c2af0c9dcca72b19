// `coldrig cryostat`: a fridge under heat, its cooldown, and the instruments of its lab. The work is done in host/plant/cryostat.

import { Command, InvalidArgumentError } from 'commander';
import { solveBudget } from '../../host/plant/cryostat/budget.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import { isStage, type StageName, stageNames } from '../../host/plant/cryostat/stages.ts';
import { presets } from '../../host/tools/open-fridge.ts';
import { budgetJson, budgetText } from '../cryostat/budget-text.ts';
import { cooldown, cooldownChart, cooldownText } from '../cryostat/cooldown.ts';
import { open } from '../cryostat/open.ts';
import { serveCommand } from '../cryostat/serve.ts';
import { ExitCode, Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { inSteps } from '../interruption.ts';
import { parseWord } from '../options.ts';
import { checkOutputs, unlessPreset } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { styleOf } from '../terminal.ts';

const FRIDGE = `name of a preset (${presets.join(', ')}) or a YAML file`;
const NANOSECONDS_AN_HOUR = 3_600_000_000_000;

export function addCryostatCommands(program: Command): void {
  const cryostat = new Command('cryostat').description('solve, cool down and serve an emulated cryostat');
  cryostat.addCommand(solveCommand());
  cryostat.addCommand(cooldownCommand());
  cryostat.addCommand(serveCommand(FRIDGE));
  program.addCommand(cryostat);
}

function solveCommand(): Command {
  return new Command('solve')
    .description('temperatures at rest, and the heat of each source on each stage')
    .argument('<fridge>', FRIDGE)
    .option('--heat <stage=power>', 'heat on a stage, for instance 4K=100mW; may be repeated', collectHeat)
    .addHelpText(
      'after',
      `
A stage named in --heat gets exactly this heat. The other stages keep the operating_heat_W of the fridge file.

Examples:
  coldrig cryostat solve uts --heat 4K=100mW
  coldrig cryostat solve my-fridge.yaml --heat Still=30mW --heat MXC=20uW

With --json: {fridge, stages: {"4K": {temperatureKelvin, loadWatts, capacityWatts, limitKelvin}, …}, flowMolPerSecond,
parts: [{label, kind, watts: {"4K": …}, lowWatts, highWatts}]}. Capacity is the cooling power at limitKelvin.`,
    )
    .action(
      printing((options: { heat?: Map<StageName, number> }, name: string): Result => {
        const fridge = open(name);
        refuseAbsent(fridge, options.heat);
        const budget = solveBudget(fridge, options.heat);
        return { text: budgetText(fridge, budget, styleOf(process.stdout).width), json: budgetJson(fridge, budget) };
      }),
    );
}

function cooldownCommand(): Command {
  return new Command('cooldown')
    .description('cool down from room temperature to base temperature')
    .argument('<fridge>', FRIDGE)
    .option('--plot <out.svg>', 'draw the temperatures over time')
    .option('--hours <n>', 'length of the simulation', parseHours, 36)
    .option('--seed <n>', 'seed of the slow random changes of load', parseWord, 1)
    .addHelpText(
      'after',
      `
Example:
  coldrig cryostat cooldown uts --plot cooldown.svg

With --json: {fridge, hoursToBase, plot, course: [{hour, temperatureKelvin: {"4K": …}, flowMolPerSecond}]}.`,
    )
    .action(
      printing(async (options: { plot?: string; hours: number; seed: number }, name: string): Promise<Result> => {
        checkOutputs({ '--plot': [options.plot, 'the plot'] }, { '<fridge>': unlessPreset(presets, name) });
        const fridge = open(name);
        const course = await inSteps(cooldown(fridge, options.hours * NANOSECONDS_AN_HOUR, options.seed));
        if (options.plot) writeOutput(options.plot, cooldownChart(fridge, course), 'the plot');
        const drawn = options.plot ? `\ndrawn in ${options.plot}` : '';
        return {
          text: `${cooldownText(fridge, course)}${drawn}`,
          json: { fridge: fridge.name, plot: options.plot ?? null, ...course },
        };
      }),
    );
}

function refuseAbsent(fridge: Fridge, heat: Map<StageName, number> | undefined): void {
  const present = fridge.stages.map(({ name }) => name);
  const absent = [...(heat?.keys() ?? [])].find((stage) => !present.includes(stage));
  if (absent === undefined) return;
  const message = `--heat ${absent}: ${fridge.name} has no such stage; it has ${present.join(', ')}`;
  throw new Failure('STAGE', message, { exitCode: ExitCode.USAGE });
}

const unitWatts: Record<string, number> = { W: 1, mW: 1e-3, uW: 1e-6, µW: 1e-6, μW: 1e-6, nW: 1e-9 };

/** `4K=100mW` in watts; the last value for a stage counts. */
function collectHeat(text: string, before: Map<StageName, number> = new Map()): Map<StageName, number> {
  const [, stage, value, unit] = /^([^=]+)=(-?[\d.]+(?:e[-+]?\d+)?)\s*([nuµμm]?W)$/.exec(text) ?? [];
  const watts = Number(value) * unitWatts[unit ?? ''];
  if (stage === undefined || !isStage(stage) || !Number.isFinite(watts)) {
    throw new InvalidArgumentError(
      `expected a stage (${stageNames.join(', ')}) and a power with W, mW, uW or nW, as in 4K=100mW`,
    );
  }
  if (watts < 0)
    throw new InvalidArgumentError(
      `${text} would cool the ${stage} stage; a heater only heats: give 0W or more (0W switches the heat of the fridge file off)`,
    );
  return new Map(before).set(stage, watts);
}

function parseHours(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 2000)
    throw new InvalidArgumentError('expected hours, 1 to 2000');
  return value;
}
