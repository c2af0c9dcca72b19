// Every register of the chip as functions that read and write it, and the values of its fields. protocol/generated/registers.md describes them.

export * from '../../protocol/guest/generated/registers';
