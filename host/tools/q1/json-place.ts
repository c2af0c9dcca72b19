// Finds the place of a syntax error in JSON. The parser of Node gives a position only in some messages, and they change with its version.

const TOKEN =
  /[ \t\r\n]*("(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:])/y;

type Expect = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end';

export interface JsonFault {
  /** Offset of the first character that cannot be there. */
  offset: number;
  expected: string;
}

/** Undefined when the text is valid JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  const open: string[] = [];
  let expected: Expect = 'value';
  TOKEN.lastIndex = 0;
  for (;;) {
    const offset = skipBlanks(text, TOKEN.lastIndex);
    if (expected === ', or end' && open.length === 0) {
      return offset === text.length ? undefined : { offset, expected: 'the end of the file' };
    }
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text)?.[1];
    const next: Expect | undefined = token === undefined ? undefined : after(token, expected, open);
    if (next === undefined) return { offset, expected: words(expected, open) };
    expected = next;
  }
}

function skipBlanks(text: string, from: number): number {
  let offset = from;
  while (offset < text.length && ' \t\r\n'.includes(text[offset])) offset += 1;
  return offset;
}

/** What may come after the token, or undefined when the token is not allowed here. Updates the stack of open brackets. */
function after(token: string, expected: Expect, open: string[]): Expect | undefined {
  const inside = open.at(-1);
  if (hasControlCharacter(token)) return undefined;
  if (token === '}' || token === ']') {
    const opener = token === '}' ? '{' : '[';
    const allowed = expected === ', or end' || expected === (token === '}' ? 'name or }' : 'value or ]');
    if (inside !== opener || !allowed) return undefined;
    open.pop();
    return ', or end';
  }
  if (expected === ':') return token === ':' ? 'value' : undefined;
  if (expected === ', or end') {
    if (token !== ',') return undefined;
    return inside === '{' ? 'name' : 'value';
  }
  if (expected === 'name' || expected === 'name or }') return token.startsWith('"') ? ':' : undefined;
  if (token === ',' || token === ':') return undefined;
  if (token !== '{' && token !== '[') return ', or end';
  open.push(token);
  return token === '{' ? 'name or }' : 'value or ]';
}

/** Line breaks and the like must be escaped in a string. */
function hasControlCharacter(token: string): boolean {
  return [...token].some((character) => character < ' ');
}

function words(expected: Expect, open: string[]): string {
  if (expected === ', or end') return `a comma or ${open.at(-1) === '{' ? '}' : ']'}`;
  if (expected === ':') return 'a colon';
  return expected.startsWith('name') ? 'a name in double quotes' : 'a value';
}
