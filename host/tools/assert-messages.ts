// What an assertion of a guest says stays in its source: nothing prints it on the device, and in an image it is a third of the bytes.
//
// A fault record names the function and the cycle, and whoever reads it looks the line up. What must stay true: every line and column stays
// where it is, so that source maps and diagnostics fit the files.

/** The source with blanks in place of the messages of its assertions: `assert(a < b, 'why')` becomes `assert(a < b       )`. */
export function withoutMessages(source: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { 0: opening, index } of source.matchAll(/\bassert\(/g)) {
    const line = source.slice(source.lastIndexOf('\n', index) + 1, index);
    if (/^\s*\*|\/\//.test(line)) continue;
    const call = index + opening.length;
    const { comma, close } = argumentsEnd(source, call);
    if (comma === undefined) continue;
    pieces.push(source.slice(from, comma), source.slice(comma, close).replace(/[^\n]/g, ' '));
    from = close;
  }
  return pieces.join('') + source.slice(from);
}

/** Where the first argument of a call ends in a comma, if it does, and where the call's parenthesis closes. */
function argumentsEnd(source: string, start: number): { comma: number | undefined; close: number } {
  let comma: number | undefined;
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const character = source[at];
    if (character === "'") at = endOfText(source, at);
    else if (character === '(' || character === '[') depth++;
    else if (character === ',' && depth === 0) comma ??= at;
    else if ((character === ')' || character === ']') && depth-- === 0) return { comma, close: at };
  }
  throw new Error(`an assertion is not closed: ${source.slice(start - 'assert('.length, start + 60)}`);
}

function endOfText(source: string, quote: number): number {
  let at = quote + 1;
  while (at < source.length && source[at] !== "'") at += source[at] === '\\' ? 2 : 1;
  return at;
}
