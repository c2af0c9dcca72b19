// What the running firmware answers to each request that was recorded with real servers (Zephyr 4.4.0 builds, MCUboot's recovery):
// the same bytes, the same shape with our own names and sizes, or something else for the reason that stands beside it.
//
// The recordings are host/tools/smp/golden-vectors.json; a row there without a row here fails golden.test.ts.

import type { CborMap } from '../../../host/tools/smp/cbor.ts';

/** What the device is like when it is asked. */
export type Situation = 'running' | 'uploading' | 'on trial' | 'in safe mode';

export type Verdict =
  | { is: 'the same' }
  /** Same keys and types all the way down, lists of any length. */
  | { is: 'the same shape'; ours: string }
  | { is: 'another'; answer: CborMap | 'a list of images'; because: string };

const same: Verdict = { is: 'the same' };
const shape = (ours: string): Verdict => ({ is: 'the same shape', ours });
const other = (answer: CborMap | 'a list of images', because: string): Verdict => ({ is: 'another', answer, because });
const imageError = (rc: number): CborMap => ({ err: { group: 1, rc } });

const ourSizes = shape('four buffers of 2048 bytes');
const ourImage = shape('our image’s version and hash');
const ourGroups = shape('our groups, in the order of their registration');
const noStateWrite = 'that build runs from RAM and cannot mark images';
const bootloaderIsKnown = 'that build does not say what booted it; ours does, for mcumgr-toolkit asks first';
const wholeServer = 'MCUboot’s recovery is a subset; safe mode is the whole server';
const unsupported: CborMap = { rc: 8 };

export const rows: Record<string, [Situation, Verdict]> = {
  'A.1 echo w v2': ['running', same],
  'A.1 echo r v2': ['running', same],
  'A.1 echo w v1': ['running', same],
  'A.1 echo no d': ['running', same],
  'A.1 params': ['running', ourSizes],
  'A.1 params empty payload': ['running', ourSizes],
  'A.1 mpstat': [
    'running',
    other(
      { mpools: { smp_frames: { blksiz: 2048, nblks: 5, nfree: 4, min: 4 } } },
      'that build has no memory pools to tell of',
    ),
  ],
  'A.1 datetime': ['running', same],
  'A.1 info default': ['running', shape('our name')],
  'A.1 info a': ['running', shape('our names')],
  'A.1 info bad v2': ['running', same],
  'A.1 info bad v1': ['running', same],
  'A.1 bootinfo': ['running', other({ bootloader: 'MCUboot' }, bootloaderIsKnown)],
  'A.1 unknown cmd': ['running', same],
  'A.1 unknown group': ['running', same],
  'A.1 unknown group v1': ['running', same],
  'A.1 write to read-only cmd': ['running', same],
  'A.1 ver=2 (too new)': ['running', same],
  'A.1 ver=3': ['running', same],
  'A.1 flags 55': ['running', same],
  'A.1 bad cbor': ['running', same],
  'A.1 empty': ['running', same],
  'A.1 stat list': ['running', shape('our statistics')],
  'A.1 stat smp?': ['running', same],
  'A.1 stat bad v2': ['running', same],
  'A.1 stat bad v1': ['running', same],
  'A.1 enum count': ['running', ourGroups],
  'A.1 enum list': ['running', ourGroups],
  'A.1 enum single 0': ['running', ourGroups],
  'A.1 enum single 6': ['running', other({ group: 66 }, 'that build has seven groups, and ours has one more')],
  'A.1 enum single 99': ['running', same],
  'A.1 enum details 0,2': ['running', ourGroups],
  'A.1 img state': ['running', other('a list of images', 'that build has no IMG group')],
  'A.3 stat read': ['running', shape('our counters')],
  'A.4 echo': ['running', same],
  'A.4 params': ['running', ourSizes],
  'A.4 bootinfo': ['running', other({ bootloader: 'MCUboot' }, bootloaderIsKnown)],
  'A.4 bootinfo mode': ['running', other({ mode: 5 }, bootloaderIsKnown)],
  'A.4 bootinfo mode v1': ['running', other({ mode: 5 }, bootloaderIsKnown)],
  'A.4 bootinfo xx': ['running', other({ err: { group: 0, rc: 3 } }, bootloaderIsKnown)],
  'A.4 img state v2': ['running', ourImage],
  'A.4 img state v1': ['running', ourImage],
  'A.4 slot info': ['running', same],
  'A.4 img file': ['running', same],
  'A.4 confirm no hash': ['running', other('a list of images', noStateWrite)],
  'A.4 test no hash': ['running', other(imageError(24), noStateWrite)],
  'A.4 state write empty': ['running', other(imageError(24), noStateWrite)],
  'A.4 test bad hash v2': ['running', other(imageError(8), noStateWrite)],
  'A.4 test bad hash v1': ['running', other({ rc: 1 }, noStateWrite)],
  'A.4 test short hash v2': ['running', other(imageError(24), noStateWrite)],
  'A.4 erase default': ['running', same],
  'A.4 erase 0': ['running', same],
  'A.4 upload no len': ['running', same],
  'A.4 upload short data': ['running', same],
  'A.4 upload bad magic v2': ['running', same],
  'A.4 upload bad magic v1': ['running', same],
  'A.4 upload off10 no session': ['running', same],
  'A.4 upload no off': ['running', same],
  'A.5 off0 data empty': ['uploading', same],
  'A.5 after end empty': ['running', same],
  'A.5 reset boot_mode=1': ['running', same],
  'A.5 [recovery] params': ['in safe mode', ourSizes],
  'A.5 [recovery] echo': ['in safe mode', other({ r: 'hi' }, wholeServer)],
  'A.5 [recovery] state': ['in safe mode', other('a list of images', wholeServer)],
  'A.5 [recovery] state v1': ['in safe mode', other('a list of images', wholeServer)],
  'A.5 [recovery] slotinfo': [
    'in safe mode',
    other(
      {
        images: [
          {
            image: 0,
            slots: [
              { slot: 0, size: 524_288 },
              { slot: 1, size: 524_288, upload_image_id: 0 },
            ],
          },
        ],
      },
      wholeServer,
    ),
  ],
  'A.5 [recovery] bootinfo': ['in safe mode', other({ bootloader: 'MCUboot' }, wholeServer)],
  'A.5 [recovery] unknown group': ['in safe mode', other({ err: { group: 2, rc: 3 } }, wholeServer)],
  'A.5 [recovery] confirm': [
    'in safe mode',
    other(imageError(3), 'there is no running image to confirm, and we say so; recovery has no such command'),
  ],
  'A.5 [recovery] reset': ['in safe mode', other({}, 'success says nothing; recovery still writes the rc of old')],
  'A.5 echo after': ['running', same],
  'A.6 params': ['running', ourSizes],
  'A.6 bootinfo': ['running', other({ bootloader: 'MCUboot' }, bootloaderIsKnown)],
  'A.6 bootinfo mode': ['running', other({ mode: 5 }, bootloaderIsKnown)],
  'A.6 state': ['running', ourImage],
  'A.6 slotinfo': ['running', shape('our slots’ size')],
  'A.6 test active v2': ['running', same],
  'A.6 test active v1': ['running', same],
  'A.6 confirm active hash': ['running', ourImage],
  'A.6 confirm no hash': ['running', ourImage],
  'A.6 test no hash': ['running', same],
  'A.6 empty': ['running', same],
  'A.6 test bad hash v2': ['running', same],
  'A.6 test bad hash v1': ['running', same],
  'A.6 short hash': ['running', same],
  'A.6 FINAL': ['uploading', same],
  'A.6 state after partial/complete': ['uploading', ourImage],
  'A.6 test new': ['uploading', same],
  'A.6 state pending': ['uploading', ourImage],
  'A.6 test new again': ['uploading', same],
  'A.6 erase while pending v2': ['uploading', same],
  'A.6 erase while pending v1': ['uploading', same],
  'A.6 confirm new (permanent)': ['running', same],
  'A.6 state permanent': ['running', ourImage],
  'A.6 reset': ['running', same],
  'A.6 state after reset': ['running', ourImage],
  'A.7 FINAL': ['uploading', same],
  'A.7 erase while pending v2': ['uploading', same],
  'A.7 erase while pending v1': ['uploading', same],
  'A.7 confirm new (permanent)': ['running', same],
  'A.7 state permanent': ['running', ourImage],
  'A.7 reset': ['running', same],
  'A.7 state after reset': ['running', ourImage],
  'A.8 reset': ['on trial', same],
  'A.8 test other slot while active unconfirmed': ['on trial', same],
  'A.8 erase slot1 while unconfirmed v2': ['on trial', same],
  'A.8 erase slot1 while unconfirmed v1': ['on trial', same],
  'A.8 reset (no confirm => revert)': ['on trial', same],
  'A.8 confirm other (permanent)': ['running', same],
  'A.8 erase while permanent pending': ['running', same],
  'A.9 Go CLI: image confirm (no hash) => hash:null, v0': [
    'running',
    other('a list of images', 'null says the same as nothing: the Go client means the running image'),
  ],
  'A.9 Go CLI: image confirm "" => hash:h\'\', v0': ['running', ourImage],
  'A.9 erase slot 5': ['running', same],
  'A.9 erase mid-upload': ['uploading', same],
  'A.9 stat list': ['running', shape('our statistics')],
  'A.9 stat read': ['running', shape('our counters')],
};

/** Groups that Zephyr's samples have and this device has not: all their requests get one answer. */
export const absentGroups: Record<number, string> = {
  3: 'no settings are kept yet',
  8: 'there is no file system',
  9: 'there is no shell: what can be done has a command of its own',
  63: 'there is no storage partition to erase from afar',
};
export const absent: Verdict = other(unsupported, 'the group is not there');
