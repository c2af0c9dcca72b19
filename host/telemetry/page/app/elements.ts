// Elements of the document. Text is set as text: what a device or a file says is never markup.

type Attributes = Record<string, string | number | boolean | undefined>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : `${value}`);
  }
  made.append(...children);
  return made;
}

export const byId = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

/** A table that scrolls in itself, by the keyboard too. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
  numbers: readonly number[] = [],
): HTMLElement {
  const cell = (tag: 'th' | 'td', content: Node | string, column: number) =>
    element(tag, { class: numbers.includes(column) && 'number', scope: tag === 'th' && 'col' }, content);
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, element('tr', {}, ...head.map((text, column) => cell('th', text, column)))),
      element(
        'tbody',
        {},
        ...rows.map((row) => element('tr', {}, ...row.map((content, column) => cell('td', content, column)))),
      ),
    ),
  );
}
