import { describe, expect, it } from 'vitest';
import { BootDecision } from '../protocol/image/boot-state.ts';
import { RejectReason } from '../protocol/image/reasons.ts';
import { Health } from '../protocol/telemetry/health.ts';
import {
  bytesText,
  causeText,
  decisionText,
  faultText,
  healthText,
  listedVersion,
  momentText,
  reasonText,
  spanText,
  versionText,
  wattsText,
} from './words.ts';

describe('the board’s numbers in words', () => {
  it.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [12_345, '12.3 µs'],
    [24_092_388, '24.1 ms'],
    [850_000_000, '850 ms'],
    [3_000_000_000, '3.00 s'],
    [100_000_000_000, '100 s'],
    [300_000_000_000, '5 min 0 s'],
  ])('a span of %d ns is %s', (nanoseconds, text) => {
    expect(spanText(nanoseconds)).toBe(text);
  });

  it.each([
    [0, '0 W'],
    [44.6e-9, '44.6 nW'],
    [250e-6, '250 µW'],
    [0.0999999, '100 mW'],
    [0.99996, '1.00 W'],
    [1.5, '1.50 W'],
    [-2e-3, '-2.00 mW'],
  ])('a power of %d W is %s', (watts, text) => {
    expect(wattsText(watts)).toBe(text);
  });

  it('tells moments in seconds with milliseconds', () => {
    expect(momentText(1_024_500_000)).toBe('1.024 s');
  });

  it('tells small sizes in bytes and large ones in KiB', () => {
    expect([bytesText(512), bytesText(71_149)]).toEqual(['512 bytes', '69.5 KiB']);
  });

  it('reads a version word', () => {
    expect(versionText(0x0102_0304)).toBe('1.2.772');
    expect(versionText(0x0102_0304, 7)).toBe('1.2.772+7');
  });

  it('writes the build number of a listed version as everywhere else', () => {
    expect(listedVersion('1.2.0.3')).toBe('1.2.0+3');
    expect(listedVersion('1.2.0')).toBe('1.2.0');
  });

  it('names reset causes and faults', () => {
    expect(causeText(4)).toBe('watchdog');
    expect(causeText(99)).toBe('cause 99');
    expect(faultText(15)).toBe('the watchdog ran out while the core was busy');
  });

  it('takes the sentences for decisions and reasons from the protocol', () => {
    expect(decisionText(BootDecision.REVERTED)).toBe('the trial failed; back to the confirmed image');
    expect(reasonText(RejectReason.WATCHDOG)).toBe('a trial that the watchdog reset');
    expect(reasonText(RejectReason.HASH_MISSING)).toBe('no SHA-256 TLV');
  });

  it('names everything that is wrong with a device', () => {
    expect(healthText(0)).toBe('healthy');
    expect(healthText(Health.SELF_TEST | Health.LINK)).toBe(
      'not healthy: a serial line lost bytes in the last ten seconds; a self-test failed',
    );
    expect(healthText(1 << 30)).toBe('not healthy: 0x40000000');
  });
});
