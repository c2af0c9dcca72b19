// What `OS info` says about this firmware: names, version and image hash as the bootloader verified them.

import { HANDOVER_HASH } from '../../protocol/guest/generated/constants';
import { readResetMailbox } from '../../protocol/guest/generated/registers';
import { appendHex, SERIAL_TEXT_SIZE, writeSerialText } from '../../protocol/guest/hex-text';
import {
  INFO_BUILD,
  INFO_MACHINE,
  INFO_NODE,
  INFO_OPERATING_SYSTEM,
  INFO_PLATFORM,
  INFO_PROCESSOR,
  INFO_RELEASE,
  INFO_SYSTEM,
  INFO_VERSION,
  setInfo,
  setInfoBytes,
} from '../../protocol/guest/smp/os-info';
import { runningVersion } from '../kernel/handover';

const TEXT_SIZE: u32 = 64;
const text = memory.data(<i32>TEXT_SIZE);
const HASH_WORDS_SHOWN: u32 = 2;

export function describeFirmware(): void {
  assert(SERIAL_TEXT_SIZE <= TEXT_SIZE, 'room for the serial number');
  assert(HASH_WORDS_SHOWN <= 8, 'a hash has eight words');
  setInfo(INFO_SYSTEM, 'coldrig');
  setInfo(INFO_MACHINE, 'cryo-cmos');
  setInfo(INFO_PROCESSOR, 'wasm32');
  setInfo(INFO_PLATFORM, 'coldrig/controller');
  setInfo(INFO_OPERATING_SYSTEM, 'coldrig');
  setInfo(INFO_VERSION, 'controller');
  setInfoBytes(INFO_NODE, text, writeSerialText(text));
  let length: u32 = 0;
  for (let word: u32 = 0; word < HASH_WORDS_SHOWN; word++)
    length = appendHex(text, length, bswap<u32>(readResetMailbox(HANDOVER_HASH + word)));
  assert(length == 8 * HASH_WORDS_SHOWN, 'the words of the hash that are shown');
  setInfoBytes(INFO_BUILD, text, length);
  const version = runningVersion();
  length = appendDecimal(0, version >> 24);
  length = appendDecimal(appendDot(length), (version >> 16) & 0xff);
  length = appendDecimal(appendDot(length), version & 0xffff);
  assert(length >= 5, 'three numbers and two dots');
  setInfoBytes(INFO_RELEASE, text, length);
}

function appendDot(length: u32): u32 {
  assert(length != 0 && length < TEXT_SIZE, 'a dot stands between two numbers, and there is room for it');
  store<u8>(text + length, 0x2e);
  return length + 1;
}

function appendDecimal(start: u32, value: u32): u32 {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  assert(digits <= 10, 'a word has ten digits at most');
  assert(start + digits <= TEXT_SIZE, 'room for the number');
  for (let index = digits; index > 0; index--) {
    store<u8>(text + start + index - 1, 0x30 + (value % 10));
    value /= 10;
  }
  assert(value == 0, 'every digit is written');
  return start + digits;
}
