import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AgentJournal, type JournalEntry } from './journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'journal.json');
const entry: JournalEntry = { action: 7, hash: 'beef', bootBefore: 3, ended: { success: true, detail: 'confirmed' } };

describe('the journal of an agent', () => {
  test('says after a start what was put into it, also with words of a later version', () => {
    new AgentJournal(path).put(entry);
    expect(new AgentJournal(path).of(7)).toEqual(entry);
    writeFileSync(path, JSON.stringify({ ...entry, later: 'yes' }));
    expect(new AgentJournal(path).untold).toMatchObject(entry);
  });

  test.each<[string, string]>([
    ['is empty', ''],
    ['was cut', JSON.stringify(entry).slice(0, -9)],
    ['is nothing', 'null'],
    ['is a list', '[]'],
    ['names no action', '{"hash": "beef"}'],
    ['has an action that is no number', '{"action": "7", "hash": "beef"}'],
    ['has an end in another form', '{"action": 7, "hash": "beef", "ended": "done"}'],
    ['has an end that says not how', '{"action": 7, "hash": "beef", "ended": {}}'],
    ['has a boot that is no number', '{"action": 7, "hash": "beef", "bootBefore": "3"}'],
  ])('that %s tells the server nothing: the agent does not start', (_what, text) => {
    writeFileSync(path, text);
    expect(() => new AgentJournal(path)).toThrow(
      `the journal ${path} cannot be read; move it away when no update of its device is under way`,
    );
  });
});
