// The page in a browser: no error, nothing fetched from elsewhere, fits a phone, can be read in light and dark, by keyboard and by a screen reader (axe), and is there at once.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serveHttp } from '../metrics/serve.ts';
import { gatewayPage } from './files.ts';
import { browserStartMs, faultsOf, hasBrowser, keep, startBrowser } from './testing/browser.ts';
import { CHANNELS, type SampleFleet, sampleFleet } from './testing/sample-fleet.ts';

/** When something was painted, and when the figures were, in milliseconds from the beginning of the navigation. */
const paints = `JSON.stringify({
  first: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  figures: performance.getEntriesByName('figures')[0].startTime,
})`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let served: Served;
  let fleet: SampleFleet;
  beforeAll(async () => {
    fleet = sampleFleet();
    served = await serveHttp({ host: '127.0.0.1', port: 0 }, { ...fleet.parts, page: gatewayPage });
    await gatewayPage('/');
    browser = await startBrowser();
  }, browserStartMs);
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  async function opened(
    address: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; said: string[]; asked: string[] }> {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      timezoneId: 'Europe/Berlin',
      ...options,
    });
    const [said, asked]: string[][] = [[], []];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${served.address}${address}`);
    await page.waitForFunction(() => performance.getEntriesByName('all-figures').length > 0);
    return { page, said, asked };
  }

  const all = [
    ['on-call', 'light', 1280],
    ['on-call', 'dark', 390],
    ['executive', 'dark', 1280],
    ['executive', 'light', 390],
    ['debug', 'light', 1280],
    ['debug', 'dark', 390],
  ] as const;
  test.each(all)(
    '%s, %s, %i pixels wide: no error, nothing from elsewhere, fits, no fault that axe finds',
    async (board, colorScheme, width) => {
      const device = board === 'debug' ? '&device=00c0ffee00000001' : '';
      const { page, said, asked } = await opened(`?board=${board}${device}`, {
        viewport: { width, height: 900 },
        colorScheme,
      });
      expect(said).toEqual([]);
      expect(asked.filter((url) => !url.startsWith(served.address) && !url.startsWith('data:'))).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await faultsOf(page)).toEqual([]);
      const name = `page-${board}-${colorScheme}-${width}`;
      await keep(page, name);
      await keep(page, `${name}-top`, false);
      await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
      expect(await faultsOf(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page.close();
    },
  );

  test('says which fridge it is, what it means and what to do, and leads to the runbook', async () => {
    const { page } = await opened('');
    expect(await page.title()).toBe('(1) coldrig: on call');
    const card = page.locator('.alert.page').first();
    const text = ((await card.textContent()) ?? '').replace(/\s+/g, ' ');
    expect(text).toContain('pageCryostat north');
    expect(text).toContain('a stage is too warm');
    expect(text).toMatch(/CryostatWarm, since \d\d:\d\d:\d\d/);
    expect(text).toContain('Look at the fridge: pulse tube');
    await card.getByRole('link', { name: 'Runbook: stage-warm' }).click();
    expect(await page.locator('h1').textContent()).toBe('A stage is too warm, or warms too fast');
    expect(await faultsOf(page)).toEqual([]);
    await page.close();
  });

  test('shows an hour without data as a gap, in words too, and a device that was never heard of', async () => {
    const { page } = await opened('?board=debug&device=00c0ffee00000002&span=86400');
    const label = await page.locator('.panel', { hasText: 'Thermometers' }).locator('.plot').getAttribute('aria-label');
    expect(label).toContain('with gaps');
    expect(await page.locator('#devices').textContent()).toMatch(/udp:\/\/10\.0\.0\.9:1337southnever/);
    await page.close();
  });

  test('is walked through with the keyboard: skip link, boards, choices, tables', async () => {
    const { page } = await opened('?board=on-call');
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the alerts');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.title.endsWith('coldrig: cryostats'));
    await page.locator('#cryostat').focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => location.search.includes('cryostat=north'));
    const summary = page.locator('.panel summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.panel details[open] td');
    await page.close();
  });

  test('says what is new aloud, and that the gateway is gone', async () => {
    const { page } = await opened('?board=on-call');
    expect(await page.locator('#news').textContent()).toBe('');
    const usual = (await (await fetch(`${served.address}api/board?board=on-call`)).json()) as {
      alerts: { labels: object; summary: string }[];
    };
    usual.alerts.push({
      ...usual.alerts[0],
      summary: 'Cryostat south: warm',
      labels: { alertname: 'CryostatWarm', cryostat: 'south' },
    });
    await page.route('**/api/board**', (route) => route.fulfill({ json: usual }));
    await page.evaluate('dispatchEvent(new Event("online"))');
    await page.waitForFunction(() => document.getElementById('news')?.textContent?.includes('Cryostat south: warm'));
    await page.unroute('**/api/board**');
    await page.route('**/api/board**', (route) => route.abort());
    await page.evaluate('dispatchEvent(new Event("online"))');
    await page.waitForSelector('#trouble:not([hidden])');
    expect(await page.locator('#trouble').textContent()).toMatch(/No answer from the gateway .* old\./);
    await page.close();
  });

  test('shows times in the zone of the reader, or in UTC, and colours as chosen', async () => {
    const { page } = await opened('?board=on-call');
    expect(await page.locator('#state').textContent()).toContain('As of 09:00:00, Europe/Berlin');
    await page.locator('#zone').selectOption('UTC');
    expect(await page.locator('#state').textContent()).toContain('As of 08:00:00, UTC');
    await page.locator('#theme').selectOption('dark');
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await page.close();
  });

  test('asks for little with a day of 96 channels: one answer, of less than half a megabyte', async () => {
    const { page, asked } = await opened('?board=debug&device=00c0ffee00000001&span=86400');
    const lines = await page
      .locator('.panel', { hasText: 'SNR by channel' })
      .locator('.plot')
      .getAttribute('aria-label');
    expect(lines).toContain(`${CHANNELS} lines`);
    const answers = asked.filter((url) => url.includes('/api/'));
    expect(answers).toHaveLength(1);
    expect((await (await fetch(answers[0])).text()).length).toBeLessThan(500_000);
    console.log(await page.evaluate(paints));
    await page.close();
  });
});
