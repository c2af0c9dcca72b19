import { expect, test } from 'vitest';
import { alerts } from '../../../protocol/telemetry/alerts.ts';
import { buildPage } from './build.ts';
import { gatewayPage, pageFiles } from './files.ts';

test('what is made is what a browser can ask for, with the licence of what is inside', async () => {
  const made = await buildPage();
  expect(Object.keys(made).sort()).toEqual(Object.keys(pageFiles).sort());
  expect(made['uplot-licence.txt']).toContain('MIT');
  for (const [, address] of made['index.html'].matchAll(/(?:src|href)="\/([^"]+)"/g))
    expect(pageFiles).toHaveProperty([address]);
});

test.each(alerts.map(({ name, runbook }) => [name, runbook]))(
  '%s has its runbook on the page: %s',
  async (_, runbook) => {
    const answer = await gatewayPage(`/runbooks/${runbook}`);
    expect([answer?.status, `${answer?.body}`.includes('<h2>What to do</h2>')]).toEqual([200, true]);
  },
);

test.each(['/runbooks/nothing', '/runbooks/../telemetry', '/package.json', '/build.ts'])(
  '%s is not there',
  async (path) => {
    expect(await gatewayPage(path)).toBeUndefined();
  },
);
