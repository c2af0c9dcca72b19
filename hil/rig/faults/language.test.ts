// What can be said of a fault, and what is said of what cannot.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DisturbanceKind } from '../../../host/board/disturbance.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { faultKinds } from './kinds.ts';
import { disturbanceOf, FaultSyntaxError, parseFault } from './language.ts';

const second = 1_000_000_000;

describe('a fault', () => {
  test('is a kind, a place, a size and two times', () => {
    expect(parseFault('thermal-rise at 4K 200mW after 30s for 10min')).toMatchObject({
      ...{ kind: DisturbanceKind.THERMAL_RISE, place: 1, size: 200_000, afterNs: 30 * second, forNs: 600 * second },
    });
    expect(disturbanceOf(parseFault('thermal-rise at 4K 200mW after 30s for 10min'), 5 * second)).toEqual({
      ...{ kind: DisturbanceKind.THERMAL_RISE, place: 1, size: 200_000, startNs: 35 * second, endNs: 635 * second },
    });
  });

  test('may have its micro as a Greek letter, as coldrig prints it', () => {
    for (const micro of ['µ', 'μ']) {
      const { size, afterNs, text } = parseFault(`thermal-rise at MXC 20${micro}W after 5${micro}s`);
      expect([size, afterNs]).toEqual([20, 5000]);
      expect(text).toBe(`thermal-rise at MXC 20${micro}W after 5${micro}s`);
    }
  });

  test('begins at once and stays for good unless it says otherwise', () => {
    expect(parseFault('mechanical at MXC')).toMatchObject({ afterNs: 0, forNs: Number.POSITIVE_INFINITY, size: 0 });
  });

  test('goes the other way with a size below 0, where there is one', () => {
    expect(parseFault('timing-jitter at primary -700ppb')).toMatchObject({ place: 0, size: -700 });
    expect(parseFault('power-surge at core -25%')).toMatchObject({ size: -250 });
    expect(parseFault('calibration-drift at 4K -20mK/min')).toMatchObject({ size: -20_000 });
  });

  test('of the clock is a drift, a jitter or a loss, as its unit says', () => {
    expect(parseFault('timing-jitter at secondary 700ppb')).toMatchObject({ place: 1, size: 700 });
    expect(parseFault('timing-jitter at secondary 5ps')).toMatchObject({ place: 3, size: 5000 });
    expect(parseFault('timing-jitter at primary')).toMatchObject({ place: 0, size: 0 });
  });

  test('of every kind is what its own example says', () => {
    for (const [name, { example, kind }] of Object.entries(faultKinds))
      expect(parseFault(example)).toMatchObject({ name, kind });
  });

  test.each([
    ['melt at 4K', "fault 'melt at 4K': there is no 'melt'; there are thermal-rise, signal-drop,"],
    ['thermal-rise', "say where: 'thermal-rise at …'"],
    ['thermal-rise at 4Q 1W', "it cannot be at '4Q'; it can be at 50K, 4K, Still, CP, MXC"],
    ['thermal-rise at 4K', "say how big, in W, mW, uW: for instance 'thermal-rise at 4K 200mW after 30s'"],
    ['thermal-rise at 4K 200 mW', 'write 200mW, without a blank'],
    ['thermal-rise at 4K 200mV', "'mV' is no unit here; there are W, mW, uW"],
    ['thermal-rise at 4K 0mW', "'0mW' is nothing"],
    [
      'thermal-rise at 4K -200mW',
      "'-200mW' is below 0, and it can only be above: for instance 'thermal-rise at 4K 200mW",
    ],
    ['signal-drop at control -6dB', "'-6dB' is below 0"],
    ['timing-jitter at primary -5ps', "'-5ps' is below 0"],
    ['adc-saturation at control -3dB', "'-3dB' is below 0"],
    ['firmware-lock at flash -3bit', "'-3bit' is below 0"],
    ['thermal-rise at 4K 200mW after', "'after ' is no time; write it as 30s, 250ms or 2min"],
    ['thermal-rise at 4K 200mW after 3 s', "'after 3' is no time"],
    ['thermal-rise at 4K 200mW after 3s after 4s', "'after' stands twice"],
    ['thermal-rise at 4K 200mW for 0s', "'for' no time at all is no fault"],
    ['thermal-rise at 4K 200mW slowly', "'slowly' says nothing here"],
    ['thermal-rise at 4K 200mW for 99999999h', 'is longer than the clock counts'],
    ['mechanical at 4K 3dB', "it has no size; '3dB' says nothing here"],
  ])('%s is refused with what could be meant', (text, message) => {
    expect(() => parseFault(text)).toThrow(FaultSyntaxError);
    expect(() => parseFault(text)).toThrow(message);
  });

  test('is refused by name or read, whatever it is made of', () => {
    const word = fc.constantFrom(
      ...Object.keys(faultKinds),
      ...[
        'at',
        'after',
        'for',
        '4K',
        'core',
        'MXC',
        '3dB',
        '5mW',
        '-7%',
        '10s',
        '1e9s',
        '',
        'NaN',
        'constructor',
        '__proto__',
      ],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), (words) => {
        try {
          const { size, place, afterNs } = parseFault(words.join(' '));
          expect([size, place, afterNs].every(Number.isSafeInteger)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FaultSyntaxError);
        }
      }),
      cases(2000),
    );
  });
});
