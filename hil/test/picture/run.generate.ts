// Makes docs/run.svg, the picture in the README: `npx tsx hil/test/picture/run.generate.ts` runs what `make run` runs and draws the end of what
// it prints.
//
// What must stay true: the text is what the command printed, in its colours; nothing is added but the first two lines.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';

const columns = 94;
const chaptersShown = 3;
const [margin, lineHeight, fontSize, columnWidth] = [16, 18, 13, 7.82];
const plainColour = '#d7dae0';
const dimColour = '#7f8794';
/** By the number of the terminal's code. */
const colours: Record<string, string> = { 2: dimColour, 31: '#e06c75', 32: '#98c379', 33: '#e5c07b', 36: '#56b6c2' };
const fonts = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/** What the command prints on a terminal: a module that is loaded first makes it take the pipe for one. */
function printed(): string {
  const terminal = `data:text/javascript,process.stdout.isTTY=true;process.stdout.columns=${columns}`;
  const { NO_COLOR: _, ...env } = process.env;
  return execFileSync(process.execPath, ['--import', terminal, 'cli/coldrig.mjs', 'demo', '--no-stay'], {
    cwd: repositoryRoot,
    env: { ...env, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'inherit'],
  }).toString();
}

/** Escape sequences of colours. */
const ESC = String.fromCharCode(27);
const painted = new RegExp(`${ESC}\\[(\\d+)m(.*?)${ESC}\\[0m`, 'gs');

/** The last chapters, a line each; what is painted over several lines is painted in each of them. */
function lastLines(text: string): string[] {
  const lines = text
    .replace(painted, (_, code, inside) => inside.replace(/[^\n]+/g, `${ESC}[${code}m$&${ESC}[0m`))
    .trimEnd()
    .split('\n');
  const chapters = lines.flatMap((line, index) => (new RegExp(`^${ESC}\\[1m\\d+\\. `).test(line) ? [index] : []));
  const first = chapters.at(-chaptersShown);
  if (first === undefined || lines.some((line) => line.replace(painted, '$2').includes(ESC)))
    throw new Error('the output of `coldrig demo` is not as this file knows it; look at its chapters and colours');
  return [`${ESC}[2m$ make run${ESC}[0m`, `${ESC}[2m…${ESC}[0m`, '', ...lines.slice(first)];
}

function spans(line: string): string {
  const parts: string[] = [];
  let end = 0;
  for (const match of line.matchAll(painted)) {
    const [whole, code, inside] = match;
    parts.push(span(line.slice(end, match.index)), span(inside, code));
    end = match.index + whole.length;
  }
  return [...parts, span(line.slice(end))].join('');
}

function span(text: string, code = ''): string {
  if (text === '') return '';
  const weight = code === '1' ? ' font-weight="bold"' : '';
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<tspan fill="${colours[code] ?? plainColour}"${weight}>${safe}</tspan>`;
}

function drawn(lines: string[]): string {
  const [width, height] = [Math.round(2 * margin + columns * columnWidth), lines.length * lineHeight + 2 * margin];
  const rows = lines.flatMap((line, row) =>
    line === ''
      ? []
      : [`<text x="${margin}" y="${margin + 14 + row * lineHeight}" xml:space="preserve">${spans(line)}</text>`],
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${fonts}" font-size="${fontSize}">`,
    '<rect width="100%" height="100%" rx="8" fill="#1e2228"/>',
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

writeFileSync(join(repositoryRoot, 'docs/run.svg'), drawn(lastLines(printed())));
