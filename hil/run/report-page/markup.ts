// HTML from texts that anybody may have written: everything that goes into a page goes through `escaped`, and data through `dataScript`.

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  "'": '&#39;',
};

/** For text between tags and for attributes in quotes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]);

/** A block of JSON that no text in it can end. */
export function dataScript(id: string, data: unknown): string {
  const json = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `<script type="application/json" id="${id}">${json}</script>`;
}

/** A table that scrolls by itself where the page is too narrow for it, also with the keyboard. Cells are HTML; numbers, by column, are aligned right. */
export function tableOf(caption: string, head: string[], rows: string[][], numbers: readonly number[] = []): string {
  const cell = (tag: string, html: string, column: number) =>
    `<${tag}${numbers.includes(column) ? ' class="number"' : ''}${tag === 'th' ? ' scope="col"' : ''}>${html}</${tag}>`;
  const line = (cells: string[]) => `<tr>${cells.map((html, column) => cell('td', html, column)).join('')}</tr>`;
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table>
<caption>${escaped(caption)}</caption>
<thead><tr>${head.map((text, column) => cell('th', escaped(text), column)).join('')}</tr></thead>
<tbody>${rows.map(line).join('\n')}</tbody></table></div>`;
}

/** Units that are things to be counted, of tracks and figures: one of them has another form. */
const things = /\b(byte|cell|cycle|heartbeat|sector|value|window|write)s\b/;

export function amountText(value: number, unit: string): string {
  return `${numberText(value)} ${value === 1 ? unit.replace(things, '$1') : unit}`;
}

/** A number for a person: four digits that count, or all of a whole number, in groups. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return `${value}`.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return `${Number(value.toPrecision(4))}`;
}
