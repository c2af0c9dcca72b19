// Where a failed assertion ends: the core faults in this cycle, and the fault record names the function with the assertion.
// The texts stay in the source (the reader of a fault record looks the line up); nothing is printed on the device.

export function panic(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
