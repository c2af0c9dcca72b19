import { beforeEach, describe, expect, test } from 'vitest';
import { hostTime } from '../../telemetry/time.ts';
import type { Permit } from '../access/permit.ts';
import type { AuditEvent } from '../audit/event.ts';
import { type FlashDoor, flashDoor } from './door.ts';

const serial = '0'.repeat(31).concat('7');

describe('the door of a gateway', () => {
  let recorded: AuditEvent[];
  let answer: Permit;
  let door: FlashDoor;
  beforeEach(() => {
    recorded = [];
    answer = { by: 'tim' };
    const audit = { record: async (event: AuditEvent) => recorded.push(event) };
    door = flashDoor({ gateway: 'north', audit, time: hostTime, permit: () => answer });
  });
  const told = () => recorded.map(({ decision, reason }) => `${decision}: ${reason}`);

  test('puts on record in whose name a device is flashed', async () => {
    expect(await door({ name: 'rig-1', serial })).toEqual({ by: 'tim' });
    expect(recorded).toMatchObject([
      {
        ...{ who: { kind: 'gateway', name: 'north' }, verb: 'flash', what: { kind: 'device', name: 'rig-1' } },
        ...{ decision: 'allowed', reason: 'in the name of tim' },
      },
    ]);
  });

  test('puts a refusal that is asked again and again on record once, and anew when it is another', async () => {
    answer = { refusal: 'the credential of tim has ended' };
    for (let time = 0; time < 3; time++) expect(await door({ name: 'rig-1', serial })).toEqual(answer);
    expect(told()).toEqual(['refused: the credential of tim has ended']);
    answer = { refusal: 'it was revoked' };
    await door({ name: 'rig-1', serial });
    answer = { by: 'tim' };
    await door({ name: 'rig-1', serial });
    expect(told().slice(1)).toEqual(['refused: it was revoked', 'allowed: in the name of tim']);
  });

  test('refuses a device that answers in place of another, whoever asks', async () => {
    const other = serial.replace('7', '8');
    const refusal = `device ${other} answers in place of device ${serial}`;
    expect(await door({ name: serial, serial: other })).toEqual({ refusal });
    expect(told()).toEqual([`refused: ${refusal}`]);
    expect(await door({ name: serial, serial })).toEqual({ by: 'tim' });
  });

  test('does not answer before its answer is on record', async () => {
    const audit = { record: () => Promise.reject(new Error('the disk is full')) };
    door = flashDoor({ gateway: 'north', audit, time: hostTime, permit: () => answer });
    await expect(door({ name: 'rig-1', serial })).rejects.toThrow('the disk is full');
  });
});
