// Where a failed assertion ends: the core faults at this very cycle, and the fault record names the function that asked.
// The texts stay in the source (the reader of a fault record looks the line up); nothing is printed on the device.

export function panic(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
