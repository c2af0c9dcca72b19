// The pages of docs/runbooks: their names, their text, and as HTML for a browser.
//
// What must stay true: nothing of a page is left out but the comments that name a constant; what stands in a page is text, never markup of a browser.

import { existsSync, readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../docs/runbooks/', import.meta.url);

/** In name order. */
export function runbookNames(): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return files.map((file) => file.slice(0, -'.md'.length)).sort();
}

/** Throws where there is no such page. */
export function runbookSource(name: string): string {
  return readFileSync(new URL(`${name}.md`, folder), 'utf8');
}

export const isRunbook = (name: string): boolean =>
  /^[a-z0-9-]+$/.test(name) && existsSync(new URL(`${name}.md`, folder));

/** Without the comments that name the constants of values. */
export const withoutComments = (source: string): string => source.replace(/<!--.*?-->/g, '');

export const titleOf = (source: string): string => /^# (.*)$/m.exec(source)?.[1] ?? '';

/** The part under a heading, without it; empty where there is none. */
export function sectionOf(source: string, heading: string): string {
  const [, behind = ''] = withoutComments(source).split(`\n## ${heading}\n`);
  return behind.split('\n## ')[0].trim();
}

/** Headings, paragraphs, lists, tables and code of a page. `linkOf`: where a link to another page leads; without an answer only its text is left. */
export function runbookHtml(source: string, linkOf: (target: string) => string | undefined): string {
  const html: string[] = [];
  const inline = (text: string) => inlineHtml(text, linkOf);
  const lines = withoutComments(source).trim().split('\n');
  while (lines.length > 0) {
    const line = lines.shift() as string;
    const heading = /^(#+) (.*)$/.exec(line);
    if (line.startsWith('```'))
      html.push(
        `<pre tabindex="0"><code>${escaped(takeWhile(lines, (one) => !one.startsWith('```')).join('\n'))}</code></pre>`,
      );
    else if (heading !== null) html.push(`<h${heading[1].length}>${inline(heading[2])}</h${heading[1].length}>`);
    else if (line.startsWith('|'))
      html.push(tableHtml([line, ...takeWhile(lines, (one) => one.startsWith('|'))], inline));
    else if (item.test(line))
      html.push(listHtml([line, ...takeWhile(lines, (one) => item.test(one) || one.startsWith('  '))], inline));
    else if (line.trim() !== '')
      html.push(
        `<p>${inline([line, ...takeWhile(lines, (one) => one.trim() !== '' && !/^(#|\||```|- |\d+\. )/.test(one))].join(' '))}</p>`,
      );
    if (line.startsWith('```')) lines.shift();
  }
  return html.join('\n');
}

const item = /^(- |\d+\. )/;

function takeWhile(lines: string[], isMore: (line: string) => boolean): string[] {
  const end = lines.findIndex((line) => !isMore(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function listHtml(lines: readonly string[], inline: (text: string) => string): string {
  const items: string[] = [];
  for (const line of lines) {
    if (item.test(line)) items.push(line.replace(item, ''));
    else items.push(`${items.pop()} ${line.trim()}`);
  }
  const tag = lines[0].startsWith('- ') ? 'ul' : 'ol';
  return `<${tag}>${items.map((one) => `<li>${inline(one)}</li>`).join('')}</${tag}>`;
}

function tableHtml(lines: readonly string[], inline: (text: string) => string): string {
  const [head, , ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => inline(cell.trim())),
  );
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
}

function inlineHtml(text: string, linkOf: (target: string) => string | undefined): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1 ? `<code>${escaped(part.slice(1, -1))}</code>` : plainHtml(part, linkOf),
    )
    .join('');
}

const plainHtml = (text: string, linkOf: (target: string) => string | undefined) =>
  escaped(text)
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, (_, words: string, target: string) => {
      const link = linkOf(target);
      return link === undefined ? words : `<a href="${escaped(link)}">${words}</a>`;
    });

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
