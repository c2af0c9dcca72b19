// `coldrig image token`: makes a signed permission to run one older image, and with --send stores it beside the image on a device.

import { Command } from 'commander';
import { parseImage } from '../../host/tools/image/index.ts';
import { makeToken } from '../../host/tools/image/token.ts';
import { type FuseReport, readFuseReport, sendToken } from '../../host/tools/smp/boot-group.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { signerOf } from '../keys.ts';
import { parseSerial, parseWord } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { slotName } from '../words.ts';

interface TokenCommandOptions extends TargetOptions {
  key: string;
  displaces: string;
  serial?: Uint8Array;
  board?: number;
  counterLeast?: number;
  counterGreatest?: number;
  send?: boolean;
  force?: boolean;
}

export function tokenCommand(): Command {
  return withTarget(new Command('token'))
    .description('permit a device, or every device of a board, to go back to an older image')
    .argument('<image>', 'the image to go back to')
    .argument('<token>', 'file to write')
    .requiredOption('--key <key>', 'private key with the purpose of tokens, a PEM file or pkcs11:…')
    .requiredOption('--displaces <version>', 'the newest version that it may replace')
    .option('--serial <hex>', 'serial number of the device; with --send it is read from the device', parseSerial)
    .option(
      '--board <n>',
      'board of the device; without a serial number the token is for every device of this board',
      parseWord,
    )
    .option(
      '--counter-least <n>',
      'lowest security counter in the fuses for which the token is valid (default: 0)',
      parseWord,
    )
    .option('--counter-greatest <n>', 'greatest; with --send the one the device has (default: no limit)', parseWord)
    .option('--send', 'send it to the device, which must have the image in a slot')
    .option('--force', 'replace a file that exists')
    .addHelpText(
      'after',
      '\nExample:\n  coldrig image token old.bin old.token --key token.pem --displaces 2.0.0 --send\n' +
        '\nThen test the image like any other: coldrig flash old.bin',
    )
    .action(
      printing((options: TokenCommandOptions, imagePath: string, tokenPath: string) => {
        checkOutputs({ '<token>': [tokenPath, 'the token'] }, { '<image>': imagePath, '--key': options.key });
        return options.send
          ? withClient(options, async (client, signal): Promise<Result> => {
              const device = await readFuseReport(client, { signal });
              const token = make(options, imagePath, device);
              writeOutput(tokenPath, token, 'the token', { overwrite: options.force });
              const slot = slotName(await sendToken(client, token, { signal }));
              return {
                text: `${tokenPath}: is stored beside the image in slot ${slot}`,
                json: { file: tokenPath, slot },
              };
            })
          : Promise.resolve(written(options, imagePath, tokenPath));
      }),
    );
}

function written(options: TokenCommandOptions, imagePath: string, tokenPath: string): Result {
  writeOutput(tokenPath, make(options, imagePath, undefined), 'the token', { overwrite: options.force });
  return { text: `${tokenPath}: send it to the device with --send`, json: { file: tokenPath, slot: null } };
}

function make(options: TokenCommandOptions, imagePath: string, device: FuseReport | undefined): Uint8Array {
  const { hash } = parseImage(readInput(imagePath, 'the image'), imagePath);
  if (!hash) throw new Failure('HASH_MISSING', `${imagePath}: it has no hash to name it by; sign it`);
  const board = options.board ?? device?.board;
  if (board === undefined)
    throw new Failure('OPTION', 'say for which board: --board, or --send to ask the device', { exitCode: 2 });
  return makeToken({
    privateKeyPem: signerOf(options.key),
    imageHash: hash,
    board,
    serial: options.serial ?? device?.serial,
    displaces: options.displaces,
    counter: [options.counterLeast ?? 0, options.counterGreatest ?? device?.securityCounter ?? 0xffff_ffff],
  });
}
