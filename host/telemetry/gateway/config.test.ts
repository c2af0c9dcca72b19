import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Notifier } from '../monitoring/notify.ts';
import { SeriesTable } from '../series.ts';
import { knownCryostat, readConfig } from './config.ts';

/** The cryostats that the devices of a gateway are in, as everybody above knows them. */
function cryostatsOf(gateway: string, text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-config-'));
  try {
    const path = join(folder, 'gateway.yaml');
    writeFileSync(path, text);
    return readConfig(path, 'cryostat').devices.map(({ cryostat }) => knownCryostat(gateway, cryostat));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const device = (cryostat?: string) =>
  `  - {target: "udp://10.0.0.1:1337"${cryostat === undefined ? '' : `, cryostat: ${cryostat}`}}\n`;
const file = (cryostat: string) => `cryostat: ${cryostat}\ndevices:\n${device().repeat(3)}`;
const pagesOf = (cryostats: readonly string[]) => {
  const notifier = new Notifier([]);
  const warm = [...new Set(cryostats)].map((cryostat) => ({
    ...{ name: 'CryostatWarm', severity: 'page', labels: { cryostat } },
  }));
  const told = [0, 15].flatMap((seconds) => notifier.take(seconds, warm, new SeriesTable()));
  return told.map(({ cryostat }) => cryostat);
};

test('two cryostats of one name are two pages, and the devices of one are one', () => {
  const all = [...cryostatsOf('lab-1', file('north')), ...cryostatsOf('lab-2', file('north'))];
  expect(all).toHaveLength(6);
  expect(pagesOf(all)).toEqual(['lab-1/north', 'lab-2/north']);
});

test('a cryostat that two gateways name in full is one page', () => {
  const all = [...cryostatsOf('lab-1', file('site/north')), ...cryostatsOf('lab-2', file('site/north'))];
  expect(pagesOf(all)).toEqual(['site/north']);
});

test('a device says where it is, or the file does, or nobody', () => {
  expect(cryostatsOf('lab', `cryostat: north\ndevices:\n${device('south')}${device()}`)).toEqual([
    'lab/south',
    'lab/north',
  ]);
  expect(cryostatsOf('lab', `devices:\n${device()}`)).toEqual(['lab/cryostat']);
});

test.each(['a/b/c', '/north', 'site/', 'a b'])('%j is no cryostat', (name) => {
  expect(() => cryostatsOf('lab', file(JSON.stringify(name)))).toThrow(/gateway\.yaml: cryostat: expected at most 64/);
});
