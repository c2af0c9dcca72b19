// The pages of the public entries, docs/api/<name>.md, from the comments at their definitions.
//
// What must stay true: a page begins with what its entry file says of itself; nothing is written there by hand.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Application, Comment, type DeclarationReflection } from 'typedoc';
import { repositoryRoot } from '../guest.ts';
import { publicEntries } from './contents.ts';

const pages = join(repositoryRoot, 'docs', 'api');

export async function writeApiPages(): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    tsconfig: join(repositoryRoot, 'host/tools/package/tsconfig.json'),
    entryPoints: Object.values(publicEntries).map((path) => join(repositoryRoot, path)),
    ...{ excludePrivate: true, excludeProtected: true, excludeExternals: true, disableSources: true },
    ...{ readme: 'none', githubPages: false, logLevel: 'Error', out: pages },
    // Types that a public one mentions and nobody needs by name are not listed, so links to them would lead nowhere.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    // Options of the plugin.
    ...({ outputFileStrategy: 'modules', hideBreadcrumbs: true, hidePageHeader: true } as object),
    ...({ parametersFormat: 'table', interfacePropertiesFormat: 'table' } as object),
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('the pages of the public entries cannot be made; see above');
  project.name = 'Libraries of coldrig';
  for (const module of project.children ?? []) describe(module);
  rmSync(pages, { recursive: true, force: true });
  await app.generateOutputs(project);
}

/** Gives a module the name under which it is imported, and the words of its entry file. */
function describe(module: DeclarationReflection): void {
  const found = Object.entries(publicEntries).find(([, path]) => path.replace(/(\/index)?\.ts$/, '') === module.name);
  if (found === undefined) throw new Error(`typedoc names a module '${module.name}', which is no public entry`);
  const [name, path] = found;
  module.name = name;
  module.comment = new Comment([{ kind: 'text', text: headOf(path) }]);
  // The reference of registers is a page of its own.
  const registers = module.children?.find((child) => child.name === 'registers');
  if (registers !== undefined) module.project.removeReflection(registers);
}

/** The first paragraph of the comment at the head of a file. */
function headOf(path: string): string {
  const lines = readFileSync(join(repositoryRoot, path), 'utf8').split('\n');
  const end = lines.findIndex((line) => !/^\/\/ ./.test(line));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join(' ');
}
