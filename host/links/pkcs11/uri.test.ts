import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyCharacter } from '../../board/testing/any-text.ts';
import { cases } from '../../board/testing/cases.ts';
import { isPkcs11Uri, parsePkcs11Uri } from './uri.ts';

const module = 'module-path=/usr/lib/hsm.so';

describe('the name of a key in a token', () => {
  test('says which token, which key, which library and where the PIN is', () => {
    const uri = `pkcs11:token=My%20keys;serial=42;object=ada%2Fl%C3%B6we;id=%01%ff;type=private?${module}&pin-source=file:///run/pin`;
    expect(parsePkcs11Uri(uri)).toEqual({
      ...{ text: uri, token: { token: 'My keys', serial: '42' }, object: 'ada/löwe', id: Buffer.from([1, 255]) },
      ...{ modulePath: '/usr/lib/hsm.so', pinFile: '/run/pin' },
    });
    expect(parsePkcs11Uri(`pkcs11:object=löwe?${module}&pin-source=/run/pin`)).toMatchObject({
      ...{ token: {}, object: 'löwe', id: undefined, pinFile: '/run/pin' },
    });
    expect(isPkcs11Uri('key.pem')).toBe(false);
  });

  test.each<[string, RegExp]>([
    [`pkcs11:?${module}`, /names no key: give object \(its label\) or id; for instance/],
    [`pkcs11:id=?${module}`, /names no key/],
    ['pkcs11:object=a', /does not say which library the token has: give module-path/],
    [`pkcs11:objekt=a?${module}`, /'objekt' is not known here; known are token, serial/],
    [`pkcs11:object=a?${module}&modul=b`, /'modul' is not known here; known are module-path/],
    [`pkcs11:object=a;object=b?${module}`, /has 'object' twice/],
    [`pkcs11:object?${module}`, /'object' is not of the form name=value/],
    [`pkcs11:id=%0g?${module}`, /id has a '%' without two hexadecimal digits/],
    [`pkcs11:object=a;type=cert?${module}`, /type is 'cert', expected private/],
    [`pkcs11:object=a;slot-id=first?${module}`, /slot-id 'first' is no number/],
    [`pkcs11:object=a?${module}&pin-source=|program`, /pin-source is '\|program', expected file:\/path/],
    [`pkcs11:object=a?${module}&pin-source=https://pin`, /expected file:\/path/],
    [`pkcs11:object=a?${module}?x=y`, /more than one '\?'/],
  ])('%s is refused with the part that is wrong', (uri, reason) => {
    expect(() => parsePkcs11Uri(uri)).toThrow(reason);
  });

  test('has no PIN in it, and the message of that does not show it', () => {
    const parse = () => parsePkcs11Uri(`pkcs11:object=a?${module}&pin-value=1234`);
    expect(parse).toThrow(/seen by everybody; use pin-source, or the variable COLDRIG_PKCS11_PIN/);
    expect(parse).not.toThrow(/1234/);
  });

  test('of any label and any number is read as it was written', () => {
    const escaped = (bytes: Uint8Array) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const number = fc.uint8Array({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), number, (label, id) => {
        const uri = `pkcs11:object=${escaped(Buffer.from(label))};id=${escaped(id)}?${module}`;
        expect(parsePkcs11Uri(uri)).toMatchObject({ object: label, id: Buffer.from(id) });
      }),
      cases(200),
    );
  });

  test('that is any text is refused with words', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        try {
          parsePkcs11Uri(`pkcs11:${text}`);
        } catch (error) {
          expect((error as Error).name).toBe('ImageError');
        }
      }),
      cases(200),
    );
  });
});
