// The report in a browser, from its file: no error, nothing fetched, no sideways scrolling on a phone, texts that can be read in dark and in light.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserStartMs, hasBrowser, keep, startBrowser } from '../../../host/telemetry/page/testing/browser.ts';
import { samplePage } from './sample.ts';

/** Text and what is behind it, of every element that has text of its own; the least ratio of contrast (WCAG 2, success criterion 1.4.3). */
const leastContrast = `(() => {
  const part = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  let least = [99, ''];
  for (const element of document.body.querySelectorAll('*')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')) continue;
    let behind = element;
    while (behind && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const back = light(numbers(getComputedStyle(behind ?? document.body).backgroundColor));
    const front = light(numbers(getComputedStyle(element).color));
    const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    if (ratio < least[0]) least = [ratio, element.className + ' ' + element.textContent.slice(0, 40)];
  }
  return least;
})()`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-report-'));
  const file = join(folder, 'index.html');
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(file, await samplePage());
    browser = await startBrowser();
  }, browserStartMs);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['light', 1100],
    ['dark', 390],
  ] as const)('%s, %i pixels wide: opens without an error, fits, and can be read', async (colorScheme, width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
    expect([said, asked]).toEqual([[], [pathToFileURL(file).href]]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const [contrast, where] = (await page.evaluate(leastContrast)) as [number, string];
    expect(contrast, where).toBeGreaterThanOrEqual(4.5);
    await keep(page, `report-${colorScheme}-${width}`);
    await page.close();
  });

  test('a scenario is opened and closed with the keyboard', async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    const isOpen = () => page.evaluate('document.querySelector("#scenario-2").open');
    await page.locator('#scenario-2 > summary').focus();
    await page.keyboard.press('Enter');
    expect(await isOpen()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await isOpen()).toBe(false);
    await page.close();
  });
});
