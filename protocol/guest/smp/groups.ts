// Which groups this device speaks, and who answers. A guest registers its groups at start; ENUM lists them in that order.
//
// A handler is called with operation, command and step. Step 0 is a new request; one that answers STATUS_DEFERRED or
// STATUS_AGAIN is called again with the same request and step 1, 2 ... until it answers anything else. It reads the request through
// request.ts and writes the fields of the reply with the CBOR writer, in the call that finishes.
//
//   entry   0 group   4 name (literal)   8 commands (largest command + 1)   12 handler

export type GroupHandler = (operation: u32, command: u32, step: u32) => u32;

const CAPACITY: u32 = 12;
const ENTRY_SIZE: u32 = 16;
const entries: usize = memory.data(<i32>(CAPACITY * ENTRY_SIZE), 4);
let count: u32 = 0;

export function registerGroup(group: u32, name: string, commands: u32, handler: GroupHandler): void {
  assert(count < CAPACITY, 'room for every group');
  assert(findGroup(group) == 0, 'a group is registered once');
  const entry = entries + count * ENTRY_SIZE;
  store<u32>(entry, group);
  store<u32>(entry, changetype<u32>(name), 4);
  store<u32>(entry, commands, 8);
  store<u32>(entry, changetype<u32>(handler), 12);
  count++;
}

export function groupCount(): u32 {
  return count;
}

/** The entry at an index below `groupCount`. */
export function groupAt(index: u32): usize {
  assert(index < count, 'no such entry');
  return entries + index * ENTRY_SIZE;
}

/** The entry of a group, or 0. */
export function findGroup(group: u32): usize {
  for (let index: u32 = 0; index < count; index++) {
    if (groupId(groupAt(index)) == group) return groupAt(index);
  }
  return 0;
}

export function groupId(entry: usize): u32 {
  return load<u32>(entry);
}

export function groupName(entry: usize): string {
  return changetype<string>(<usize>load<u32>(entry, 4));
}

export function groupCommands(entry: usize): u32 {
  return load<u32>(entry, 8);
}

export function callGroup(entry: usize, operation: u32, command: u32, step: u32): u32 {
  return changetype<GroupHandler>(<usize>load<u32>(entry, 12))(operation, command, step);
}
