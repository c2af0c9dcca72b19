// Virtual time in the rig is whole nanoseconds; these are its larger units.

export const millisecond = 1_000_000;
export const second = 1_000_000_000;
