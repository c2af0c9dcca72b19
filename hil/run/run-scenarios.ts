// Finds the scenario files of a project and runs them in vitest, through its Node API; collects the result of each.
//
// What must stay true: which scenarios run, and how each ends, depends on the options and never on the number of processes.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InlineConfig, Reporter, TestCase, TestModule } from 'vitest/node';
import { type Coverage, mergeCoverage } from '../../host/tools/coverage/coverage.ts';
import type { ReportedScenario } from './adapter.ts';
import type { Difference } from './compare.ts';
import { isInterruption, type RunSettings, scenarioEnding, scenarioFolders, settingsVariable } from './settings.ts';

export interface RunOptions {
  /** The project's folder. */
  root: string;
  settings: RunSettings;
  /** Only scenarios whose name, or the path of whose file, contains this. */
  pattern?: string;
  /** Only this share of them. */
  shard?: { number: number; of: number };
  /** Counts what they execute. */
  coverage?: boolean;
  /** Processes at once; one per core when left out. */
  processes?: number;
  /** Is told of each that has ended. */
  onEnd?: (ended: EndedScenario) => void;
  /** Is told what a scenario prints. */
  onPrint?: (text: string) => void;
  signal?: AbortSignal;
  /** Is told, before the signal's reason is thrown, what has ended until then. */
  onInterrupted?: (report: RunReport) => void;
}

/** A scenario that has ended, with where it is and how long it took. */
export interface EndedScenario
  extends Pick<ReportedScenario, 'name' | 'verdict' | 'measurements'>,
    Partial<Omit<ReportedScenario, 'name' | 'verdict' | 'measurements'>> {
  /** Its file, from the project's folder. */
  module: string;
  /** Real time. */
  seconds: number;
  /** The line of its file in which it failed. */
  line?: number;
  /** What it printed; of very much, the end. */
  printed?: string;
  /** How it ended on the image it is compared with. */
  baseline?: Pick<ReportedScenario, 'verdict' | 'measurements'> & { differences?: Difference[] };
}

export interface RunReport {
  /** In the order of files and, within a file, of declaration. */
  scenarios: EndedScenario[];
  seconds: number;
  /** The names of all that are declared, by file and in their order: those of a share among them. */
  declared: Record<string, string[]>;
  /** It was interrupted: there are scenarios that were not run, or not to their end. */
  interrupted?: true;
  /** Of all scenarios together. */
  coverage?: Coverage;
}

/** No folder of scenarios, or none of its scenarios has this name. */
export class NoScenarios extends Error {}

export function scenarioFolderIn(root: string): string {
  const found = scenarioFolders.find((folder) => existsSync(join(root, folder)));
  if (found !== undefined) return found;
  throw new NoScenarios(
    `there are no scenarios in ${root}: put files named *${scenarioEnding} into its folder 'scenarios'`,
  );
}

export async function runScenarios(options: RunOptions): Promise<RunReport> {
  if (!options.coverage) return run(options);
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-coverage-'));
  try {
    const report = await run({ ...options, settings: { ...options.settings, coverage: folder } });
    const parts = readdirSync(folder).map((name): Coverage => JSON.parse(readFileSync(join(folder, name), 'utf8')));
    return { ...report, coverage: mergeCoverage(parts) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(options: RunOptions): Promise<RunReport> {
  const { root, settings, pattern, shard, processes, signal } = options;
  const folder = scenarioFolderIn(root);
  const { createVitest } = await import('vitest/node');
  const began = performance.now();
  const collector = new Collector(options);
  const own = { ...settings, pattern, shard };
  const others = heardSignals.map((name) => process.listeners(name));
  const vitest = await createVitest(
    'test',
    {
      ...{ root, config: false, watch: false, include: [`${folder}/**/*${scenarioEnding}`], passWithNoTests: true },
      ...{ env: { [settingsVariable]: JSON.stringify(own) }, reporters: [collector], cache: false },
      // Processes are shared by the files, so that starting states are made once in each; a device has only one client.
      ...{
        pool: 'forks',
        isolate: false,
        ...(processes !== undefined && { maxWorkers: processes }),
        ...(settings.target !== undefined && { fileParallelism: false, maxWorkers: 1 }),
      },
      ...ownSources(),
    },
    {
      ...{ cacheDir: join(tmpdir(), 'coldrig-vite'), logLevel: 'error' },
      resolve: { alias: existsSync(ownEntry) ? { 'coldrig/hil': ownEntry } : {} },
    },
  );
  // It would end the process at a signal, before anything is cleaned up; who called this does that.
  for (const [index, name] of heardSignals.entries())
    for (const listener of process.listeners(name)) if (!others[index].includes(listener)) process.off(name, listener);
  // vitest sets it when a test fails; here a failure is a result, and who asked for it decides.
  const { exitCode } = process;
  // A second time ends processes that do not hear it, because a scenario in them loops without waiting.
  let again: NodeJS.Timeout | undefined;
  const cancel = () => {
    void vitest.cancelCurrentRun('keyboard-input');
    again = setTimeout(() => void vitest.cancelCurrentRun('keyboard-input'), HEARD_MS);
  };
  signal?.addEventListener('abort', cancel);
  try {
    await vitest.start();
  } finally {
    signal?.removeEventListener('abort', cancel);
    clearTimeout(again);
    await vitest.close();
    process.exitCode = exitCode;
  }
  const { scenarios, declared } = collector;
  const seconds = (performance.now() - began) / 1000;
  if (signal?.aborted) {
    options.onInterrupted?.({ scenarios, declared, seconds, interrupted: true });
    throw signal.reason;
  }
  if (scenarios.length === 0 && shard === undefined) {
    const which =
      pattern === undefined
        ? `no file ${folder}/**/*${scenarioEnding} declares one`
        : `none contains '${pattern}' in its name or in the path of its file`;
    throw new NoScenarios(`there is no such scenario in ${root}: ${which}`);
  }
  return { scenarios, declared, seconds };
}

/** A scenario that waits for virtual time hears of an interruption within this real time, in milliseconds. */
const HEARD_MS = 3000;
const heardSignals = ['SIGINT', 'SIGTERM'] as const;

/** Scenarios import `coldrig/hil`; in the repository itself that is this source. */
const ownEntry = fileURLToPath(new URL('../index.ts', import.meta.url));
const preloads = ['late-optimization.mjs', 'typescript-hooks.mjs'].map(
  (name) => new URL(`../../host/tools/${name}`, import.meta.url).href,
);

/** The repository's sources are modules of node, as those of the package are: the runner's own way makes each call of another module slow. */
function ownSources(): Pick<InlineConfig, 'execArgv' | 'server'> {
  if (!existsSync(ownEntry)) return {};
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const own = new RegExp(`^${root.replace(/[^\w/]/g, '\\$&')}(?!.*\\.scenario\\.ts$).*\\.ts$`);
  return { execArgv: preloads.flatMap((preload) => ['--import', preload]), server: { deps: { external: [own] } } };
}

/** Characters that are kept of what a scenario prints. */
const PRINTED_MOST = 100_000;

class Collector implements Reporter {
  readonly declared: Record<string, string[]> = {};
  private readonly modules = new Map<string, (EndedScenario & { id?: string })[]>();
  /** By the number of the test: it comes in pieces, some of them after the result. */
  private readonly printed = new Map<string, string>();
  private readonly options: RunOptions;

  constructor(options: RunOptions) {
    this.options = options;
  }

  get scenarios(): EndedScenario[] {
    const ended = [...this.modules].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, each]) => each);
    return ended.map(({ id = '', ...scenario }) => {
      const printed = this.printed.get(id);
      return { ...scenario, ...(printed !== undefined && { printed }) };
    });
  }

  onTestCaseResult(test: TestCase): void {
    const { coldrig } = test.meta();
    const { state, errors } = test.result();
    // Skipped without a result: it is not among those that were asked for.
    if (coldrig === undefined && (state !== 'failed' || errors?.some(isInterruption))) return;
    const seconds = (test.diagnostic()?.duration ?? 0) / 1000;
    const place = errors?.flatMap(({ stacks }) => stacks ?? []).find(({ file }) => file === test.module.moduleId);
    const where = place && `  line:     ${this.pathOf(test.module)}:${place.line}:${place.column}`;
    const message = errors && [...errors.map((error) => error.message), where].filter(Boolean).join('\n');
    const result = coldrig ?? { name: test.name, verdict: 'failed' as const, message, measurements: [] };
    this.ended(test.module, {
      ...{ id: test.id, ...result, ...(place && { line: place.line }) },
      ...(state === 'failed' && { verdict: 'failed' as const, message: message ?? result.message }),
      seconds,
    });
  }

  onTestModuleEnd(module: TestModule): void {
    this.declared[this.pathOf(module)] = [...module.children.allTests()].map(({ name }) => name);
    // A process that did not hear of an interruption was killed.
    for (const { message } of this.options.signal?.aborted ? [] : module.errors())
      this.ended(module, {
        name: this.pathOf(module),
        verdict: 'failed',
        message: `the file could not be run: ${message}`,
        measurements: [],
        seconds: 0,
      });
  }

  onUserConsoleLog({ content, taskId = '' }: { content: string; taskId?: string }): void {
    this.printed.set(taskId, `${this.printed.get(taskId) ?? ''}${content}`.slice(-PRINTED_MOST));
    this.options.onPrint?.(content);
  }

  private ended(module: TestModule, scenario: Omit<EndedScenario, 'module'> & { id?: string }): void {
    const path = this.pathOf(module);
    const ended = { ...scenario, module: path };
    this.modules.set(path, [...(this.modules.get(path) ?? []), ended]);
    this.options.onEnd?.(ended);
  }

  private pathOf({ moduleId }: TestModule): string {
    return relative(this.options.root, moduleId);
  }
}
