// What a compiler of guests has parsed is used again by the next compilation in its process: a bootloader with one defect differs from the others in
// one file of its seventy, and half of what is parsed is AssemblyScript's own library.
//
// What must stay true: a guest has the bytes and the source map that it has when all is parsed anew. A compilation changes nothing of what was parsed but
// the number that a source has in the source map, which is taken away before the next one.

import { Parser } from 'assemblyscript';

/** What a parser of its own made of one source: the tree, the errors, and what it imports. */
interface Parsed {
  text: string;
  parser: Parser;
}

const parsed = new Map<string, Parsed>();
const { parseFile, finish } = Parser.prototype;

Parser.prototype.parseFile = function (text, path, isEntry) {
  // It is missing, and the error names who imports it.
  if (text === null) return parseFile.call(this, text, path, isEntry);
  const { parser } = parsedSource(text, path, isEntry, this.options);
  const [name] = parser.donelog;
  if (this.donelog.has(name)) return;
  this.donelog.add(name);
  this.seenlog.add(name);
  this.sources.push(...parser.sources);
  this.diagnostics.push(...parser.diagnostics);
  for (const [imported, by] of parser.dependees) {
    if (this.seenlog.has(imported)) continue;
    this.seenlog.add(imported);
    this.dependees.set(imported, by);
    this.backlog.push(imported);
  }
};

// The compiler calls this when all is parsed, and generates code before anything else can run.
Parser.prototype.finish = function () {
  for (const source of this.sources) source.debugInfoIndex = -1;
  finish.call(this);
};

function parsedSource(text: string, path: string, isEntry: boolean, options: Parser['options']): Parsed {
  const key = JSON.stringify([path, isEntry, options?.features]);
  const known = parsed.get(key);
  if (known?.text === text) return known;
  const parser = new Parser();
  parser.options = options;
  parseFile.call(parser, text, path, isEntry);
  const made = { text, parser };
  parsed.set(key, made);
  return made;
}

/** As in a process that has compiled nothing yet. */
export function forgetParsed(): void {
  parsed.clear();
}
