// `coldrig fleet`: the update server, its agents, releases and rollouts. Thin over host/fleet.

import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { tokenHash } from '../../host/fleet/ddi/server.ts';
import { writeOutput } from '../files.ts';
import { agentCommand } from '../fleet/agent.ts';
import { operateCommands } from '../fleet/operate.ts';
import { personCommand } from '../fleet/person.ts';
import { credentialsOf, type ReachOptions, withManager, withServer } from '../fleet/reach.ts';
import { releaseCommand } from '../fleet/release.ts';
import { serveCommand } from '../fleet/serve.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';

export function addFleetCommands(program: Command): void {
  const fleet = new Command('fleet').description(
    'update many devices: server, agents, signed releases, rollouts ring by ring',
  );
  const parts = [serveCommand(), agentCommand(), deviceCommand(), releaseCommand(), personCommand()];
  for (const part of [...parts, ...operateCommands()]) fleet.addCommand(part);
  program.addCommand(fleet);
}

function deviceCommand(): Command {
  const device = new Command('device').description('devices of the fleet');
  device.addCommand(
    withServer(new Command('add'))
      .description('add a device, or give it a new token')
      .argument('<device>', 'its name: the serial number, for instance')
      .option('--cryostat <name>', 'which cryostat it is in')
      .option('--token-out <file>', 'write its token there (default: print it)')
      .addHelpText('after', '\nWith --json: {ok, device, token}; without token when it went to a file.')
      .action(printing(add)),
  );
  device.addCommand(
    withServer(new Command('remove'))
      .description('remove a device; rollouts go on without it')
      .argument('<device>', 'its name')
      .action(
        printing((options: ReachOptions, name: string) =>
          withManager(options, async (client, signal) => {
            await client.command({ do: 'remove-device', device: name }, signal);
            return { text: `${name} is removed`, json: { device: name } };
          }),
        ),
      ),
  );
  device.addCommand(
    withServer(new Command('free'))
      .description('take a device from its agent, so that another one may have it at once')
      .argument('<device>', 'its name')
      .requiredOption('--reason <text>', 'why, for the record')
      .addHelpText(
        'after',
        '\nAn agent that lives is given half a minute to hear of it. It is refused for ten minutes, or until another has the device.\nWith --json: {ok, device}.',
      )
      .action(
        printing((options: ReachOptions & { reason: string }, device: string) =>
          withManager(options, async (client, signal) => {
            await client.command({ do: 'free-device', device, reason: options.reason }, signal);
            return { text: `${device} is free for another agent`, json: { device } };
          }),
        ),
      ),
  );
  for (const [name, about] of [
    ['revoke', 'take a device its certificates; it gets no other until it is admitted again'],
    ['admit', 'let a device attest again that was revoked'],
  ] as const)
    device.addCommand(credentialCommand(name, about));
  return device;
}

function credentialCommand(what: 'revoke' | 'admit', about: string): Command {
  return withServer(new Command(what))
    .description(about)
    .argument('<device>', 'its name, which is its serial number')
    .requiredOption('--reason <text>', 'why, for the record')
    .addHelpText('after', '\nWith --json: {ok, device}.')
    .action(
      printing((options: ReachOptions & { reason: string }, device: string) =>
        withManager(options, async (client, signal) => {
          await client.credential(what, device, options.reason, signal);
          return { text: `${device} is ${what === 'revoke' ? 'revoked' : 'admitted'}`, json: { device } };
        }),
      ),
    );
}

function add(options: ReachOptions & { cryostat?: string; tokenOut?: string }, device: string): Promise<Result> {
  const { cryostat, tokenOut } = options;
  const token = randomBytes(24).toString('base64url');
  return withManager(options, async (client, signal) => {
    checkOutputs({ '--token-out': [tokenOut, 'the token'] }, credentialsOf(options));
    const command = { do: 'add-device', device, tokenHash: tokenHash(token), ...(cryostat && { cryostat }) } as const;
    await client.command(command, signal);
    // Not before the server has it: a token that nobody knows is of no use, and one that is there already may be.
    if (tokenOut !== undefined) writeOutput(tokenOut, `${token}\n`, 'the token', { mode: 0o600 });
    const where = tokenOut === undefined ? `its token, shown once: ${token}` : `its token is in ${tokenOut}`;
    return { text: `${device} is added; ${where}`, json: { device, ...(tokenOut === undefined && { token }) } };
  });
}
