// `coldrig runbook`: the page that says what to do about an alarm, or the list of all pages.

import { Command } from 'commander';
import { runbookNames, runbookSource, titleOf, withoutComments } from '../../host/tools/runbooks.ts';
import { allAlarms, runbookPath } from '../../protocol/runbooks.ts';
import { ExitCode, Failure } from '../failure.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { pageOf, shownPage } from '../runbook/pages.ts';
import { styleOf, table } from '../terminal.ts';

export function addRunbookCommand(program: Command): void {
  program.addCommand(
    new Command('runbook')
      .description('what to do about an alarm: one page, or the list of all pages')
      .argument('[name]', 'a page, or an alarm as the tables name it (CELL_LATE, HEALTH_SENSOR)')
      .addHelpText(
        'after',
        '\nWith --json: {ok, runbooks: [{name, path, title, alarms}]}; with a name: {ok, name, path, title, alarms, text}.',
      )
      .action(printing((_: GlobalOptions, name?: string): Result => (name === undefined ? listed() : onePage(name)))),
  );
}

function listed(): Result {
  const names = runbookNames();
  const rows = names.map((name) => [name, titleOf(runbookSource(name))]);
  return { text: table(rows), json: { runbooks: names.map(factsOf) } };
}

function onePage(word: string): Result {
  const name = pageOf(word);
  if (name === undefined)
    throw new Failure(
      'RUNBOOK',
      `runbook ${word}: there is no such page and no such alarm; 'coldrig runbook' lists all pages`,
      { exitCode: ExitCode.USAGE },
    );
  const source = runbookSource(name);
  return {
    text: shownPage(source, styleOf(process.stdout)),
    json: { ...factsOf(name), text: withoutComments(source) },
  };
}

function factsOf(name: string) {
  const alarms = allAlarms().filter(({ runbook }) => runbook === name);
  return {
    ...{ name, path: runbookPath(name), title: titleOf(runbookSource(name)) },
    alarms: alarms.map((alarm) => alarm.name),
  };
}
