import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditLog } from '../host/fleet/audit/audit-log.ts';
import { noteSigner } from '../host/fleet/audit/note.ts';
import { generateKey, readPrivateKey } from '../host/tools/image/keys.ts';
import { coldrig } from './testing.ts';

let folder = '';
let key = '';
const at = (name: string) => join(folder, name);
const audit = (...words: string[]) => coldrig(['audit', ...words, '--key', key, '--json'], { cwd: folder });

async function record(...reasons: string[]): Promise<void> {
  const signer = noteSigner('coldrig.test/audit', readPrivateKey(readFileSync(at('audit.pem'))));
  const log = await AuditLog.open({ folder: at('log'), signer });
  const event = { time: '2026-11-30T03:00:00Z', verb: 'rollout', what: { kind: 'release', name: '1.2.0' } };
  for (const [number, reason] of reasons.entries()) {
    const decision = number === 1 ? 'refused' : 'done';
    await log.record({ ...event, who: { kind: 'person', name: 'alice' }, decision, reason });
  }
  await log.close();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-audit-'));
  writeFileSync(at('audit.pem'), generateKey().privateKeyPem);
  key = (await coldrig(['audit', 'key', at('audit.pem'), '--origin', 'coldrig.test/audit'])).stdout.trim();
  await record('first', 'viewers may not', 'third');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a log is verified, shown, exported and proven; and its growth is', async () => {
  expect((await audit('verify', 'log', '--remember', 'seen')).json).toMatchObject({
    ok: true,
    size: 3,
    grewFrom: null,
  });
  writeFileSync(at('before'), readFileSync(at('seen')));
  await record('fourth');
  expect((await audit('verify', 'log', '--remember', 'seen')).json).toMatchObject({ ok: true, size: 4, grewFrom: 3 });
  const { events } = (await audit('show', 'log', '--decision', 'refused')).json;
  expect(events).toMatchObject([{ index: 1, who: { name: 'alice' }, reason: 'viewers may not' }]);
  expect((await audit('export', 'log', 'events.jsonl', '--from', '2')).json).toMatchObject({ events: 2 });
  expect(readFileSync(at('events.jsonl'), 'utf8')).toMatch(/"third".*\n.*"fourth".*\n$/);
  expect((await audit('prove', 'log', '--entry', '1', '--out', 'one.tlog-proof')).json).toMatchObject({ ok: true });
  expect((await audit('check', 'one.tlog-proof')).json).toMatchObject({
    index: 1,
    event: { reason: 'viewers may not' },
  });
  expect((await audit('prove', 'log', '--since', 'before', '--out', 'growth')).json).toMatchObject({ ok: true });
  expect((await audit('check', 'growth', '--since', 'before')).json).toMatchObject({ ok: true, size: 4 });
});

test('what does not fit is named, with what to do', async () => {
  writeFileSync(at('one.entry'), 'something else');
  await audit('prove', 'log', '--entry', '0', '--out', 'zero');
  expect((await audit('check', 'zero', '--entry', 'one.entry')).json.error).toMatchObject({ code: 'AUDIT_REWRITTEN' });
  expect((await audit('prove', 'log', '--entry', '9', '--out', 'nine')).json.error).toMatchObject({
    code: 'AUDIT_ENTRY',
  });
  expect((await audit('prove', 'log', '--out', 'nothing')).code).toBe(2);
  expect((await audit('verify', 'nowhere')).json.error).toMatchObject({ code: 'AUDIT_CUT' });
  expect((await coldrig(['audit', 'verify', at('log'), '--key', 'a+b', '--json'])).json.error).toMatchObject({
    code: 'AUDIT_FORM',
  });
  const bundle = at('log/tile/entries/000.p/4');
  writeFileSync(bundle, readFileSync(bundle, 'latin1').replace('alice', 'mally'), 'latin1');
  const { code, json } = await audit('verify', 'log');
  expect({ code, error: json.error }).toMatchObject({
    code: 1,
    error: { code: 'AUDIT_REWRITTEN', message: expect.stringContaining('entry 0 is not what tile/0/000.p/4 says') },
  });
});
