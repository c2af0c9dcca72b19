// Removes the messages of assertions from the sources of guests: the device never prints them, and they would be a third of the bytes of an image.
//
// A fault record names the function and the cycle, which lead to the line in the source. What must stay true: every line and column stays in its
// place, so that source maps and diagnostics fit the files.

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

/** The place of the comma after the first argument of a call, if there is one, and of the closing parenthesis. */
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
