// The page of the fleet in a browser: without a credential it shows nothing, with one it shows and does what the policy permits; no error, nothing fetched from
// elsewhere, fits a phone, can be read in light and dark and by a screen reader (axe).

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { browserStartMs, faultsOf, hasBrowser, keep, startBrowser } from '../../telemetry/page/testing/browser.ts';
import { hostTime } from '../../telemetry/time.ts';
import { readPolicy } from '../access/files.ts';
import { PolicyAccess } from '../access/policy.ts';
import type { AuditEvent } from '../audit/event.ts';
import { Fleet, theFleet } from '../fleet.ts';
import { type FleetHttp, serveFleetHttp } from '../http.ts';
import type { Identities } from '../manage/identity.ts';
import { ManageServer } from '../manage/server.ts';
import type { FleetCommand } from '../rollout/commands.ts';
import { images, nameOf, played } from '../testing/play-fleet.ts';
import { fleetPage } from './files.ts';

const roles: Record<string, string[]> = { otto: ['operator', 'release-engineer'], vera: ['viewer'] };
const tokenOf = (name: string) => `token-of-${name}-long-enough`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let http: FleetHttp;
  let fleet: Fleet;
  const entries: AuditEvent[] = [];

  beforeAll(async () => {
    const access = new PolicyAccess(readPolicy(), (name) => roles[name] ?? []);
    const audit = { record: async (event: AuditEvent) => entries.push(event) };
    fleet = await Fleet.open({ folder: '/fleet', time: hostTime, access, audit, disk: new FakeLogDisk() });
    await play();
    const identities: Identities = {
      of({ headers }) {
        const name = Object.keys(roles).find((one) => headers.authorization === `Bearer ${tokenOf(one)}`);
        return name === undefined ? 'it is nobody' : { kind: 'person', name };
      },
    };
    const auditTail = async (most: number) => entries.slice(-most).map((entry, index) => ({ index, ...entry }));
    const manage = new ManageServer({ fleet, identities, seenOf: () => '2026-11-30T06:00:00.000Z', auditTail });
    const onError = (error: unknown) => console.log(error);
    const handlers = [manage.answer.bind(manage), fleetPage];
    http = await serveFleetHttp({ host: '127.0.0.1', port: 0, handlers, onError });
    browser = await startBrowser();
  }, browserStartMs);
  afterAll(async () => {
    await browser?.close();
    await http?.close();
    await fleet?.close();
  });

  /** A rollout that was stopped by a gate, and one that runs. */
  async function play(): Promise<void> {
    const tim = { kind: 'person', name: 'tim' } as const;
    roles.tim = ['technician'];
    const otto = { kind: 'person', name: 'otto' } as const;
    const names = Array.from({ length: 24 }, (_, index) => nameOf(index));
    for (const device of names) await fleet.ask(tim, { do: 'add-device', device, cryostat: 'north' });
    const report = (device: string, hash: string) =>
      fleet.ask({ kind: 'device', name: device }, { do: 'report', device, attributes: { 'image.hash': hash } });
    for (const device of names) await report(device, images.old);
    for (const name of ['old', 'new']) await fleet.ask(theFleet, { do: 'add-release', release: played.release(name) });
    const one = (devices: string[]): FleetCommand => ({
      ...{ do: 'create-rollout', name: 'one', release: images.new, onError: 'ring' },
      rings: [
        played.ring('rig', devices.slice(0, 1), { soakMs: 0 }),
        played.ring('the rest of the fleet', devices.slice(1)),
      ],
    });
    const confirm = async (device: string, action: number) => {
      await report(device, images.new);
      const closed = { execution: 'closed', finished: 'success', detail: 'confirmed' } as const;
      await fleet.ask({ kind: 'device', name: device }, { do: 'feedback', device, action, ...closed });
    };
    await fleet.ask(otto, one(names.slice(0, 4)));
    await fleet.ask(otto, { do: 'start', rollout: 1 });
    await confirm(names[0], 1);
    await confirm(names[1], 2);
    await fleet.ask(theFleet, {
      do: 'alert',
      device: names[1],
      gate: 'heartbeat',
      detail: 'no heartbeat for 21 s, at most 20 s',
    });
    await fleet.ask(otto, one(names.slice(4)));
    await fleet.ask(otto, { do: 'start', rollout: 2 });
    await confirm(names[4], fleet.state.devices.get(names[4])?.open as number);
  }

  async function opened(colorScheme: 'light' | 'dark', width: number) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const [said, asked]: string[][] = [[], []];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(http.origin);
    await page.getByText('Give your token').waitFor();
    return { page, said, asked };
  }

  async function enter(page: Page, token: string): Promise<void> {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Use it' }).click();
  }

  const sizes = [
    ['dark', 390],
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const;
  test.each(sizes)(
    '%s, %i pixels wide: nothing without a credential; with one all of it, no error, nothing from elsewhere, fits, no fault that axe finds',
    async (colorScheme, width) => {
      const { page, said, asked } = await opened(colorScheme, width);
      expect(await page.locator('.rollout').count()).toBe(0);
      expect(await faultsOf(page)).toEqual([]);
      await keep(page, `fleet-stranger-${colorScheme}-${width}`);
      await enter(page, tokenOf('vera'));
      await page.getByRole('article', { name: 'Rollout 2' }).waitFor();
      await page.locator('#audit td').first().waitFor();
      const text = await page.getByRole('article', { name: 'Rollout 1' }).textContent();
      expect(text).toContain("because: ring 'the rest of the fleet': heartbeat of device-0001: no heartbeat for 21 s");
      expect(await page.locator('#versions').textContent()).toMatch(/^24 devices: /);
      expect(await page.locator('#audit').textContent()).toMatch(/create-rollout/);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await faultsOf(page)).toEqual([]);
      // The answers to the questions of a stranger are the only thing that a browser says.
      expect(said.filter((line) => !line.includes('401'))).toEqual([]);
      expect(asked.filter((url) => !url.startsWith(http.origin) && !url.startsWith('data:'))).toEqual([]);
      await keep(page, `fleet-${colorScheme}-${width}`);
      await page.close();
    },
  );

  test('does what the policy permits, asks why before it goes back, and says what it may not', async () => {
    const { page } = await opened('light', 1280);
    await enter(page, 'token of véra ✓');
    await page.getByText('This token is not good here').waitFor();
    await enter(page, tokenOf('vera'));
    await page.getByRole('button', { name: 'Pause rollout 2' }).click();
    // The audit log on the page says the same.
    await page.locator('#trouble', { hasText: 'person vera (viewer) may not pause rollout 2' }).waitFor();
    await enter(page, tokenOf('otto'));
    await page.locator('#about', { hasText: 'as otto' }).waitFor();
    await page.getByRole('button', { name: 'Pause rollout 2' }).click();
    await page.getByRole('button', { name: 'Resume rollout 2' }).waitFor();
    await page.getByRole('button', { name: 'Roll back rollout 2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await keep(page, 'fleet-why');
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    expect(fleet.state.rollouts.get(2)?.state).toBe('PAUSED');
    await page.getByRole('button', { name: 'Roll back rollout 2' }).click();
    await dialog.getByLabel('Why, for the record').fill('too warm since noon');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await page.locator('.rollout', { hasText: 'because: too warm since noon' }).waitFor();
    expect(fleet.state.rollouts.get(2)?.state).toBe('STOPPING');
    expect(entries.findLast(({ verb }) => verb === 'stop')).toMatchObject({ who: { name: 'otto' }, decision: 'done' });
    await page.getByRole('button', { name: 'Forget it' }).click();
    expect(await page.locator('.rollout').count()).toBe(0);
    await page.close();
  });
});
