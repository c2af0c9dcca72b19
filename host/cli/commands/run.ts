import type { Command } from 'commander';
export function addRunCommand(_program: Command): void {}
