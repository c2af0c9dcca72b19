import { describe, expect, it } from 'vitest';
import { deviceError, SmpError } from '../host/tools/smp/error.ts';
import { nothingYet, type UpdateResult } from '../host/tools/update-result.ts';
import { BootDecision, SlotState } from '../protocol/image/boot-state.ts';
import { RejectReason } from '../protocol/image/reasons.ts';
import { Health } from '../protocol/telemetry/health.ts';
import { verdictText } from './flash-words.ts';
import { runbooksOfUpdate } from './runbook/found.ts';

const hash = new Uint8Array(32).fill(5);
const flags = { bootable: true, pending: false, confirmed: true, active: true, permanent: false };
const running = { image: undefined, slot: 0, version: '1.0.0', hash: new Uint8Array(32), ...flags };
const said = (result: Partial<UpdateResult>, module?: string) =>
  verdictText({ ...nothingYet('2.0.0', hash), running, ...result }, 1000, module);
const boot = { reasons: [0, 33], resets: 1, securityCounter: 1, fault: undefined, cause: 4 };
const trial = { ...boot, number: 7, decision: BootDecision.TRIAL_FIRST, cause: 3 };
const back = { ...boot, number: 8, decision: BootDecision.REVERTED, ran: undefined };
const boots = [{ ...trial, ran: { slot: 1, state: SlotState.TRIAL, version: 0, build: 0, hash } }, back];

describe('what flash says', () => {
  it('of an upload: what the next reset does with it', () => {
    expect(said({})).toContain('no trial is requested yet');
    expect(said({ waiting: 'trial' })).toContain('the next reset runs it on trial (');
    expect(said({ waiting: 'permanent' })).toContain('it confirms itself once it is healthy');
  });

  it('of an upload that asks for itself and is older: that it waits behind the confirmed image', () => {
    const newer = { ...running, version: '2.0.1.7' };
    expect(said({ waiting: 'permanent', running: newer })).toContain(
      'it waits in its slot: version 2.0.1+7 is confirmed',
    );
    // The build number does not count, a trial is nothing to wait for, and a longer number is not a newer one.
    for (const version of ['2.0.0.9', '1.10.3'])
      expect(said({ waiting: 'trial', running: { ...running, version } })).toContain('the next reset runs it on trial');
    expect(said({ waiting: 'trial', running: { ...newer, confirmed: false } })).toContain('the next reset runs it');
  });

  it('of an image that was rolled back: the reason, the boot that shows it, and what runs', () => {
    const text = said({ verdict: 'rolled-back', reason: RejectReason.WATCHDOG, boots });
    expect(text).toContain('version 1.0.0 in slot A runs. Reason: a trial that the watchdog reset.');
    expect(text).toContain(
      'Boot 8 began with: watchdog. The bootloader: the trial failed; back to the confirmed image.',
    );
  });

  it('of a module the core refuses: the very words of the core', () => {
    const rolledBack = { verdict: 'rolled-back', reason: RejectReason.CORE_REFUSED, boots } as const;
    expect(said(rolledBack, 'image refused (float) at byte 0x12 in f: f64.add')).toContain(
      'at byte 0x12 in f: f64.add',
    );
  });

  it('of a device that keeps no boot log: that it does not say why', () => {
    expect(said({ verdict: 'rolled-back' })).toContain('This device keeps no boot log, so it cannot say why.');
    expect(said({ verdict: 'confirmed', resets: 1 })).toContain(
      'reset once while it was watched, as far as can be told',
    );
  });

  it('of an image that is refused: the reason that the device gives, else what its code means there', () => {
    const refused = (reason?: string) => deviceError('image test', undefined, 11, reason);
    const at = { verdict: 'refused', refusedAt: 'mark' } as const;
    expect(said({ ...at, refusal: refused('SECURITY_COUNTER') })).toContain('below the one in the fuses');
    expect(said({ ...at, refusal: refused() })).toContain('its signature, key, security counter or board is not one');
  });

  it('of an image that runs and is not well: what is wrong, and why it was reset', () => {
    expect(said({ verdict: 'on-trial', health: 32 })).toContain('and is not healthy: a self-test failed');
    expect(said({ verdict: 'failing', resets: 1, boots })).toContain('reset once while it was watched (watchdog)');
  });

  it('of a device that does not come back: that nobody knows what it runs', () => {
    const text = said({ verdict: 'silent', running: undefined });
    expect(text).toContain('has not answered since it was reset');
    const silence = new SmpError('link', 'serial:///dev/tty: the connection is closed; open it again');
    expect(said({ verdict: 'silent', running: undefined, silence })).toContain(
      'the connection broke (serial:///dev/tty',
    );
    expect(text).not.toContain('confirmed');
  });
});

describe('the runbooks of an update', () => {
  const pages = (result: Partial<UpdateResult>) => runbooksOfUpdate({ ...nothingYet('2.0.0', hash), ...result });

  it('are none where it went well, and those of its reason, its fault and its health where it did not', () => {
    expect(pages({ verdict: 'confirmed' })).toEqual([]);
    expect(pages({ verdict: 'rolled-back', reason: RejectReason.WATCHDOG })).toEqual(['watchdog']);
    expect(pages({ verdict: 'failing', health: Health.CLOCK })).toEqual(['clock']);
  });
});
