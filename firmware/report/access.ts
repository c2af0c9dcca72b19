// Who may change this controller. Locked to its gateway, it lets the console read and nothing else. protocol/smp/access.ts has the rules.
//
//   request ──> over the gateway's line, or it changes nothing ──> its group
//        └────> over the console, and locked ────────────────────> EACCESSDENIED, its group is not called
//
// What must stay true:
// - What is refused has not reached its group, so it changes nothing but what counts and tells it.
// - Whether the controller is locked is read in the fuses for each request that matters; nothing in memory says so.
// - A fuse that reads as burnt only now and then locks, and does not unlock.

import { fieldsOk, findField, readBoolean } from '../../protocol/guest/cbor-fields';
import { writeBooleanField, writeUnsignedField } from '../../protocol/guest/cbor-writer';
import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import { burnBusy, burnFailed, startBurn } from '../../protocol/guest/fuse-burn';
import {
  ACC_ERR_NO_FUSE,
  ACC_ERR_NOT_BURNT,
  ACCCMD_COUNT,
  ACCCMD_LOCK,
  ACCESS_LOCKS,
  ACCESS_TOLD_EVERY_MS,
  EVENT_ACCESS_CHANGED,
  EVENT_REQUEST_REFUSED,
  FUSE_ACCESS,
  GROUP_ACCESS,
  GROUP_ATTESTATION,
  GROUP_OS,
  MGMT_EACCESSDENIED,
  MGMT_EBUSY,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  OS_ECHO,
  SMP_HEADER_SIZE,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import { readFusesWord } from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { firstFrame, frameRest, frameRestLength } from '../../protocol/guest/smp/frames';
import { findGroup, Group, registerGroup } from '../../protocol/guest/smp/groups';
import { LINE_GATEWAY } from '../../protocol/guest/smp/line-gateway';
import { giveReason, openRequest } from '../../protocol/guest/smp/request';
import { serveRequest } from '../../protocol/guest/smp/server';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../protocol/guest/smp/status';
import { smpCommand, smpGroup, smpOperation } from '../../protocol/guest/smp-header';

/** A half-burnt fuse gives away that it is one in so many readings: that all are alike happens once in two thousand million times. */
const READS: u32 = 32;
const UNLOCKS_SHIFT: u32 = 16;
const LOCKS_MASK: u32 = (1 << ACCESS_LOCKS) - 1;

// What readFuses found: the ones that were read every time, and how many lock and unlock.
let firm: u32 = 0;
let timesLocked: u32 = 0;
let timesUnlocked: u32 = 0;
/** What the request under way burns, and whether it locks. */
let ones: u32 = 0;
let locks: bool = false;
let refused: u32 = 0;
let nextTellNs: u64 = 0;

export function registerAccess(): void {
  assert(ACCESS_LOCKS == UNLOCKS_SHIFT, 'the ones that unlock begin behind those that lock');
  registerGroup(GROUP_ACCESS, 'access', ACCCMD_COUNT, answerAccess);
  assert(findGroup(GROUP_ACCESS) != null, 'the group is there');
}

/** As `serveRequest`, but what its line may not ask for does not reach its group. */
export function serveAllowedRequest(): bool {
  const group = groupToShut();
  if (group == null) return serveRequest();
  assert(group.commands != 0, 'a group that was registered');
  const handler = group.handler;
  group.handler = refuse;
  const served = serveRequest();
  group.handler = handler;
  assert(served, 'a refusal is an answer');
  return served;
}

/** The group of the request that waits, if the line of that request may not make it; else null. */
function groupToShut(): Group | null {
  const frame = firstFrame();
  assert(frame != null, 'a request waits');
  if (frame == null || frame.line == LINE_GATEWAY || frameRestLength(frame) < SMP_HEADER_SIZE) return null;
  const header = frameRest(frame);
  const group = findGroup(smpGroup(header));
  assert(group == null || group.number == smpGroup(header), 'the group that the request names');
  if (group == null || isOpen(smpOperation(header), group.number, smpCommand(header))) return null;
  // The lock itself is the gateway's also while there is none: the console must not use up its fuses.
  return group.number == GROUP_ACCESS || isLocked() ? group : null;
}

/** What every line may ask for: it changes nothing, and gives nobody a credential. */
function isOpen(operation: u32, group: u32, command: u32): bool {
  assert(operation <= 7, 'an operation has three bits');
  assert(group <= 0xffff && command <= 0xff, 'a group and a command of a header');
  if (operation == SMP_OP_WRITE) return group == GROUP_OS && command == OS_ECHO;
  return group != GROUP_ATTESTATION;
}

/** The handler of every group while a request is served that is refused. */
function refuse(operation: u32, command: u32, step: u32): u32 {
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server lets two operations through');
  assert(step == 0, 'a request is refused before it begins');
  refused++;
  if (uptimeNs() >= nextTellNs) tellRefusal(operation | (command << 8));
  giveReason('only the line of the gateway may do this');
  return MGMT_EACCESSDENIED;
}

/** Whoever sends a thousand of them must not push everything else out of the recorder: the number is told with the next one. */
function tellRefusal(request: u32): void {
  const frame = firstFrame();
  assert(frame != null && refused != 0, 'there is something to tell');
  if (frame == null) return;
  assert(frame.line != LINE_GATEWAY, 'the gateway is refused nothing');
  nextTellNs = uptimeNs() + ACCESS_TOLD_EVERY_MS * NS_PER_MS;
  recordEvent(
    EVENT_REQUEST_REFUSED,
    frame.line | (min<u32>(refused, 0xffffff) << 8),
    request | (smpGroup(frameRest(frame)) << 16),
  );
  refused = 0;
}

function readFuses(): void {
  let seen: u32 = 0;
  firm = u32.MAX_VALUE;
  for (let read: u32 = 0; read < READS; read++) {
    const word = readFusesWord(FUSE_ACCESS);
    seen |= word;
    firm &= word;
  }
  timesLocked = popcnt(seen & LOCKS_MASK);
  timesUnlocked = popcnt(firm >> UNLOCKS_SHIFT);
  assert((firm & ~seen) == 0, 'what was read every time was read');
  assert(timesLocked <= ACCESS_LOCKS && timesUnlocked <= ACCESS_LOCKS, 'no more ones than there are fuses');
}

function isLocked(): bool {
  readFuses();
  assert(popcnt(firm & LOCKS_MASK) <= timesLocked, 'a one that is there now and then locks as well');
  return timesLocked > timesUnlocked;
}

function answerAccess(operation: u32, command: u32, step: u32): u32 {
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server lets two operations through');
  assert(step == 0 || operation == SMP_OP_WRITE, 'only a change takes time');
  if (command != ACCCMD_LOCK) return MGMT_ENOTSUP;
  if (operation == SMP_OP_WRITE) {
    const status = step == 0 ? beginChange() : endChange();
    if (status != 0) return status;
  }
  return tellLock();
}

/** 0 where there is nothing to burn, STATUS_DEFERRED where a burn was begun, or an error. */
function beginChange(): u32 {
  openRequest();
  const isThere = findField('locked') != 0;
  locks = readBoolean('locked', false);
  if (!fieldsOk() || !isThere) return MGMT_EINVAL;
  if (burnBusy()) return MGMT_EBUSY;
  readFuses();
  const times = locks ? max(timesLocked, timesUnlocked + 1) : timesLocked;
  if (times > ACCESS_LOCKS) return STATUS_GROUP + ACC_ERR_NO_FUSE;
  // All ones up to the last: what a cut left half-burnt is completed.
  ones = ((1 << times) - 1) << (locks ? 0 : UNLOCKS_SHIFT);
  if ((firm & ones) == ones) return 0;
  assert(ones != 0, 'there is something to burn');
  assert(popcnt(ones) == <i32>times, 'all ones up to the last');
  startBurn(FUSE_ACCESS, ones);
  return STATUS_DEFERRED;
}

function endChange(): u32 {
  assert(ones != 0, 'a burn was begun');
  if (burnBusy()) return STATUS_DEFERRED;
  if (burnFailed()) return STATUS_GROUP + ACC_ERR_NOT_BURNT;
  assert(isLocked() == locks, 'the fuses say what was requested');
  recordEvent(EVENT_ACCESS_CHANGED, locks ? 1 : 0, locksLeft());
  return 0;
}

/** How many times it can still be locked. The fuses were read. */
function locksLeft(): u32 {
  const used = max(timesLocked, timesUnlocked);
  assert(used >= timesUnlocked && used <= ACCESS_LOCKS, 'no more ones than there are fuses');
  return ACCESS_LOCKS - used;
}

function tellLock(): u32 {
  const frame = firstFrame();
  assert(frame != null, 'a request is served');
  assert(!burnBusy(), 'a change has ended before it is told');
  writeBooleanField('locked', isLocked());
  if (frame != null) writeUnsignedField('line', frame.line);
  writeUnsignedField('left', locksLeft());
  return 0;
}
