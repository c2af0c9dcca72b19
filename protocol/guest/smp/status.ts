// The result of a handler, and what it becomes on the wire.
//
//   0            done; the reply's fields are written
//   1 .. 255     SMP error: {"rc": n} in either version
//   GROUP + n    error of the request's group: {"err": {"group": g, "rc": n}} in v2, translated to {"rc": m} in v1
//   DEFERRED     not finished: call again, with the next step number, when an interrupt has come
//   AGAIN        not finished: call again, with the next step number, as soon as other work allows

import {
  ENUM_ERR_INDEX_TOO_LARGE,
  GROUP_ENUM,
  GROUP_IMG,
  GROUP_OS,
  GROUP_STAT,
  IMG_ERR_CURRENT_VERSION_IS_NEWER,
  IMG_ERR_IMAGE_ALREADY_PENDING,
  IMG_ERR_INVALID_FLASH_ADDRESS,
  IMG_ERR_INVALID_HASH,
  IMG_ERR_INVALID_IMAGE_HEADER,
  IMG_ERR_INVALID_LENGTH,
  IMG_ERR_INVALID_OFFSET,
  IMG_ERR_INVALID_PAGE_OFFSET,
  IMG_ERR_INVALID_SLOT,
  IMG_ERR_NO_FREE_MEMORY,
  IMG_ERR_NO_FREE_SLOT,
  IMG_ERR_NO_IMAGE,
  IMG_ERR_NO_TLVS,
  MGMT_EBADSTATE,
  MGMT_EINVAL,
  MGMT_ENOENT,
  MGMT_ENOMEM,
  MGMT_EUNKNOWN,
  OS_ERR_INVALID_FORMAT,
  OS_ERR_QUERY_YIELDS_NO_ANSWER,
  STAT_ERR_INVALID_GROUP,
  STAT_ERR_INVALID_STAT_NAME,
  STAT_ERR_INVALID_STAT_SIZE,
} from '../generated/constants';

export const STATUS_GROUP: u32 = 0x10000;
export const STATUS_DEFERRED: u32 = 0xffffffff;
export const STATUS_AGAIN: u32 = 0xfffffffe;

/** The code of SMP v1 for an error of a group. Groups of our own have no translation: unknown error. */
export function translateGroupError(group: u32, error: u32): u32 {
  assert(error != 0 && error < STATUS_GROUP, 'an error of a group, as v2 has it');
  assert(group <= 0xffff, 'a group number has 16 bits');
  if (group == GROUP_IMG) return translateImageError(error);
  if (group == GROUP_OS) {
    if (error == OS_ERR_INVALID_FORMAT) return MGMT_EINVAL;
    // Codes 3 and 4 of the group: a query without an answer, a clock that is not set.
    return error == OS_ERR_QUERY_YIELDS_NO_ANSWER || error == 4 ? MGMT_ENOENT : MGMT_EUNKNOWN;
  }
  if (group == GROUP_STAT) {
    if (error == STAT_ERR_INVALID_GROUP || error == STAT_ERR_INVALID_STAT_NAME) return MGMT_ENOENT;
    return error == STAT_ERR_INVALID_STAT_SIZE ? MGMT_EINVAL : MGMT_EUNKNOWN;
  }
  // Not seen on a real server: an index that is too large is an invalid argument.
  return group == GROUP_ENUM && error == ENUM_ERR_INDEX_TOO_LARGE ? MGMT_EINVAL : MGMT_EUNKNOWN;
}

function translateImageError(error: u32): u32 {
  assert(error != 0 && error < STATUS_GROUP, 'an error of the group');
  switch (error) {
    case IMG_ERR_NO_IMAGE:
    case IMG_ERR_NO_TLVS:
      return MGMT_ENOENT;
    case IMG_ERR_NO_FREE_SLOT:
    case IMG_ERR_CURRENT_VERSION_IS_NEWER:
    case IMG_ERR_IMAGE_ALREADY_PENDING:
      return MGMT_EBADSTATE;
    case IMG_ERR_NO_FREE_MEMORY:
      return MGMT_ENOMEM;
    case IMG_ERR_INVALID_SLOT:
    case IMG_ERR_INVALID_PAGE_OFFSET:
    case IMG_ERR_INVALID_OFFSET:
    case IMG_ERR_INVALID_LENGTH:
    case IMG_ERR_INVALID_IMAGE_HEADER:
    case IMG_ERR_INVALID_HASH:
    case IMG_ERR_INVALID_FLASH_ADDRESS:
      return MGMT_EINVAL;
    default:
      return MGMT_EUNKNOWN;
  }
}
