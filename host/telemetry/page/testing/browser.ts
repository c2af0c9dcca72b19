// Chromium for the tests of pages: where it is, what axe finds in a page, and pictures of it.
//
// With COLDRIG_SCREENSHOTS=FOLDER the pictures are kept, to be looked at.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const screenshots = process.env.COLDRIG_SCREENSHOTS;

export const hasBrowser = executablePath !== undefined;
if (!hasBrowser) console.log('no page is tried in a browser: there is no /usr/bin/chromium; apt-get install chromium');
/** For hooks that start it: a busy machine takes its time. */
export const browserStartMs = 300_000;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: browserStartMs });
}

let axe: string | undefined;

/** What axe finds wrong: the rule, and the first element that breaks it. */
export async function faultsOf(page: Page): Promise<string[]> {
  axe ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const { violations } = (await page.evaluate(
    'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })',
  )) as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
}

/** A picture of the whole page, or of what is seen first. */
export async function keep(page: Page, name: string, fullPage = true): Promise<void> {
  if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage });
}
