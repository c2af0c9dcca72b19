// The CI files and the container file of a new project: known keys only, commands that the project has, results where the Makefile writes them.
// `make lint-ci` has the linters other people wrote.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../../host/tools/guest.ts';
import packageFile from '../../package.json' with { type: 'json' };

const template = join(repositoryRoot, 'cli', 'new', 'template');
const read = (name: string) => readFileSync(join(template, name), 'utf8');
const makefile = read('Makefile');
const targets = [...makefile.matchAll(/^\.PHONY: (.*)$/gm)].map(([, name]) => name);
const junit = /--junit (\S+)/.exec(makefile)?.[1] ?? '';
const oldestNode = Number(/(\d+)/.exec(packageFile.engines.node)?.[1]);

type Keys = Record<string, unknown>;

/** Keys of a map that the format does not have. */
const strange = (map: Keys, known: readonly string[], where: string): string[] =>
  Object.keys(map)
    .filter((key) => !known.includes(key))
    .map((key) => `${where}: there is no key '${key}'`);

/** A line of a script: what it calls must be there. */
function badCommand(line: string): string[] {
  const [program, ...words] = line.split(' ');
  if (program === 'npm')
    return ['install', 'ci'].includes(words[0]) ? [] : [`'${line}': npm ${words[0]} is not expected`];
  if (program !== 'make') return [`'${line}': only npm and make are called`];
  return words.filter((word) => !targets.includes(word)).map((word) => `'${line}': the Makefile has no ${word}`);
}

const nodeOf = (image: string): number => Number(/^node:(\d+)/.exec(image)?.[1]);

// The keys of docs.github.com, "Workflow syntax for GitHub Actions", that a project like this may have.
const workflowKeys = ['name', 'on', 'permissions', 'jobs', 'env', 'concurrency', 'defaults'];
const jobKeys = ['name', 'needs', 'if', 'runs-on', 'timeout-minutes', 'steps', 'env', 'strategy', 'permissions'];
const stepKeys = ['name', 'id', 'if', 'uses', 'run', 'with', 'env', 'shell', 'working-directory', 'continue-on-error'];

function workflowFaults(text: string): string[] {
  const workflow: Keys = parse(text);
  const jobs = Object.entries((workflow.jobs ?? {}) as Record<string, Keys>);
  return [
    ...strange(workflow, workflowKeys, 'workflow'),
    ...['on', 'permissions', 'jobs'].filter((key) => !(key in workflow)).map((key) => `workflow: no '${key}'`),
    ...(jobs.length === 0 ? ['workflow: no job'] : []),
    ...jobs.flatMap(([name, job]) => jobFaults(name, job)),
  ];
}

function jobFaults(name: string, job: Keys): string[] {
  const steps = (job.steps ?? []) as Keys[];
  const uploads = steps.filter(({ uses }) => String(uses).startsWith('actions/upload-artifact@'));
  const kept = uploads.flatMap((step) => String((step.with as Keys).path).split('\n'));
  return [
    ...strange(job, jobKeys, name),
    ...['runs-on', 'timeout-minutes', 'steps'].filter((key) => !(key in job)).map((key) => `${name}: no '${key}'`),
    ...steps.flatMap((step, number) => stepFaults(`${name}, step ${number + 1}`, step)),
    ...(kept.includes(junit) ? [] : [`${name}: ${junit} is not kept`]),
    ...uploads.filter((step) => step.if === undefined).map(() => `${name}: results of a failure are not kept`),
  ];
}

function stepFaults(where: string, step: Keys): string[] {
  const { uses, run } = step as { uses?: string; run?: string };
  const versions = step.with as Keys | undefined;
  return [
    ...strange(step, stepKeys, where),
    ...((uses === undefined) === (run === undefined) ? [`${where}: one of 'uses' and 'run'`] : []),
    ...(uses === undefined || /^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(uses)
      ? []
      : [`${where}: ${uses} has no version`]),
    ...(run ?? '').split('\n').flatMap((line) => (line === '' ? [] : badCommand(line))),
    ...(Number(versions?.['node-version'] ?? oldestNode) < oldestNode ? [`${where}: Node is too old`] : []),
  ];
}

// The keys of docs.gitlab.com, "CI/CD YAML syntax reference", that a project like this may have.
const gitlabJobKeys = [
  'image',
  'timeout',
  'script',
  'artifacts',
  'stage',
  'cache',
  'variables',
  'rules',
  'needs',
  'before_script',
];
const artifactKeys = ['when', 'paths', 'reports', 'name', 'expire_in', 'exclude'];

function pipelineFaults(text: string): string[] {
  const jobs = Object.entries(parse(text) as Record<string, Keys>);
  return jobs.flatMap(([name, job]) => {
    const artifacts = (job.artifacts ?? {}) as Keys;
    const reports = (artifacts.reports ?? {}) as Keys;
    return [
      ...strange(job, gitlabJobKeys, name),
      ...strange(artifacts, artifactKeys, `${name}, artifacts`),
      ...(Array.isArray(job.script) ? (job.script as string[]).flatMap(badCommand) : [`${name}: no 'script'`]),
      ...(nodeOf(String(job.image)) >= oldestNode ? [] : [`${name}: ${job.image} is no Node from ${oldestNode} on`]),
      ...(artifacts.when === 'always' ? [] : [`${name}: results of a failure are not kept`]),
      ...(reports.junit === junit ? [] : [`${name}: the report is not ${junit}`]),
    ];
  });
}

const instructions = ['FROM', 'RUN', 'WORKDIR', 'USER', 'COPY', 'CMD', 'ENV', 'ARG', 'LABEL'];

function containerFaults(text: string, ignored: readonly string[]): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const said = lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)] as const);
  const of = (name: string) => said.filter(([instruction]) => instruction === name).map(([, rest]) => rest);
  const node = nodeOf(of('FROM')[0] ?? '');
  const lastUser = of('USER').at(-1) ?? 'root';
  const command = JSON.parse(of('CMD')[0] ?? '[]') as string[];
  return [
    ...said.filter(([name]) => !instructions.includes(name)).map(([name]) => `${name} is no instruction`),
    ...(said[0]?.[0] === 'FROM' && node >= oldestNode ? [] : [`it does not begin with Node from ${oldestNode} on`]),
    ...(lastUser === 'root' ? ['it runs as root'] : []),
    ...(of('RUN').some((line) => line.startsWith('npm ci')) ? [] : ['the packages are not those of the lock file']),
    ...badCommand(command.join(' ')),
    ...['keys', 'node_modules', 'build']
      .filter((name) => !ignored.includes(name))
      .map((name) => `${name} gets into it`),
  ];
}

const ignored = read('dockerignore').split('\n');

describe('the CI files of a new project', () => {
  it('are known to GitHub, GitLab and a container', () => {
    expect(workflowFaults(read('github-test.yml'))).toEqual([]);
    expect(pipelineFaults(read('gitlab-ci.yml'))).toEqual([]);
    expect(containerFaults(read('Containerfile'), ignored)).toEqual([]);
  });

  it('run the scenarios and keep their report', () => {
    expect(makefile).toMatch(/\$\(COLDRIG\) hil .*--junit build\/hil\.xml/);
    expect(readdirSync(template)).toEqual(expect.arrayContaining(['Containerfile', 'dockerignore', 'gitignore']));
    for (const name of ['node_modules/', 'build/', 'keys/']) expect(read('gitignore').split('\n')).toContain(name);
  });

  it.each<[string, (text: string, to: string) => string[], string, string, string, RegExp]>([
    ['a key that there is not', workflowFaults, 'github-test.yml', 'runs-on', 'run-on', /no key 'run-on'/],
    ['an action without a version', workflowFaults, 'github-test.yml', 'checkout@v4', 'checkout', /has no version/],
    ['a target that there is not', workflowFaults, 'github-test.yml', 'make test', 'make tests', /no tests/],
    ['a report at another place', workflowFaults, 'github-test.yml', 'build/hil.xml', 'hil.xml', /is not kept/],
    ['rights for all', workflowFaults, 'github-test.yml', 'permissions:\n  contents: read\n', '', /no 'permissions'/],
    ['an old Node', workflowFaults, 'github-test.yml', 'node-version: 22', 'node-version: 18', /too old/],
    ['a script that is no list', pipelineFaults, 'gitlab-ci.yml', 'script:', 'scripts:', /no 'script'/],
    ['a failure without results', pipelineFaults, 'gitlab-ci.yml', 'always', 'on_success', /are not kept/],
    ['an image that is no Node', pipelineFaults, 'gitlab-ci.yml', 'node:22', 'debian:13', /is no Node/],
    [
      'a container that runs as root',
      (text) => containerFaults(text, ignored),
      'Containerfile',
      'USER node',
      '',
      /as root/,
    ],
    ['a container with keys in it', (text) => containerFaults(text, []), 'Containerfile', '', '', /keys gets into it/],
    [
      'packages of any version',
      (text) => containerFaults(text, ignored),
      'Containerfile',
      'npm ci',
      'npm i',
      /lock file/,
    ],
  ])('with %s are refused', (_, faultsOf, name, from, to, says) => {
    expect(faultsOf(read(name).replace(from, to), to).join('\n')).toMatch(says);
  });
});
