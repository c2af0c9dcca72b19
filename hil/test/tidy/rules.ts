// The rules of the repository that a test can check. Each rule takes the tree and returns what it found, one sentence a
// finding: where, what, and what to do about it.

import ts from 'typescript';
import { guestFolders, layerOf, layers } from './layers.ts';
import { importsOf, isCode, isGenerated, isTest, parse, type SourceFile } from './sources.ts';

export type Rule = (files: SourceFile[]) => string[];

/** Imports point one way; host and guests never import each other. Tests may reach for what they need, within `testsStayBelow`. */
export const importDirections: Rule = (files) =>
  files
    .filter(({ path }) => isCode(path) && !isTest(path))
    .flatMap((file) => {
      const layer = layerOf(file.path);
      if (layer === undefined) return [];
      const allowed = new Set([layer, ...(layers[layer] ?? [])]);
      return importsOf(file).flatMap(({ target, line }) => {
        const other = target === undefined ? undefined : layerOf(target);
        if (other === undefined || allowed.has(other)) return [];
        const may = [...allowed].join(', ');
        return [
          `${file.path}:${line} imports ${target}: ${layer} may only look at ${may}. Move the shared part down, or pass it in.`,
        ];
      });
    });

/**
 * What even a test may not look at: nobody but the configuration of the tests imports what only tests, and the host knows nothing of the rig and the
 * command.
 */
export const testsStayBelow: Rule = (files) =>
  files
    .filter(({ path }) => isCode(path) && path !== 'vitest.config.ts')
    .flatMap((file) =>
      importsOf(file).flatMap(({ target, line }) => {
        const from = layerOf(file.path) ?? '';
        const to = (target === undefined ? undefined : layerOf(target)) ?? '';
        const isAbove =
          (to === 'hil/test' && from !== 'hil/test') || (/^(hil|cli)/.test(to) && from.startsWith('host/'));
        return isAbove
          ? [
              `${file.path}:${line} imports ${target}: tests of ${from} do not look at ${to}. Move the shared part down.`,
            ]
          : [];
      }),
    );

/** No file imports itself by way of others, guests and host alike. */
export const noCircles: Rule = (files) => {
  const code = new Map(files.filter(({ path }) => isCode(path)).map((file) => [file.path, file]));
  const targetsOf = (path: string) =>
    importsOf(code.get(path) as SourceFile).flatMap(({ target }) =>
      target !== undefined && code.has(target) ? [target] : [],
    );
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      found.push(
        `${[...trail.slice(trail.indexOf(path)), path].join(' -> ')} is a circle. Which of them should not know the next?`,
      );
      return;
    }
    if (done.has(path)) return;
    for (const target of targetsOf(path)) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of code.keys()) walk(path, []);
  return found;
};

const forbiddenBelowLinks: [RegExp, string][] = [
  [/\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bprocess\.hrtime\b/, 'reads the wall clock'],
  [/\bMath\.random\b|\brandomBytes\b|\brandomUUID\b/, 'is random'],
  [/\bprocess\.env\b/, 'reads the environment'],
  [/\bset(Timeout|Interval|Immediate)\b/, 'waits in wall time'],
  [/['"]node:(fs|net|dgram|child_process|os)/, 'touches the outside world'],
];
const deterministicLayers = [
  'host/board',
  'host/plant',
  'protocol',
  ...guestFolders,
  ...Object.keys(layers).filter((layer) => layer.startsWith('firmware/')),
  'bootloader/crypto',
  'bootloader/image',
];
// Generators are programs that write source files; they are not part of any run of the machine.
const isGenerator = (path: string) => /(^|[./])generate\.ts$/.test(path);

/** One clock: what makes up a run knows neither wall time nor chance nor files. */
export const noWallClockBelowLinks: Rule = (files) =>
  files
    .filter(({ path }) => isCode(path) && !isTest(path) && !isGenerator(path))
    .filter(({ path }) => deterministicLayers.includes(layerOf(path) ?? ''))
    .flatMap((file) =>
      file.lines.flatMap((line, index) =>
        forbiddenBelowLinks
          .filter(([pattern]) => pattern.test(line.replace(/\/\/.*/, '')))
          .map(
            ([, what]) =>
              `${file.path}:${index + 1} ${what}. A run is a function of images, seed and inputs: take it as an argument instead.`,
          ),
      ),
    );

const physicsFolders = ['host/plant/', 'protocol/sensors/'];

/** Physics ends in the same bits on every engine: only what IEEE 754 fixes, which exponentials and sines are not. */
export const basicArithmeticOnly: Rule = (files) =>
  files
    .filter(({ path }) => isCode(path) && !isTest(path) && physicsFolders.some((folder) => path.startsWith(folder)))
    .flatMap((file) =>
      file.lines.flatMap((line, index) => {
        const found = /\bMath\.(exp|expm1|log\w*|pow|cbrt|hypot|a?sinh?|a?cosh?|a?tanh?|atan2)\b|[\w)\]] \*\* /.exec(
          line.replace(/^\s*(\/\/|\/?\*).*|\/\/.*/, ''),
        );
        return found
          ? [
              `${file.path}:${index + 1} uses ${found[0].trim()}: engines differ in its last bit; take protocol/sensors/elementary.ts.`,
            ]
          : [];
      }),
    );

const entryPoints = [
  /^cli\/coldrig\.mjs$/,
  /(^|[./])generate\.ts$/,
  /\.entry\.ts$/,
  /\.scenario\.ts$/,
  /(^|\/)vitest\.config\.ts$/,
  /^(bootloader|firmware)\/main\.ts$/,
  /^firmware\/defects\//,
  /^protocol\/guest\/panic\.ts$/,
  /^hil\/test\/(bench|faults|multiplexer)\/main\.ts$/,
  /^hil\/test\/interop\/prepare\.ts$/,
  /^hil\/test\/tidy\/assertions\.ts$/,
  /\.interop\.ts$/,
  /^\.ci\//,
  /^host\/tools\/package\/main\.ts$/,
  // What others import.
  /^firmware\/library\//,
];

/** No file without a reader: dead files go. */
export const everyFileHasAReader: Rule = (files) => {
  const code = files.filter(({ path }) => isCode(path));
  const read = new Set(code.flatMap((file) => importsOf(file).map(({ target }) => target)));
  const mentioned = (path: string) =>
    code.some(
      (file) =>
        file.path !== path &&
        [path.split('/').slice(-2).join('/'), `'./${path.split('/').at(-1)}'`].some((name) => file.text.includes(name)),
    );
  return code
    .filter(
      ({ path }) =>
        !isTest(path) && !read.has(path) && !entryPoints.some((pattern) => pattern.test(path)) && !mentioned(path),
    )
    .map(({ path }) => `${path} is imported by nobody. Delete it, or import it where it was meant to be used.`);
};

export interface Ratchet {
  lines: number;
  why: string;
}

/** A file has at most the lines of the limit. Longer ones are listed with their present length, which may only go down. */
export const fileLength =
  (limit: number, ratchets: Record<string, Ratchet>): Rule =>
  (files) => [
    ...files
      .filter(({ path }) => isCode(path) && !isGenerated(path))
      .flatMap(({ path, lines }) => {
        const allowed = ratchets[path]?.lines ?? limit;
        const length = lines.length - 1;
        return length > allowed ? [`${path} has ${length} lines, over ${allowed}. Has one idea become two?`] : [];
      }),
    ...Object.keys(ratchets)
      .filter((path) => !files.some((file) => file.path === path && file.lines.length - 1 > limit))
      .map((path) => `${path} no longer needs its exception of ${limit} lines. Take it out of the list.`),
  ];

/** A function fits on a screen. */
export const functionLength =
  (limit: number, exceptions: Record<string, string>): Rule =>
  (files) =>
    files
      .filter(({ path, lines }) => isCode(path) && !isGenerated(path) && !isTest(path) && lines.length > limit)
      .flatMap((file) =>
        longFunctions(file, limit)
          .filter(({ name }) => exceptions[`${file.path}#${name}`] === undefined)
          .map(
            ({ name, line, length }) =>
              `${file.path}:${line} ${name} is ${length} lines long, over ${limit}. Which part has a name of its own?`,
          ),
      );

function longFunctions(file: SourceFile, limit: number): { name: string; line: number; length: number }[] {
  const tree = parse(file);
  const found: { name: string; line: number; length: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const start = tree.getLineAndCharacterOfPosition(node.getStart()).line;
      const length = tree.getLineAndCharacterOfPosition(node.end).line - start + 1;
      if (length > limit) found.push({ name: node.name?.getText() ?? '(anonymous)', line: start + 1, length });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** A file begins by saying what it is for. */
export const everyFileSaysWhatItIsFor: Rule = (files) =>
  files
    .filter(({ path }) => isCode(path) && !isTest(path) && path !== 'vitest.config.ts')
    .filter(({ lines }) => !/^(\/\/|\/\*)/.test(lines[0]?.startsWith('#!') ? (lines[1] ?? '') : (lines[0] ?? '')))
    .map(
      ({ path }) => `${path} does not say what it is for. Begin with a comment: its purpose, and what must stay true.`,
    );

/** A document has one title. */
export const oneTitleADocument: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) => {
      const titles = text.replace(/```[\s\S]*?```/g, '').match(/^# .+$/gm) ?? [];
      return titles.length === 1
        ? []
        : [`${path} has ${titles.length} titles; a document has one line that begins with "# ".`];
    });

// Spelled in pieces, so that the rule does not find itself.
const foreignWords: [RegExp, string][] = [
  [new RegExp(['registry', 'npmjs'].join('\\.')), 'a package registry’s host'],
  [new RegExp(['pypi', 'org'].join('\\.')), 'a package registry’s host'],
  [new RegExp(['proxy', 'golang'].join('\\.')), 'a package registry’s host'],
  [new RegExp(`${['', 'work'].join('/')}/|${['', 'root'].join('/')}/`), 'a path of one machine'],
  [
    new RegExp(`${['-----BEGIN', 'PRIVATE KEY'].join(' ')}|${['-----BEGIN ENCRYPTED', 'PRIVATE KEY'].join(' ')}`),
    'a private key',
  ],
];
const note: [RegExp, string] = [
  new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\bX', 'XX\\b'].join('')),
  'a note to oneself; do it, or say in words what is left open',
];

/** Nothing of the machine it was written on, nothing secret, nothing left for later without a word. */
export const nothingForeign: Rule = (files) =>
  files
    .filter(({ path }) => path !== 'package-lock.json')
    .flatMap(({ path, text, lines }) => {
      // A picture has any three letters somewhere.
      const words = text.includes('\0') ? foreignWords : [...foreignWords, note];
      const here = words.filter(([pattern]) => pattern.test(text));
      if (here.length === 0) return [];
      return lines.flatMap((line, index) =>
        here.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${path}:${index + 1} holds ${what}.`),
      );
    });

/** The design's top level, and nothing beside it. */
export const topLevel =
  (allowed: string[]): Rule =>
  (files) =>
    [...new Set(files.map(({ path }) => path.split('/')[0] ?? ''))]
      .filter((name) => !allowed.includes(name))
      .map(
        (name) =>
          `${name} is new at the top level. Put it where the design has a place for it, or change the design first.`,
      );
