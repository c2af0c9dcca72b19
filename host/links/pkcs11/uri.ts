// The name of a key in a token, as RFC 7512 writes it:
//
//   pkcs11:token=releases;object=ada?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin
//
// What must stay true: what is not understood is refused, because a key that was meant by it would be another; a PIN is never in it, because a command line is
// seen by everybody on the machine.

import { ImageError } from '../../tools/image/error.ts';

/** By what a token is chosen. */
export const tokenAttributes = ['token', 'serial', 'manufacturer', 'model', 'slot-id'] as const;
export type TokenAttribute = (typeof tokenAttributes)[number];

export interface Pkcs11Uri {
  /** The text itself, for messages. */
  text: string;
  token: Partial<Record<TokenAttribute, string>>;
  /** Label of the key. */
  object: string | undefined;
  /** CKA_ID of the key. */
  id: Uint8Array | undefined;
  /** The library of the token. */
  modulePath: string;
  /** File with the PIN. */
  pinFile: string | undefined;
}

export const isPkcs11Uri = (text: string): boolean => /^pkcs11:/i.test(text);

const example =
  'for instance pkcs11:token=releases;object=ada?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin';

/** Throws an ImageError that names the part. */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  const refuse = (why: string) => new ImageError('KEY', `the key ${withoutPin(text)}: ${why}`);
  const [path, query = '', ...rest] = text.slice('pkcs11:'.length).split('?');
  if (rest.length > 0) throw refuse(`it has more than one '?'; ${example}`);
  const attributes = pairsOf(path, ';', refuse);
  const options = pairsOf(query, '&', refuse);
  for (const name of attributes.keys())
    if (![...tokenAttributes, 'object', 'id', 'type'].includes(name))
      throw refuse(`'${name}' is not known here; known are ${tokenAttributes.join(', ')}, object, id and type`);
  for (const name of options.keys())
    if (!['module-path', 'pin-source'].includes(name))
      throw refuse(
        name === 'pin-value'
          ? 'a PIN on a command line is seen by everybody; use pin-source, or the variable COLDRIG_PKCS11_PIN'
          : `'${name}' is not known here; known are module-path and pin-source`,
      );
  const type = attributes.get('type')?.toString() ?? 'private';
  if (type !== 'private' && type !== 'public') throw refuse(`its type is '${type}', expected private`);
  const [object, id] = [attributes.get('object')?.toString(), attributes.get('id')];
  if (!object && !id?.length) throw refuse(`it names no key: give object (its label) or id; ${example}`);
  const modulePath = options.get('module-path')?.toString();
  if (!modulePath) throw refuse(`it does not say which library the token has: give module-path; ${example}`);
  const token: Pkcs11Uri['token'] = Object.fromEntries(
    tokenAttributes.flatMap((name) => {
      const value = attributes.get(name)?.toString();
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const slot = token['slot-id'];
  if (slot !== undefined && !/^(0x[0-9a-f]{1,16}|\d{1,19})$/i.test(slot))
    throw refuse(`its slot-id '${slot}' is no number`);
  return { text, token, object, id, modulePath, pinFile: pinFileOf(options.get('pin-source')?.toString(), refuse) };
}

function pinFileOf(source: string | undefined, refuse: (why: string) => Error): string | undefined {
  if (source === undefined) return undefined;
  const path = source.replace(/^file:(\/\/(?=\/))?/, '');
  if (/^[|]|^[a-z][a-z0-9+.-]*:/i.test(path) || path === '')
    throw refuse(`its pin-source is '${source}', expected file:/path`);
  return path;
}

/** Names and values, which may be any bytes. */
function pairsOf(text: string, between: ';' | '&', refuse: (why: string) => Error): Map<string, Buffer> {
  const pairs = new Map<string, Buffer>();
  for (const part of text === '' ? [] : text.split(between)) {
    const [, name, value] = /^([a-z][a-z0-9-]*)=(.*)$/is.exec(part) ?? [];
    if (name === undefined) throw refuse(`'${part}' is not of the form name=value`);
    if (pairs.has(name)) throw refuse(`it has '${name}' twice`);
    if (/%(?![0-9A-Fa-f]{2})/.test(value)) throw refuse(`${name} has a '%' without two hexadecimal digits behind it`);
    const bytes = value.replace(/%([0-9A-Fa-f]{2})|[\u0080-\uffff]+/g, (whole, digits) =>
      digits ? String.fromCharCode(Number.parseInt(digits, 16)) : Buffer.from(whole).toString('latin1'),
    );
    pairs.set(name, Buffer.from(bytes, 'latin1'));
  }
  return pairs;
}

const withoutPin = (text: string): string => text.replace(/(pin-value=)[^&]*/i, '$1…');
