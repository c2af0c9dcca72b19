// `coldrig plant` and `coldrig clear`: what a device measures of its cryostat and its supply, and the clearing of an interlock.

import { Command } from 'commander';
import { clearInterlock, readHeaters, readInterlocks, readPower, readThermometers } from '../../host/tools/smp/cryo.ts';
import { interlocks, interlocksOf } from '../../protocol/plant/interlocks.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { parseInterlock } from '../options.ts';
import { plantJson, plantText, trippedJson } from '../plant/words.ts';
import { printing, type Result } from '../result.ts';

export function addPlantCommands(program: Command): void {
  program.addCommand(plantCommand());
  program.addCommand(clearCommand());
}

function plantCommand(): Command {
  return withTarget(new Command('plant'))
    .description('what the device measures: temperatures, interlocks, power, rails')
    .addHelpText(
      'after',
      '\nWith --json: {ok, thermometers: [{channel, microkelvin, readsMicrokelvin, state}], interlocks: {tripped: [{interlock, runbook}], trips, last, value}, ' +
        'power: {estimatedMicrowatts, allowedMicrowatts, shed, dutyPercent}, clock: {reference, locked}, rails: [{rail, millivolts, good}], ' +
        'heaters: [{heater, askedMicrowatts, measuredMicrowatts}]}.',
    )
    .action(
      printing((options: TargetOptions) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const answers = {
            thermometers: await readThermometers(client, { signal }),
            interlocks: await readInterlocks(client, { signal }),
            power: await readPower(client, { signal }),
            heaters: await readHeaters(client, { signal }),
          };
          return { text: plantText(answers), json: plantJson(answers) };
        }),
      ),
    );
}

function clearCommand(): Command {
  return withTarget(new Command('clear'))
    .description('clear an interlock whose cause is gone')
    .argument('<interlock>', "its name or number, as 'coldrig plant' shows it", parseInterlock)
    .addHelpText('after', '\nWith --json: {ok, cleared, tripped: [{interlock, runbook}]}.')
    .action(
      printing((options: TargetOptions, interlock: number) =>
        withClient(options, async (client, signal): Promise<Result> => {
          const state = await clearInterlock(client, interlock, { signal });
          const left = interlocksOf(state.tripped).map(({ name }) => name);
          const rest = left.length === 0 ? 'none is tripped' : `tripped: ${left.join(', ')}`;
          const { name } = interlocks[interlock];
          return {
            text: `interlock ${name} is cleared; ${rest}`,
            json: { cleared: name, tripped: trippedJson(state) },
          };
        }),
      ),
    );
}
