// What an authority keeps in the folder of its fleet, and the lists that it believes.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Chip, reference } from '../../board/testing/attesting-chip.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import { writeDevices, writeReferences } from '../attestation/files.ts';
import type { AuditEvent } from '../audit/event.ts';
import { openAuthority } from './authority.ts';

const chip = new Chip(1);
let folder = '';
let recorded: AuditEvent[] = [];
let troubles: string[] = [];
const time = new VirtualTime();
const at = (name: string) => join(folder, name);

const open = () =>
  openAuthority({
    ...{ folder, devices: at('devices.json'), references: at('references.json'), time },
    audit: { record: async (event) => recorded.push(event) },
    onTrouble: (reason) => troubles.push(reason),
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-authority-'));
  [recorded, troubles] = [[], []];
  writeFileSync(at('devices.json'), writeDevices(new Map()));
  writeFileSync(at('references.json'), writeReferences([reference]));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('key and certificate are made once, and the key is readable by its owner only', () => {
  const { certificate } = open();
  expect(open().certificate).toBe(certificate);
  expect(readFileSync(at('authority.crt'), 'utf8')).toBe(certificate);
  expect(statSync(at('authority.pem')).mode & 0o777).toBe(0o600);
});

test('a device that is added to the list may ask from then on; a list that cannot be read lets nobody ask, and is told', () => {
  const { enrolment } = open();
  expect(() => enrolment.ask(chip.serial)).toThrow(/is not known/);
  writeFileSync(at('devices.json'), writeDevices(new Map([[chip.serial, chip.key]])));
  expect(enrolment.ask(chip.serial)).toHaveLength(32);
  writeFileSync(at('devices.json'), '{');
  expect(() => enrolment.ask(chip.serial)).toThrow(/is not known/);
  expect(troubles).toEqual([
    expect.stringMatching(/expected JSON.*no device is enrolled until .*devices.json is right/),
  ]);
  expect(open).toThrow(/expected JSON/);
});

test('whoever is refused again and again does not fill the record: it tells how often', async () => {
  const { enrolment, tick } = open();
  const asked = {
    serial: chip.serial,
    source: '192.0.2.1',
    ...{ question: new Uint8Array(32), token: new Uint8Array(9) },
  };
  for (let turn = 0; turn < 8; turn++)
    await expect(enrolment.enrol({ ...asked, publicKey: new Uint8Array(turn) })).rejects.toThrow(/cannot be read/);
  expect(recorded).toMatchObject([{ verb: 'enrol', decision: 'refused', what: { name: chip.serial } }]);
  await tick(true);
  expect(recorded.at(1)?.reason).toMatch(/^7 times more within/);
});
