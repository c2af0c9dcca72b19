// SMP (MCUmgr): operations, groups, commands, error codes, and the sizes this device states.
// Source: Zephyr's SMP protocol specification (services/device_mgmt) and the behaviour of a Zephyr 4.4 server.

import { constantTable, valuesOf, withCount } from '../constants.ts';
import { accessCommands, accessErrors, accessLimits } from './access.ts';
import { attestationCommands } from './attestation.ts';
import { bootCommands, bootErrors } from './boot.ts';
import { multiplexerCommands, multiplexerErrors } from './multiplexer.ts';
import { readoutCommands, readoutErrors } from './readout.ts';
import { sequencerCommands, sequencerErrors } from './sequencer.ts';
import { telemetryCommands, telemetryErrors } from './telemetry.ts';

export const smpHeader = constantTable('SMP', 'Header and sizes.', {
  HEADER_SIZE: [8, 'Bytes, big endian: op, flags, length (u16), group (u16), sequence, command'],
  OP_READ: [0, 'Read request'],
  OP_READ_RESPONSE: [1, 'Its response'],
  OP_WRITE: [2, 'Write request'],
  OP_WRITE_RESPONSE: [3, 'Its response'],
  VERSION_1: [0, 'Version bits of SMP v1'],
  VERSION_2: [1, 'Version bits of SMP v2'],
  BUFFER_SIZE: [2048, 'Largest message, header included'],
  BUFFER_COUNT: [4, 'Messages the device queues'],
  UDP_PORT: [1337, 'Default UDP port'],
});

export const smpGroups = constantTable('GROUP', 'Groups.', {
  OS: [0, 'Operating system'],
  IMG: [1, 'Images'],
  STAT: [2, 'Statistics'],
  ENUM: [10, 'Enumeration of groups'],
  SEQUENCER: [64, 'Pulse sequencers of this controller'],
  BOOT: [65, 'The bootloader’s own: what it did and why (protocol/smp/boot.ts)'],
  CRYO: [66, 'Temperatures, interlocks, heaters and power of this controller'],
  MULTIPLEXER: [67, 'Sample-and-hold cells of this controller'],
  READOUT: [68, 'Readout channels and the calibration record of this controller'],
  TELEMETRY: [69, 'Telemetry records of this controller (protocol/smp/telemetry.ts)'],
  ATTESTATION: [70, 'What the attestation engine signs (protocol/smp/attestation.ts)'],
  ACCESS: [71, 'Whether this controller is locked to its gateway (protocol/smp/access.ts)'],
});

export const osCommands = constantTable('OS', 'Commands of the OS group.', {
  ECHO: [0, 'Echo'],
  TASKSTAT: [2, 'Task statistics'],
  MPSTAT: [3, 'Memory pool statistics'],
  DATETIME: [4, 'Date and time'],
  RESET: [5, 'Reset'],
  PARAMS: [6, 'MCUmgr parameters'],
  INFO: [7, 'Application info'],
  BOOTLOADER_INFO: [8, 'Bootloader info'],
});

export const imgCommands = constantTable('IMG', 'Commands of the IMG group.', {
  STATE: [0, 'State of images'],
  UPLOAD: [1, 'Upload'],
  ERASE: [5, 'Erase slot'],
  SLOT_INFO: [6, 'Slot info'],
});

export const statCommands = constantTable('STAT', 'Commands of the STAT group.', {
  READ: [0, 'Read one group of counters'],
  LIST: [1, 'List groups of counters'],
});

export const enumCommands = constantTable('ENUM', 'Commands of the ENUM group.', {
  COUNT: [0, 'How many groups'],
  LIST: [1, 'Which groups'],
  SINGLE: [2, 'One group by index'],
  DETAILS: [3, 'Names and handler counts'],
});

export const cryoCommands = constantTable(
  'CRYO',
  'Commands of the CRYO group.',
  withCount({
    TEMPERATURES: [0, 'Read: temperature and state of every thermometer'],
    INTERLOCKS: [1, 'Read: every interlock; write {clear}: clear one that has tripped'],
    HEARTBEAT: [2, 'Read: the heartbeat record'],
    POWER: [3, 'Read: power estimated and allowed, load shed, what is driven and kept off, rails and clock'],
    HEATER: [4, 'Read: every heater; write {heater, microwatts}: its power'],
  }),
);

export const cryoErrors = constantTable('CRYO_ERR', 'Error codes of the CRYO group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_SUCH_INTERLOCK: [2, 'No interlock has this number'],
  CONDITION_HOLDS: [3, 'The condition that tripped it still holds; it cannot be cleared'],
  NO_SUCH_HEATER: [4, 'No heater has this number'],
  ABOVE_LIMIT: [5, 'More than the heater’s limit'],
  NOT_SAFE: [6, 'An interlock has tripped; clear it first'],
});

export const smpErrors = constantTable('MGMT', 'SMP-level error codes (`rc`).', {
  EOK: [0, 'No error'],
  EUNKNOWN: [1, 'Unknown error'],
  ENOMEM: [2, 'Not enough memory'],
  EINVAL: [3, 'Invalid argument'],
  ETIMEOUT: [4, 'Timeout'],
  ENOENT: [5, 'No such entry'],
  EBADSTATE: [6, 'Not possible in the current state'],
  EMSGSIZE: [7, 'Response too large'],
  ENOTSUP: [8, 'Not supported'],
  ECORRUPT: [9, 'Corrupt message'],
  EBUSY: [10, 'Busy, try later'],
  EACCESSDENIED: [11, 'Access denied'],
  UNSUPPORTED_TOO_OLD: [12, 'Protocol version too old'],
  UNSUPPORTED_TOO_NEW: [13, 'Protocol version too new'],
});

export const osErrors = constantTable('OS_ERR', 'Error codes of the OS group.', {
  UNKNOWN: [1, 'Unknown error'],
  INVALID_FORMAT: [2, 'Unknown format character'],
  QUERY_YIELDS_NO_ANSWER: [3, 'Unknown query'],
});

export const imgErrors = constantTable('IMG_ERR', 'Error codes of the IMG group.', {
  UNKNOWN: [1, 'Unknown error'],
  FLASH_CONFIG_QUERY_FAIL: [2, 'Flash layout not known'],
  NO_IMAGE: [3, 'No image in the slot'],
  NO_TLVS: [4, 'The image has no TLVs'],
  INVALID_TLV: [5, 'The image has an invalid TLV'],
  TLV_MULTIPLE_HASHES: [6, 'The image has several hashes'],
  TLV_INVALID_SIZE: [7, 'A TLV has the wrong size'],
  HASH_NOT_FOUND: [8, 'No image with this hash'],
  NO_FREE_SLOT: [9, 'No slot is free'],
  FLASH_OPEN: [10, 'Flash cannot be opened'],
  FLASH_READ: [11, 'Flash cannot be read'],
  FLASH_WRITE: [12, 'Flash cannot be written'],
  FLASH_ERASE: [13, 'Flash cannot be erased'],
  INVALID_SLOT: [14, 'No such slot'],
  NO_FREE_MEMORY: [15, 'Not enough memory'],
  FLASH_CTX_ALREADY_SET: [16, 'An upload is already open'],
  FLASH_CTX_NOT_SET: [17, 'No upload is open'],
  FLASH_AREA_DEVICE_NULL: [18, 'No flash device'],
  INVALID_PAGE_OFFSET: [19, 'Invalid page offset'],
  INVALID_OFFSET: [20, 'No offset in the request'],
  INVALID_LENGTH: [21, 'No length in the first request'],
  INVALID_IMAGE_HEADER: [22, 'The first chunk is shorter than an image header'],
  INVALID_IMAGE_HEADER_MAGIC: [23, 'The image magic is wrong'],
  INVALID_HASH: [24, 'The hash has the wrong length or is missing'],
  INVALID_FLASH_ADDRESS: [25, 'Invalid flash address'],
  VERSION_GET_FAILED: [26, 'The running version cannot be read'],
  CURRENT_VERSION_IS_NEWER: [27, 'The running image is newer'],
  IMAGE_ALREADY_PENDING: [28, 'Another image is pending'],
  INVALID_IMAGE_VECTOR_TABLE: [29, 'Invalid vector table'],
  INVALID_IMAGE_TOO_LARGE: [30, 'The image does not fit the slot'],
  INVALID_IMAGE_DATA_OVERRUN: [31, 'More data than announced'],
  IMAGE_CONFIRMATION_DENIED: [32, 'The device is not healthy enough to confirm'],
  IMAGE_SETTING_TEST_TO_ACTIVE_DENIED: [33, 'The running image cannot be tested'],
  ACTIVE_SLOT_NOT_KNOWN: [34, 'The running slot cannot be determined'],
});

export const statErrors = constantTable('STAT_ERR', 'Error codes of the STAT group.', {
  UNKNOWN: [1, 'Unknown error'],
  INVALID_GROUP: [2, 'Invalid group'],
  INVALID_STAT_NAME: [3, 'Unknown group name (as Zephyr 4.4 answers)'],
  INVALID_STAT_SIZE: [4, 'Invalid size'],
  WALK_ABORTED: [5, 'Walk aborted'],
});

export const enumErrors = constantTable('ENUM_ERR', 'Error codes of the ENUM group.', {
  UNKNOWN: [1, 'Unknown error'],
  TOO_MANY_GROUP_ENTRIES: [2, 'Too many groups asked for'],
  INSUFFICIENT_HEAP: [3, 'Not enough memory'],
  INDEX_TOO_LARGE: [4, 'No group with this index'],
});

export const smpTables = [
  smpHeader,
  smpGroups,
  osCommands,
  imgCommands,
  statCommands,
  enumCommands,
  smpErrors,
  osErrors,
  imgErrors,
  statErrors,
  enumErrors,
  sequencerCommands,
  sequencerErrors,
  multiplexerCommands,
  multiplexerErrors,
  readoutCommands,
  readoutErrors,
  telemetryCommands,
  telemetryErrors,
  attestationCommands,
  accessCommands,
  accessErrors,
  accessLimits,
  cryoCommands,
  cryoErrors,
  bootCommands,
  bootErrors,
];

export const Smp = valuesOf(smpHeader);
export const SmpGroup = valuesOf(smpGroups);
export const OsCommand = valuesOf(osCommands);
export const ImgCommand = valuesOf(imgCommands);
export const StatCommand = valuesOf(statCommands);
export const CryoCommand = valuesOf(cryoCommands);
export const CryoError = valuesOf(cryoErrors);
export const EnumCommand = valuesOf(enumCommands);
