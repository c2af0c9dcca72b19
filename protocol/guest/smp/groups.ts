// Which groups this device answers, and by which function. A guest registers its groups at start; ENUM lists them in that order.
//
// A handler is called with operation, command and step. Step 0 is a new request; one that answers STATUS_DEFERRED or
// STATUS_AGAIN is called again with the same request and step 1, 2 ... until it answers anything else. It reads the request through
// request.ts and writes the fields of the reply with the CBOR writer, in the call that finishes. What must stay true: a group is registered
// once, and what is registered stays.

export type GroupHandler = (operation: u32, command: u32, step: u32) => u32;

@unmanaged
export class Group {
  number: u32 = 0;
  /** Largest command + 1. */
  commands: u32 = 0;
  name!: string;
  handler!: GroupHandler;
}

const CAPACITY: u32 = 12;
const ENTRY_SIZE: u32 = 16;
/** Group numbers have 16 bits on the wire, commands eight. */
const NUMBER_MOST: u32 = 0xffff;
const COMMANDS_MOST: u32 = 0x100;
const entries: usize = memory.data(<i32>(CAPACITY * ENTRY_SIZE), 4);
let count: u32 = 0;

export function registerGroup(number: u32, name: string, commands: u32, handler: GroupHandler): void {
  assert(count < CAPACITY, 'room for every group');
  assert(findGroup(number) == null, 'a group is registered once');
  assert(name.length != 0, 'a group has a name');
  assert(number <= NUMBER_MOST && commands != 0 && commands <= COMMANDS_MOST, 'a group that a header can name');
  count++;
  const group = groupAt(count - 1);
  group.number = number;
  group.commands = commands;
  group.name = name;
  group.handler = handler;
}

export function groupCount(): u32 {
  assert(count <= CAPACITY, 'no more groups than there is room for');
  return count;
}

/** The group at an index below `groupCount`. */
export function groupAt(index: u32): Group {
  assert(index < count, 'a group that was registered');
  assert(offsetof<Group>() <= ENTRY_SIZE, 'an entry fits its place');
  return changetype<Group>(entries + <usize>(index * ENTRY_SIZE));
}

/** The group of a number, or null when this device does not know it. */
export function findGroup(number: u32): Group | null {
  assert(count <= CAPACITY, 'no more groups than there is room for');
  for (let index: u32 = 0; index < count; index++) {
    const group = groupAt(index);
    if (group.number == number) return group;
  }
  return null;
}

export function callGroup(group: Group, operation: u32, command: u32, step: u32): u32 {
  assert(group.commands != 0, 'a group that was registered');
  assert(command <= 0xff, 'a command is a byte');
  const handler = group.handler;
  return handler(operation, command, step);
}
