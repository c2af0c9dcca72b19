import type { Command } from 'commander';
export function addDeviceCommands(_program: Command): void {}
