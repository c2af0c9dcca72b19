// Well-formed conversations of a client with safe mode. The fuzzer begins with them where a single message would have no effect.

import { parseImage } from '../../../host/tools/image/index.ts';
import { makeToken } from '../../../host/tools/image/token.ts';
import type { CborMap } from '../../../host/tools/smp/cbor.ts';
import { encodeMessage } from '../../../host/tools/smp/message.ts';
import { BootCommand } from '../../../protocol/smp/boot.ts';
import { ImgCommand, OsCommand, Smp, SmpGroup } from '../../../protocol/smp/smp.ts';
import { keys } from '../../rig/keys.ts';
import { device, sha256, specimen } from '../attack/specimens.ts';
import type { Input } from './mutate.ts';

const image = specimen('4.0.0');
const hash = sha256(image);
const chunkBytes = 100;

const say = (group: number, command: number, body: CborMap, operation: number = Smp.OP_WRITE) =>
  encodeMessage({ operation, version: 2, group, sequence: 7, command }, body);
const upload = (off: number, more: CborMap = {}) =>
  say(SmpGroup.IMG, ImgCommand.UPLOAD, { off, data: image.subarray(off, off + chunkBytes), ...more });
const state = (body: CborMap) => say(SmpGroup.IMG, ImgCommand.STATE, body);
const list = say(SmpGroup.IMG, ImgCommand.STATE, {}, Smp.OP_READ);
const rest = Array.from({ length: Math.ceil(image.length / chunkBytes) - 1 }, (_, n) => upload((n + 1) * chunkBytes));
const first = (more: CborMap = {}) => upload(0, { len: image.length, sha: hash, ...more });
/** The hash by which a client names it. */
const { hash: nameIn } = parseImage(image);
/** About the image that safe mode has in slot A; no key of this device may sign tokens. */
const token = makeToken({
  ...{ privateKeyPem: keys[0].privateKeyPem, imageHash: parseImage(specimen('1.0.0')).hash as Uint8Array },
  ...{ board: device.boardId, displaces: '4.0.0', counter: [0, 9] },
});

export const conversations: readonly Input[] = [
  [first(), ...rest, state({ hash: nameIn, confirm: false }), list],
  [first(), ...rest, first(), upload(chunkBytes), upload(2 * chunkBytes)],
  [first(), first(), rest[1], rest[0], rest[0]],
  [first({ sha: hash.subarray(0, 5) }), ...rest],
  [first({ sha: new Uint8Array(32) }), ...rest, first({ sha: new Uint8Array(32) })],
  [upload(0, { len: image.length }), ...rest, rest[0]],
  [first({ upgrade: true }), ...rest],
  [first({ len: 0x80001 })],
  [first({ len: 40 })],
  [first({ sha: new Uint8Array(33) })],
  [upload(0)],
  [first(), upload(chunkBytes, { data: new Uint8Array(400) })],
  [say(SmpGroup.IMG, ImgCommand.ERASE, { slot: 1 }), list],
  [say(SmpGroup.IMG, ImgCommand.ERASE, {}), first(), say(SmpGroup.IMG, ImgCommand.ERASE, { slot: 1 }), rest[0]],
  [state({ hash: nameIn, confirm: true })],
  [state({ confirm: true })],
  [say(SmpGroup.OS, OsCommand.RESET, { boot_mode: 1 }), list],
  [say(SmpGroup.OS, OsCommand.RESET, { force: 1 }), list],
  [say(SmpGroup.OS, OsCommand.RESET, { force: true }), list],
  ...Object.values(BootCommand).map((command): Input => [say(SmpGroup.BOOT, command, {}, Smp.OP_READ)]),
  [say(SmpGroup.BOOT, BootCommand.TOKEN, { token }), say(SmpGroup.BOOT, BootCommand.TOKEN, { token }), list],
  [say(SmpGroup.BOOT, BootCommand.TOKEN, { token: token.subarray(1) })],
  [say(SmpGroup.BOOT, BootCommand.TOKEN, { token: token.with(40, 0) })],
  [say(SmpGroup.BOOT, BootCommand.LOG, { from: 0, count: 2 }, Smp.OP_READ)],
  [say(SmpGroup.BOOT, BootCommand.LOG, { from: 99 }, Smp.OP_READ), new Uint8Array(0)],
];
