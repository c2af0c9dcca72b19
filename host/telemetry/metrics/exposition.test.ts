import { expect, test } from 'vitest';
import { bufferSamples, ingestSamples } from '../gateway-samples.ts';
import { checkSamples } from '../sample.ts';
import { SeriesTable } from '../series.ts';
import { exposition, formatOf, isOwn } from './exposition.ts';

function tableOf() {
  const table = new SeriesTable();
  const labels = { cryostat: 'no"rth\\\n', device: 'a' };
  table.apply([
    { name: 'coldrig_power_watts', labels, value: 0.25, how: 'set' },
    { name: 'coldrig_device_info', labels: { ...labels, version: '1', image: 'x' }, value: 1, how: 'set' },
    { name: 'coldrig_boots_total', labels: { ...labels, cause: 'PIN' }, value: 3, how: 'add' },
    { name: 'coldrig_uptime_seconds', labels, value: Number.POSITIVE_INFINITY, how: 'set' },
    ...ingestSamples('north', 0.3),
    ...ingestSamples('south', 20),
  ]);
  return table;
}

const linesWith = (text: string, word: string) => text.split('\n').filter((line) => line.includes(word));
const escaped = 'cryostat="no\\"rth\\\\\\n",device="a"';

test('OpenMetrics has families without _total and _info, units, and an end', () => {
  const text = exposition(tableOf(), 'openmetrics');
  expect(linesWith(text, 'coldrig_boots')).toEqual([
    '# HELP coldrig_boots Boots, by reset cause',
    '# TYPE coldrig_boots counter',
    `coldrig_boots_total{${escaped},cause="PIN"} 3`,
  ]);
  expect(linesWith(text, 'coldrig_device')).toContain('# TYPE coldrig_device info');
  expect(linesWith(text, 'coldrig_power_watts').slice(1)).toEqual([
    '# TYPE coldrig_power_watts gauge',
    '# UNIT coldrig_power_watts watts',
    `coldrig_power_watts{${escaped}} 0.25`,
  ]);
  expect(linesWith(text, 'coldrig_uptime_seconds{')).toEqual([`coldrig_uptime_seconds{${escaped}} +Inf`]);
  expect(text.endsWith('\n# EOF\n')).toBe(true);
});

test('the older text has the full names, and no units', () => {
  const text = exposition(tableOf(), 'text');
  expect(linesWith(text, '# TYPE')).toContain('# TYPE coldrig_boots_total counter');
  expect(linesWith(text, '# TYPE')).toContain('# TYPE coldrig_device_info gauge');
  expect(text).not.toMatch(/# (UNIT|EOF)/);
});

test('a histogram stands in one piece for each set of labels, buckets first', () => {
  const lines = linesWith(exposition(tableOf(), 'text'), 'coldrig_ingest_latency_seconds').slice(2);
  const parts = lines.map((line) => /_(bucket|sum|count)\{cryostat="(\w+)"/.exec(line)?.slice(1).join(' '));
  const of = (cryostat: string) => [...Array(12).fill('bucket'), 'sum', 'count'].map((part) => `${part} ${cryostat}`);
  expect(parts).toEqual([...of('north'), ...of('south')]);
});

test('of its own, a gateway tells what is in no record', () => {
  const table = tableOf();
  table.apply([
    ...bufferSamples('north', 1, 2),
    ...checkSamples('north', 'command_success', true),
    ...checkSamples('north', 'heat_load', true),
  ]);
  const names = exposition(table, 'text', isOwn).match(/^coldrig\w+\{.*?(?=\})/gm);
  expect(names).toEqual([
    'coldrig_checks_total{cryostat="north",objective="command_success"',
    'coldrig_checks_failed_total{cryostat="north",objective="command_success"',
    ...['bytes', 'limit_bytes', 'used_ratio'].map((what) => `coldrig_gateway_buffer_${what}{cryostat="north"`),
  ]);
});

test.each([
  ['application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
  ['text/html', 'text'],
  [undefined, 'text'],
])('what a scraper accepts decides: %s', (accept, format) => {
  expect(formatOf(accept)).toBe(format);
});
