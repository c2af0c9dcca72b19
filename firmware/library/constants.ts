// What the chip, the bootloader and the tools agree on: memory map, interrupt lines, fuses, events, words of the heartbeat, bits of the health word.

export * from '../../protocol/guest/generated/constants';
