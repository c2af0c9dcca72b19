// OS info, after uname: the request names fields by letter, the reply has their texts in the order below, with blanks between.
//
//   s system  n node  r release  v version  b build  m machine  p processor  i platform  o operating system  a all
//
// A guest sets its texts once, at start.

import { fieldsOk, findText } from '../cbor-fields';
import { cborContent, cborContentLength } from '../cbor-reader';
import { writeText, writeTextBytes } from '../cbor-writer';
import { MGMT_EINVAL, OS_ERR_INVALID_FORMAT } from '../generated/constants';
import { copyLiteral, literalByte, literalLength } from '../literal';
import { isInRam } from '../ram';
import { openRequest } from './request';
import { STATUS_GROUP } from './status';

export const INFO_SYSTEM: u32 = 0;
export const INFO_NODE: u32 = 1;
export const INFO_RELEASE: u32 = 2;
export const INFO_VERSION: u32 = 3;
export const INFO_BUILD: u32 = 4;
export const INFO_MACHINE: u32 = 5;
export const INFO_PROCESSOR: u32 = 6;
export const INFO_PLATFORM: u32 = 7;
export const INFO_OPERATING_SYSTEM: u32 = 8;

const LETTERS: string = 'snrvbmpio';
const FIELD_COUNT: u32 = 9;
const ALL_FIELDS: u32 = (1 << FIELD_COUNT) - 1;
const ALL: u32 = 0x61;
/** Longest text of a field. */
const INFO_TEXT_SIZE: u32 = 60;
const HEAD_SIZE: u32 = 4;
const SLOT_SIZE: u32 = HEAD_SIZE + INFO_TEXT_SIZE;

/** What stands in front of a field's text. */
@unmanaged
class InfoHead {
  length: u32 = 0;
}

const texts: usize = memory.data(<i32>(FIELD_COUNT * SLOT_SIZE), 4);
/** Every text with a blank behind it takes no more than the slots. */
const output: usize = memory.data(<i32>(FIELD_COUNT * SLOT_SIZE), 4);

function headOf(field: u32): InfoHead {
  assert(field < FIELD_COUNT, 'a known field');
  assert(offsetof<InfoHead>() == HEAD_SIZE, 'a text begins behind its length');
  return changetype<InfoHead>(texts + <usize>(field * SLOT_SIZE));
}

/** Makes room for a text of this length, and says where it goes. */
function placeOf(field: u32, length: u32): usize {
  assert(length <= INFO_TEXT_SIZE, 'a text that fits');
  const head = headOf(field);
  head.length = length;
  return changetype<usize>(head) + HEAD_SIZE;
}

export function setInfo(field: u32, text: string): void {
  assert(text.length != 0, 'a text says something');
  const copied = copyLiteral(placeOf(field, literalLength(text)), text);
  assert(copied == headOf(field).length, 'a text is as long as its field says');
}

export function setInfoBytes(field: u32, pointer: usize, length: u32): void {
  assert(isInRam(pointer, length), 'a text in memory');
  assert(length != 0, 'a text says something');
  memory.copy(placeOf(field, length), pointer, length);
}

export function answerInfo(): u32 {
  openRequest();
  const format = findText('format');
  if (!fieldsOk()) return MGMT_EINVAL;
  let wanted: u32 = 0;
  const letters: u32 = format == 0 ? 0 : cborContentLength(format);
  for (let index: u32 = 0; index < letters; index++) {
    const fields = fieldsOfLetter(load<u8>(cborContent(format) + index));
    if (fields == 0) return STATUS_GROUP + OS_ERR_INVALID_FORMAT;
    wanted |= fields;
  }
  assert((wanted & ~ALL_FIELDS) == 0, 'letters stand for known fields');
  writeText('output');
  writeTextBytes(output, joinTexts(wanted == 0 ? 1 << INFO_SYSTEM : wanted));
  return 0;
}

function fieldsOfLetter(letter: u32): u32 {
  assert(literalLength(LETTERS) == FIELD_COUNT, 'a letter for each field');
  assert(letter <= 0xff, 'a character is a byte');
  if (letter == ALL) return ALL_FIELDS;
  for (let field: u32 = 0; field < FIELD_COUNT; field++) {
    if (literalByte(LETTERS, field) == letter) return 1 << field;
  }
  return 0;
}

function joinTexts(fields: u32): u32 {
  assert(fields != 0 && (fields & ~ALL_FIELDS) == 0, 'known fields, one at least');
  let length: u32 = 0;
  for (let field: u32 = 0; field < FIELD_COUNT; field++) {
    if ((fields & (1 << field)) == 0) continue;
    if (length != 0) store<u8>(output + length++, 0x20);
    const head = headOf(field);
    assert(length + head.length <= FIELD_COUNT * SLOT_SIZE, 'every text with its blank has room');
    memory.copy(output + length, changetype<usize>(head) + HEAD_SIZE, head.length);
    length += head.length == 0 ? copyLiteral(output + length, 'unknown') : head.length;
  }
  assert(length != 0, 'there is something to say');
  return length;
}
