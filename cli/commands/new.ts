// `coldrig new`: a project for firmware of one's own. What is in it is in cli/new.

import { Command } from 'commander';
import { makeProject } from '../new/project.ts';
import { printing, type Result } from '../result.ts';
import { shellWord } from '../terminal.ts';

const HELP = `
The project has firmware in AssemblyScript that beats and is managed over SMP, two scenarios, a Makefile with run and test, and files for GitHub
Actions and GitLab CI. A folder that is not empty is refused.

Example:
  coldrig new demo && cd demo && make test

With --json: {folder, files: [path], next: [command]}.`;

export function addNewCommand(program: Command): void {
  program.addCommand(
    new Command('new')
      .description('make a project for firmware of your own')
      .argument('<folder>', 'folder of the project; it is made when it is not there')
      .addHelpText('after', HELP)
      .action(
        printing((_options: object, folder: string): Result => {
          const { files, isReady } = makeProject(folder);
          const enter = `cd ${shellWord(folder)}`;
          const next = [isReady ? enter : `${enter} && npm install`, 'make test'];
          const text = `${folder} has a new project: ${files.join(', ')}\n\nNext:\n${next.map((line) => `  ${line}`).join('\n')}`;
          return { text, json: { folder, files, next } };
        }),
      ),
  );
}
