// Rules for guests alone: what a compiler does not see and a device finds out too late.

import ts from 'typescript';
import { isGenerated, isTest, parse, type SourceFile } from './sources.ts';

type Rule = (files: SourceFile[]) => string[];

const isGuest = (path: string) =>
  /^(protocol\/guest|bootloader|firmware)\//.test(path) && path.endsWith('.ts') && !isTest(path) && !isGenerated(path);

/** Programs that stand beside the guests: what a unit test calls, firmware that is broken on purpose, what makes tables on the host. */
const isBeside = (path: string) => /\.entry\.ts$|\/(testing|generate)\/|^firmware\/defects\//.test(path);

function visitAll(file: SourceFile, visit: (node: ts.Node, tree: ts.SourceFile) => void): void {
  const tree = parse(file);
  const walk = (node: ts.Node): void => {
    visit(node, tree);
    ts.forEachChild(node, walk);
  };
  walk(tree);
}

/** The size of a static buffer names the constant it follows from: a row more in the table must make the buffer larger. */
export const staticBuffersFollowConstants: Rule = (files) =>
  files
    .filter(({ path }) => isGuest(path))
    .flatMap((file) =>
      bareSizes(file).map(
        ({ line, size }) =>
          `${file.path}:${line} sizes a buffer by the bare number ${size}. Write it with the constant that it follows from, as memory.data(<i32>(ROWS * ROW_SIZE), 8).`,
      ),
    );

function bareSizes(file: SourceFile): { line: number; size: string }[] {
  const found: { line: number; size: string }[] = [];
  visitAll(file, (node, tree) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'memory.data') return;
    const [size] = node.arguments;
    if (size === undefined || ts.isArrayLiteralExpression(size) || namesSomething(size)) return;
    found.push({ line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1, size: size.getText() });
  });
  return found;
}

function namesSomething(node: ts.Node): boolean {
  // The type in <i32> is a name as well, of the wrong kind.
  if (ts.isTypeNode(node)) return false;
  return ts.isIdentifier(node) || (ts.forEachChild(node, (child) => namesSomething(child) || undefined) ?? false);
}

export interface Asserted {
  functions: number;
  assertions: number;
  perFunction: number;
}

/** How many assertions the functions of a folder have on average, to two places. */
export function assertionsOf(folder: string, folders: readonly string[], files: SourceFile[]): Asserted {
  const belongsHere = (path: string) =>
    folders.filter((other) => path.startsWith(`${other}/`)).sort((a, b) => b.length - a.length)[0] === folder;
  let [functions, assertions] = [0, 0];
  for (const file of files.filter(({ path }) => isGuest(path) && !isBeside(path) && belongsHere(path)))
    visitAll(file, (node) => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) functions++;
      if (ts.isCallExpression(node) && node.expression.getText() === 'assert') assertions++;
    });
  return { functions, assertions, perFunction: functions === 0 ? 0 : Math.floor((100 * assertions) / functions) / 100 };
}

/** One line a folder and one for all guests together, as a table in text. */
export function assertionTable(floors: Readonly<Record<string, number>>, files: SourceFile[]): string {
  const rows = Object.keys(floors).map((folder) => ({ folder, ...assertionsOf(folder, Object.keys(floors), files) }));
  const functions = rows.reduce((sum, row) => sum + row.functions, 0);
  const assertions = rows.reduce((sum, row) => sum + row.assertions, 0);
  const all = { folder: 'all guests', functions, assertions, perFunction: assertions / functions };
  return [...rows, all]
    .map(
      ({ folder, ...of }) => `${of.perFunction.toFixed(2)} a function: ${folder} (${of.assertions} in ${of.functions})`,
    )
    .join('\n');
}

/** Above its floor by more than this, a folder's floor is raised. */
const SLACK = 0.2;

/** Functions say what must hold, and do so more and more: `floors` are assertions per function by folder, which only go up. */
export const functionsSayWhatMustHold =
  (floors: Readonly<Record<string, number>>): Rule =>
  (files) =>
    Object.entries(floors).flatMap(([folder, floor]) => {
      const { functions, assertions, perFunction } = assertionsOf(folder, Object.keys(floors), files);
      const figures = `${folder} has ${assertions} assertions in ${functions} functions, ${perFunction} each`;
      if (perFunction < floor)
        return [
          `${figures}, below its ${floor}. Say what must hold: ranges of arguments, bounds of tables, what a function leaves behind.`,
        ];
      return perFunction > floor + SLACK ? [`${figures}, well above its ${floor}. Raise that in ratchets.ts.`] : [];
    });
