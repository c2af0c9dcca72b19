// The line of the source on which a function is defined, found by the name that the compiler gives it.
//
// The source map cannot tell it: the first code of a function is often that of a small function that the compiler has put into it, also from the same file.
// Names: `file/run`, `file/run<u32>`, `file/Box#open`, `file/Box.make`, `file/Box#get:lid`, `file/Box#constructor`, `file/run~anonymous|0`.
// What must stay true: what is not found for certain is undefined. A line that is wrong is worse than none.

/** A part of the source, from one character to another. */
interface Span {
  from: number;
  to: number;
}

/** `functionName`: with the path of its file. A closure has the line of the function that it stands in. */
export function definitionLine(text: string, functionName: string): number | undefined {
  const name = plainName(functionName).replace(/^.*\//, '');
  const parts = name.replace(/~.*$/, '').split(/[#.]/);
  const code = withoutComments(text);
  let inside: Span = { from: 0, to: code.length };
  let at: number | undefined;
  for (const [index, part] of parts.entries()) {
    // A class may leave its constructor out: it has the line of the class.
    const outer = part === 'constructor' ? at : undefined;
    at = declarationIn(code, inside, part, index > 0) ?? outer;
    if (at === undefined) return undefined;
    inside = bodyAfter(code, at);
  }
  return at === undefined ? undefined : lineAt(code, at);
}

/** The name without the types that a generic function was made for: they may have the paths of other files in them. */
export function plainName(functionName: string): string {
  const shorter = functionName.replace(/<[^<>]*>/g, '');
  return shorter === functionName ? functionName : plainName(shorter);
}

/** A closure has its own code inside the function that it stands in. */
export const isClosure = (functionName: string): boolean => plainName(functionName).replace(/^.*\//, '').includes('~');

/** Comments and texts may have anything in them. Lines and places stay as they are. */
function withoutComments(text: string): string {
  const skipped = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  return text.replace(skipped, (found) => found.replace(/[^\n]/g, ' '));
}

const memberBegins =
  '(?<=(?:^|[{};])\\s*)(?:(?:public|private|protected|static|override|readonly|@\\w+(?:\\([^)]*\\))?)\\s+)*';

/** Where a name is declared in a part of the source, and not in something smaller inside that. */
function declarationIn(code: string, { from, to }: Span, part: string, isMember: boolean): number | undefined {
  const [, accessor, name] = /^(?:(get|set):)?([A-Za-z_$][\w$]*)$/.exec(part) ?? [];
  if (name === undefined) return undefined;
  const escaped = name.replaceAll('$', '\\$');
  const plain = `\\b(?:function|class|namespace)\\s+${escaped}(?![\\w$])`;
  // Only where a member begins: a call of a function with the same name is none.
  const member = `${memberBegins}${accessor === undefined ? '' : `${accessor}\\s+`}${escaped}\\s*[<(]`;
  const pattern = new RegExp(isMember ? `${plain}|${member}` : plain, 'gm');
  pattern.lastIndex = from;
  for (let found = pattern.exec(code); found !== null && found.index < to; found = pattern.exec(code))
    if (depthOf(code, from, found.index) === 0) return found.index;
  return undefined;
}

function depthOf(code: string, from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at++) {
    if ('{(['.includes(code[at])) depth++;
    else if ('})]'.includes(code[at])) depth--;
  }
  return depth;
}

/** What is between the next brace and the one that closes it. */
function bodyAfter(code: string, at: number): Span {
  const from = code.indexOf('{', at) + 1;
  if (from === 0) return { from: at, to: at };
  let to = from;
  for (let depth = 1; to < code.length; to++) {
    if (code[to] === '{') depth++;
    else if (code[to] === '}' && --depth === 0) break;
  }
  return { from, to };
}

const lineAt = (code: string, at: number): number => code.slice(0, at).split('\n').length;
