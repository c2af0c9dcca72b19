import type { Command } from 'commander';
export function addFlashCommand(_program: Command): void {}
