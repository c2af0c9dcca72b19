// `coldrig image`: keys, and images in the MCUboot format. The work is done in host/tools/image.

import { Command } from 'commander';
import {
  describeImage,
  explainReason,
  formatVersion,
  generateKey,
  imageToJson,
  type KeyPair,
  parseImage,
  readPublicKey,
  type SignOptions,
  signImage,
  verifyImage,
} from '../../host/tools/image/index.ts';
import { isImage } from '../../host/tools/image/parse.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { KEY_HELP, publicKeyOf, signerOf } from '../keys.ts';
import { refusalIn, refusalOf } from '../module-check.ts';
import { collect, integerBetween, parseSecurityCounter, parseWord } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { tokenCommand } from './token.ts';

export function addImageCommands(program: Command): void {
  const image = new Command('image').description('make keys; sign, verify and show images');
  image.addCommand(keygenCommand());
  image.addCommand(signCommand());
  image.addCommand(verifyCommand());
  image.addCommand(infoCommand());
  image.addCommand(tokenCommand());
  program.addCommand(image);
}

function keygenCommand(): Command {
  return new Command('keygen')
    .description('make an Ed25519 signing key (PKCS#8 PEM, readable by its owner only)')
    .argument('<key.pem>', 'file to write')
    .option('--public <file>', 'write the public key there too')
    .option('--force', 'replace files that exist')
    .addHelpText('after', '\nExample:\n  coldrig image keygen my.pem --public my-public.pem')
    .action(
      printing((options: { public?: string; force?: boolean }, path: string): Result => {
        const overwrite = options.force === true;
        checkOutputs({ '<key.pem>': [path, 'the key'], '--public': [options.public, 'the key'] });
        const key = generateKey();
        writeOutput(path, key.privateKeyPem, 'the key', { mode: 0o600, overwrite });
        if (options.public) writeOutput(options.public, key.publicKeyPem, 'the public key', { overwrite });
        return describeKey(path, key, options.public);
      }),
    );
}

function describeKey(path: string, key: KeyPair, publicPath: string | undefined): Result {
  const hash = hex(key.keyHash);
  const also = publicPath === undefined ? '' : `\npublic key      ${publicPath}`;
  return {
    text: `signing key     ${path} (keep it secret)${also}\nimages carry    ${hash}`,
    json: { key: path, publicKeyFile: publicPath ?? null, publicKey: hex(key.publicKey), keyHash: hash },
  };
}

interface SignCommandOptions {
  key: string;
  version: string;
  securityCounter: number | 'auto';
  boardId?: number;
  headerSize?: number;
  dependency?: string[];
  pad?: boolean;
  confirm?: boolean;
  nonBootable?: boolean;
  revoke?: string[];
  raw?: boolean;
}

const SIGN_HELP = `
The module is checked like the core checks it before it runs. A file that is already a signed image is refused: with --pad-header imgtool would
sign it again without a warning, and the result would never boot.
${KEY_HELP}

Example:
  coldrig image sign app.wasm app.bin --key my.pem --version 1.2.0`;

function signCommand(): Command {
  return new Command('sign')
    .description('sign a wasm module: header, hash, Ed25519 signature, as imgtool does')
    .argument('<in>', 'wasm module')
    .argument('<out>', 'image to write')
    .requiredOption('--key <key>', 'private key')
    .requiredOption('--version <version>', 'major.minor.revision[+build]')
    .option(
      '--security-counter <n>',
      'security counter, which prevents a rollback to an older image; or auto (from the version)',
      parseSecurityCounter,
      'auto',
    )
    .option('--board-id <n>', 'the only board it may run on', parseWord)
    .option('--header-size <bytes>', 'bytes in front of the module', integerBetween(32, 0xffff))
    .option('--dependency <image=version>', 'minimum version of another image; may be repeated', collect)
    .option(
      '--revoke <key>',
      'key that this image replaces: revoked when the image is confirmed; may be repeated',
      collect,
    )
    .option('--pad', 'fill the slot and set the trailer: the image boots on trial without a mark over SMP')
    .option('--confirm', 'like --pad, and the image confirms itself when it is healthy')
    .option('--non-bootable', 'mark the image so that it never boots')
    .option('--raw', 'sign any file: do not check that it is a module that the core can run')
    .addHelpText('after', SIGN_HELP)
    .action(
      printing((options: SignCommandOptions, input: string, output: string): Result => {
        checkOutputs({ '<out>': [output, 'the image'] }, { '<in>': input, '--key': options.key });
        const payload = readInput(input, 'the module');
        if (!options.raw) checkModule(input, payload);
        const image = signImage(signOptions(options, payload));
        writeOutput(output, image, 'the image');
        const { header, hash } = parseImage(image, output);
        const version = formatVersion(header.version);
        return {
          text: `${output}: version ${version}, ${image.length} bytes, hash ${hex(hash)}`,
          json: { file: output, version, bytes: image.length, hash: hex(hash) },
        };
      }),
    );
}

function signOptions(options: SignCommandOptions, payload: Uint8Array): SignOptions {
  const { key, version, securityCounter, boardId, headerSize, pad, confirm, nonBootable } = options;
  const dependencies = (options.dependency ?? []).map((text) => {
    const [image, least] = text.split('=');
    if (!/^\d+$/.test(image) || !least) {
      throw new Failure('OPTION', `--dependency ${text}: expected image=version, for instance 0=1.2.0`, {
        exitCode: 2,
      });
    }
    return { image: Number(image), version: least };
  });
  return {
    ...{ payload, privateKeyPem: signerOf(key), version, securityCounter, boardId, headerSize },
    ...{ dependencies, pad, confirm, nonBootable },
    revokes: (options.revoke ?? []).map(publicKeyOf),
  };
}

/** Refuses a module that the core would not run, with the message of the core. */
function checkModule(file: string, module: Uint8Array): void {
  if (isImage(module)) {
    const text = `${file} is a signed image already`;
    throw new Failure('SIGNED_ALREADY', `${text}; sign the module it was made of, or pass --raw to sign it as it is`);
  }
  if (module[0] === 0x3a) {
    const text = `${file} looks like Intel HEX; convert it to binary first`;
    throw new Failure('NOT_A_MODULE', `${text}, or pass --raw to sign it as it is`);
  }
  const refusal = refusalOf(module);
  if (refusal === undefined) return;
  throw new Failure('CORE_REFUSED', `${file}: ${refusal.message}; or pass --raw to sign it as it is`, {
    facts: { file, reason: refusal.code, offset: refusal.offset, function: refusal.functionName },
  });
}

interface VerifyCommandOptions {
  raw?: boolean;
  key: string[];
  securityCounter?: number;
  boardId?: number;
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('check an image like the bootloader, in the same order, and its module like the core')
    .argument('<file>', 'image')
    .requiredOption('--key <key.pem>', 'public or private key; may be repeated', collect)
    .option('--security-counter <n>', 'the counter in the fuses of the device', parseWord)
    .option('--board-id <n>', 'the board on which it must run', parseWord)
    .option('--raw', 'do not check that the payload is a module that the core can run')
    .addHelpText('after', '\nExample:\n  coldrig image verify app.bin --key my.pem')
    .action(
      printing((options: VerifyCommandOptions, path: string): Result => {
        const keys = options.key.map((file) => readPublicKey(readInput(file, 'the key'), { name: `the key ${file}` }));
        const { securityCounter, boardId } = options;
        const bytes = readInput(path, 'the image');
        const result = verifyImage(bytes, keys, { name: path, securityCounter, boardId });
        if (!result.ok) {
          const facts = { file: path, reason: result.reason, offset: result.offset };
          throw new Failure(result.reason, result.message, {
            facts: { ...facts, meaning: explainReason(result.code) },
          });
        }
        const { image, keyIndex = 0 } = result;
        const refusal = options.raw || image === undefined ? undefined : refusalIn(bytes, image);
        if (refusal !== undefined) {
          throw new Failure(
            'CORE_REFUSED',
            `${path}: its signature is good, but the core does not run it: ${refusal.message}`,
            {
              facts: { file: path, reason: 'CORE_REFUSED', meaning: explainReason(RejectReason.CORE_REFUSED) },
            },
          );
        }
        const version = image ? formatVersion(image.header.version) : '';
        return {
          text: `${path}: version ${version}, signed with ${options.key[keyIndex]}: good`,
          json: { file: path, version, hash: hex(image?.hash), key: options.key[keyIndex], reason: result.reason },
        };
      }),
    );
}

function infoCommand(): Command {
  return new Command('info')
    .description('show the contents of an image')
    .argument('<file>', 'image')
    .addHelpText('after', '\nExample:\n  coldrig image info app.bin --json')
    .action(
      printing((_options: object, path: string): Result => {
        const image = parseImage(readInput(path, 'the image'), path);
        return { text: describeImage(image).trimEnd(), json: { file: path, ...imageToJson(image) } };
      }),
    );
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
