// A log that somebody changed is found, whatever was changed; and what parsers of the log make of bytes that nobody signed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { decodeBundle, encodeBundle } from './entries.ts';
import { AuditError } from './error.ts';
import { decodeEvent, encodeEvent } from './event.ts';
import { formatVerifierKey, openNote, parseVerifierKey, signNote } from './note.ts';
import { checkEntryProof, checkGrowth, proveEntry, proveGrowth } from './proof.ts';
import type { LogSource } from './source.ts';
import { eventOf, logOf, openOn, signer, signerOf, sourceOn } from './testing/log-in-memory.ts';
import { fullPath, GrowingTree, tilePath } from './tiles.ts';
import { verifyLog } from './verify.ts';

const size = 300;
const disk = await logOf(120, 180);
const source = sourceOn(disk);
const checkpoint = await verifyLog(source, signer.key);
const entriesPath = (at: number) => (at < 256 ? 'tile/entries/000' : 'tile/entries/001.p/44');
const bundles = await Promise.all(
  [256, 44].map(async (count, at) => {
    const path = entriesPath(at * 256);
    return decodeBundle((await source.read(path)) as Uint8Array, count, true, path);
  }),
);
const entries = bundles.flat();

/** The log with some of its files replaced. */
const changed = (files: Record<string, Uint8Array | undefined>): LogSource => ({
  name: 'log',
  read: async (path) => (path in files ? files[path] : source.read(path)),
});

/** All files of a log of these entries, signed by a key. */
async function signedAgain(list: readonly Uint8Array[], by = signer): Promise<LogSource> {
  const tree = new GrowingTree();
  const files: Record<string, Uint8Array> = {};
  for (const entry of list) for (const tile of tree.push(entry)) files[tilePath(tile)] = tile.bytes;
  for (const tile of tree.partials()) files[tilePath(tile)] = tile.bytes;
  for (let index = 0; index * 256 < list.length; index++) {
    const part = list.slice(index * 256, index * 256 + 256);
    files[tilePath({ level: 'entries', index, width: part.length })] = encodeBundle(part);
  }
  files.checkpoint = Buffer.from(signCheckpoint({ size: tree.size, root: await tree.root() }, by).note);
  return { name: 'log', read: async (path) => files[path] };
}

const verified = (log: LogSource, seen = checkpoint) => verifyLog(log, signer.key, { seen });
const place = fc.nat(size - 1);

/** Bundles with a list of entries in place of ours; the rest of the log stays. */
const withEntries = (list: readonly Uint8Array[]) =>
  changed({ [entriesPath(0)]: encodeBundle(list.slice(0, 256)), [entriesPath(256)]: encodeBundle(list.slice(256)) });

describe('a log that was changed without its key', () => {
  test('an entry that was rewritten is named', async () => {
    await fc.assert(
      fc.asyncProperty(place, async (at) => {
        const forged = encodeEvent({ ...eventOf(at), decision: 'allowed', reason: 'nothing to see' });
        await expect(verified(withEntries(entries.with(at, forged)))).rejects.toThrow(
          `entry ${at} is not what tile/0/`,
        );
      }),
      cases(15),
    );
  });

  test('entries in another order are found', async () => {
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        fc.pre(a !== b);
        const list = entries.with(a, entries[b]).with(b, entries[a]);
        await expect(verified(withEntries(list))).rejects.toThrow(`entry ${Math.min(a, b)} is not what`);
      }),
      cases(15),
    );
  });

  test('an entry that was taken out is found, also when the hashes are made to fit', async () => {
    await fc.assert(
      fc.asyncProperty(place, async (at) => {
        const rest = await signedAgain([...entries.slice(0, at), ...entries.slice(at + 1)], signerOf(7));
        await expect(verified(rest)).rejects.toThrow(/not signed by/);
        await expect(verified(changed({ [entriesPath(at)]: undefined }))).rejects.toThrow(/missing/);
        const stolen = {
          ...rest,
          read: async (path: string) => (path === 'checkpoint' ? source.read(path) : rest.read(path)),
        };
        await expect(verified(stolen)).rejects.toThrow(/ends after|cannot be read|is missing|bytes, expected/);
      }),
      cases(8),
    );
  });

  test('any bit that is flipped in any file is found', async () => {
    const paths = ['checkpoint', entriesPath(0), entriesPath(256), 'tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, bit) => {
        const bytes = Uint8Array.from((await source.read(path)) as Uint8Array);
        bytes[Math.floor(bit / 8) % bytes.length] ^= 1 << (bit % 8);
        await expect(verified(changed({ [path]: bytes }))).rejects.toThrow(AuditError);
      }),
      cases(60),
    );
  });
});

describe('a log that was changed by who has its key', () => {
  test('is found by a checkpoint that was kept elsewhere: rewritten, or cut', async () => {
    await fc.assert(
      fc.asyncProperty(place, async (at) => {
        const rewritten = await signedAgain(entries.with(at, encodeEvent(eventOf(999))));
        await verifyLog(rewritten, signer.key);
        await expect(verified(rewritten)).rejects.toThrow(/not those that it had when it was last seen/);
        await expect(verified(await signedAgain(entries.slice(0, at)))).rejects.toThrow(
          /its end was cut off, or an old copy was put back/,
        );
      }),
      cases(8),
    );
  });

  test('an older log that was put back is found', async () => {
    const old = await logOf(120);
    await verifyLog(sourceOn(old), signer.key);
    await expect(verified(sourceOn(old))).rejects.toThrow(/it had 300 when it was last seen/);
    await expect(proveGrowth(sourceOn(old), signer.key, checkpoint)).rejects.toThrow(/cut off/);
  });

  test('a log that grew is found right', async () => {
    const grown = disk.afterKill();
    const log = await openOn(grown);
    await log.record(eventOf(300));
    await log.close();
    expect((await verified(sourceOn(grown))).size).toBe(301);
    const proof = await proveGrowth(sourceOn(grown), signer.key, checkpoint);
    expect(checkGrowth(Buffer.from(proof), signer.key, checkpoint, 'proof').size).toBe(301);
    const other = { ...checkpoint, root: checkpoint.root.map((byte) => byte ^ 1) };
    expect(() => checkGrowth(Buffer.from(proof), signer.key, other, 'proof')).toThrow(/unchanged/);
  });
});

describe('the proof of an entry', () => {
  test('is checked without the log, and is of no other entry, place or log', async () => {
    for (const index of [0, 119, 255, 256, 299]) {
      const { entry, proof } = await proveEntry(source, signer.key, index);
      expect(decodeEvent(entry)).toEqual(eventOf(index));
      expect(checkEntryProof(Buffer.from(proof), signer.key, entry, 'proof').index).toBe(index);
      expect(() => checkEntryProof(Buffer.from(proof), signer.key, entries[(index + 1) % 300], 'p')).toThrow(
        /does not show/,
      );
      expect(() =>
        checkEntryProof(Buffer.from(proof.replace(`index ${index}`, 'index 17')), signer.key, entry, 'p'),
      ).toThrow(/does not show/);
      expect(() => checkEntryProof(Buffer.from(proof), signerOf(3).key, entry, 'p')).toThrow(/not signed by/);
    }
    await expect(proveEntry(source, signer.key, 300)).rejects.toThrow(/has no entry 300; it has 300/);
  });
});

describe('what a log is read with', () => {
  test('takes the examples of the specification of signed notes', () => {
    const key = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const note =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    expect(openNote(Buffer.from(note), key, 'note')).toBe('This is an example message.\n');
    expect(formatVerifierKey(key)).toBe('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const twice = `${signNote('two\n', signerOf(2))}${signNote('two\n', signerOf(1, 'b')).split('\n').at(-2)}\n`;
    expect(openNote(Buffer.from(twice), signerOf(1, 'b').key, 'note')).toBe('two\n');
  });

  test('names tiles as the specification does', () => {
    expect(fullPath({ level: 0, index: 1234067 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 1000, width: 7 })).toBe('tile/entries/x001/000.p/7');
  });

  test('refuses any other bytes with an error of its own', async () => {
    const { proof } = await proveEntry(source, signer.key, 5);
    const real = [
      checkpoint.note,
      proof,
      formatVerifierKey(signer.key),
      await proveGrowth(source, signer.key, {
        ...checkpoint,
        size: 0,
        root: (await signedAgain([]).then((log) => verifyLog(log, signer.key))).root,
      }),
    ];
    const bent = fc
      .tuple(fc.constantFrom(...real), fc.nat(), fc.string({ maxLength: 3 }), fc.nat(4))
      .map(([text, at, more, drop]) => {
        const cut = at % text.length;
        return Buffer.from(text.slice(0, cut) + more + text.slice(cut + drop));
      });
    const readers = [
      (bytes: Uint8Array) => openCheckpoint(bytes, signer.key, 'it'),
      (bytes: Uint8Array) => checkEntryProof(bytes, signer.key, entries[5], 'it'),
      (bytes: Uint8Array) => checkGrowth(bytes, signer.key, checkpoint, 'it'),
      (bytes: Uint8Array) => parseVerifierKey(Buffer.from(bytes).toString()),
      (bytes: Uint8Array) => decodeBundle(bytes, 3, true, 'it'),
      (bytes: Uint8Array) => decodeEvent(bytes),
    ];
    fc.assert(
      fc.property(fc.oneof(bent, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        for (const read of readers) {
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(AuditError);
          }
        }
      }),
      cases(300),
    );
  });
});
