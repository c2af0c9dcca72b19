import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { calledEntry, catalogue } from './catalogue.ts';

describe('the catalogue of commands', () => {
  it.each(catalogue.map((entry) => [entry.name, entry] as const))(
    'says of %s what the command says of itself',
    async (name, { usage, about, addTo }) => {
      const program = new Command();
      await addTo(program);
      const command = program.commands.find((each) => each.name() === name);
      const help = program.createHelp();
      expect(command && help.subcommandTerm(command)).toBe(`${name} ${usage}`.trim());
      expect(command?.description()).toBe(about);
    },
  );

  it('shows each default as it would be typed', async () => {
    const program = new Command();
    for (const { addTo } of new Map(catalogue.map((entry) => [entry.addTo, entry])).values()) await addTo(program);
    const wrong: string[] = [];
    const look = (command: Command, path: string): void => {
      for (const { flags, defaultValue, defaultValueDescription } of command.options)
        if (typeof defaultValue === 'object' && !Array.isArray(defaultValue) && defaultValueDescription === undefined)
          wrong.push(`${path}: ${flags}`);
      for (const below of command.commands) look(below, `${path} ${below.name()}`.trim());
    };
    look(program, '');
    expect(wrong).toEqual([]);
  });

  it('lists every command that its files add', async () => {
    const program = new Command();
    for (const { addTo } of new Map(catalogue.map((entry) => [entry.addTo, entry])).values()) await addTo(program);
    expect(program.commands.map((command) => command.name())).toEqual(catalogue.map(({ name }) => name));
  });

  it.each([
    ['status --json', 'status'],
    ['--json --verbose status', 'status'],
    ['help flash', 'flash'],
    ['echo help', 'echo'],
    ['image sign in out', 'image'],
    ['--help', undefined],
    ['help', undefined],
    ['imag', undefined],
    ['', undefined],
  ])('finds in "%s" the command that is called', (line, name) => {
    expect(calledEntry(line.split(' '))?.name).toBe(name);
  });
});
