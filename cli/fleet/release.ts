// `coldrig fleet release`: what devices may get, and who says so. Thin over host/fleet/repository.

import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Argument, Command } from 'commander';
import { Shelf } from '../../host/fleet/repository/shelf.ts';
import { endingsIn } from '../../host/fleet/repository/terms.ts';
import { type Signatures, signaturesText, TufRepository } from '../../host/fleet/repository/tuf.ts';
import { alone } from '../alone.ts';
import { Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { KEY_HELP, publicKeyOf, signerOf } from '../keys.ts';
import { collect, integerBetween } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { table } from '../terminal.ts';
import { bytesText, counted } from '../words.ts';

const HELP = `
A release is an image in a repository of The Update Framework (TUF). Two of three people sign it, for instance; the server's key then vouches that it is the newest.
  coldrig fleet release init --root-key a.pub --root-key b.pub --root-key c.pub --release-key a.pub --release-key b.pub --release-key c.pub --threshold 2 --server-key server.pub
  coldrig fleet release add app.bin
  coldrig fleet release sign --key a.pem              on the machine of each who signs; the folder goes from one to the next
  coldrig fleet release publish --key server.pem --root-out root.json
Devices begin with root.json ('coldrig fleet agent --root'). The server's key has to sign again every day: 'coldrig fleet release refresh'.
${KEY_HELP}`;

interface Folder {
  repository: string;
}

const parseThreshold = integerBetween(1, 100);
const rekeyed = ['root', 'releases', 'server'] as const;

const REKEY_HELP = `
After a key was stolen: keys that are not named any more count for nothing, from the moment at which a device has seen the new root.

Example:
  coldrig fleet release rekey releases --new-key c.pub --new-key d.pub --new-key e.pub
  coldrig fleet release sign --key root-a.pem         on the machine of each who signs the root, and of each who signs releases now
  coldrig fleet release publish --key server.pem --root-out root.json`;

export function releaseCommand(): Command {
  const release = new Command('release')
    .description('images that devices may get, signed by enough people')
    .addHelpText('after', HELP);
  const parts = [
    of('init', 'make a repository')
      .requiredOption('--root-key <key>', 'public key that signs the root; may be repeated', collect)
      .requiredOption('--release-key <key>', 'public key that signs releases; may be repeated', collect)
      .requiredOption('--server-key <key>', 'public key of the server, which signs what is the newest')
      .option('--threshold <n>', 'how many of each have to sign', parseThreshold, 2)
      .action(inTurn(init, { makesFolder: true })),
    of('add', 'put an image into the draft of the next release')
      .argument('<image>', 'signed image, or with --foreign any file')
      .option('--name <name>', 'what people call it (default: the name of the file)')
      .option('--bootloader <version>', 'the oldest bootloader that it runs under')
      .option(
        '--token <file>',
        "downgrade token ('coldrig image token'): devices may go back to it from newer releases",
      )
      .option('--foreign <version>', 'a file for devices of others, such as a .swu of SWUpdate, and its version')
      .action(inTurn(add)),
    of('withdraw', 'take an image out of the draft of the next release')
      .argument('<file>', 'its name')
      .action(inTurn(withdraw)),
    of('rekey', 'give a role other keys: a draft of the next root, which old and new root keys have to sign')
      .addArgument(new Argument('<role>', 'whose keys').choices(rekeyed))
      .requiredOption('--new-key <key>', 'public key; may be repeated', collect)
      .option('--threshold <n>', 'how many of them have to sign (default: 2, of the server 1)', parseThreshold)
      .addHelpText('after', REKEY_HELP)
      .action(inTurn(rekey)),
    of('renew', 'a draft of the same releases, before their 90 days are over').action(inTurn(renew)),
    of('sign', 'sign the drafts').requiredOption('--key <key>', 'private key').action(inTurn(sign)),
    of('publish', 'publish the drafts that enough have signed')
      .requiredOption('--key <key>', "the server's private key")
      .option('--root-out <file>', 'write the root there, for devices to begin with')
      .action(inTurn(publish)),
    of('refresh', 'say that the newest release is still the newest, for another day')
      .requiredOption('--key <key>', "the server's private key")
      .action(inTurn(refresh)),
    of('list', 'what is released, and what waits for signatures').action(printing(list)),
  ];
  for (const part of parts) release.addCommand(part);
  return release;
}

const of = (name: string, about: string) =>
  new Command(name).description(about).option('--repository <folder>', 'where it is', 'coldrig-releases');

/** Two commands at once would each write the draft that they have read: the image or the signature of one of them would be lost. */
function inTurn<Options extends Folder, Values extends unknown[]>(
  work: (options: Options, ...values: Values) => Result,
  { makesFolder = false } = {},
) {
  return printing<Values, Options>((options, ...values) => {
    const { repository } = options;
    const now = () => work(options, ...values);
    // Two that make it at once are two as well: the drafts would be of either.
    if (makesFolder) mkdirSync(repository, { recursive: true });
    return existsSync(repository) ? alone(join(repository, 'lock'), repository, now) : now();
  });
}

const open = ({ repository }: Folder) => new TufRepository(repository, Date.now());
function init(
  options: Folder & { rootKey: string[]; releaseKey: string[]; serverKey: string; threshold: number },
): Result {
  told(() =>
    open(options).begin({
      ...{ rootKeys: options.rootKey.map(publicKeyOf), rootThreshold: options.threshold },
      ...{ releaseKeys: options.releaseKey.map(publicKeyOf), releaseThreshold: options.threshold },
      serverKey: publicKeyOf(options.serverKey),
    }),
  );
  return {
    text: `${options.repository}: drafts made; 'coldrig fleet release sign' is next`,
    json: { repository: options.repository },
  };
}

function add(
  options: Folder & { name?: string; bootloader?: string; foreign?: string; token?: string },
  path: string,
): Result {
  const bytes = readInput(path, 'the image');
  const file = basename(path);
  const release = new Shelf(options.repository).put(bytes, file, options.name ?? file.replace(/\.\w+$/, ''), {
    ...(options.bootloader !== undefined && { minimumBootloader: options.bootloader }),
    ...(options.foreign !== undefined && { foreignVersion: options.foreign }),
    ...(options.token !== undefined && { token: readInput(options.token, 'the token') }),
  });
  told(() => open(options).add(release));
  return {
    text: `${file}: version ${release.version} is in the draft; 'coldrig fleet release sign' is next`,
    json: { release },
  };
}

function withdraw(options: Folder, file: string): Result {
  told(() => open(options).withdraw(file));
  return { text: `${file} is out of the draft; 'coldrig fleet release sign' is next`, json: { file } };
}

function rekey(options: Folder & { newKey: string[]; threshold?: number }, role: (typeof rekeyed)[number]): Result {
  const keys = options.newKey.map(publicKeyOf);
  const { threshold = role === 'server' ? 1 : 2 } = options;
  if (threshold > keys.length)
    throw new Failure(
      'OPTION',
      `${threshold} of ${counted(keys.length, 'key')} can never sign; name more with --new-key`,
      {
        exitCode: 2,
      },
    );
  told(() => {
    const repository = open(options);
    repository.rekey(role === 'releases' ? 'targets' : role, keys, threshold);
    // What is released has to be signed by the new keys, too.
    if (role === 'releases') repository.resign();
  });
  return {
    text: `${role}: ${counted(keys.length, 'new key')}, ${threshold} of them sign; 'coldrig fleet release sign' is next`,
    json: { role, keys: keys.length, threshold },
  };
}

function renew(options: Folder): Result {
  told(() => open(options).resign());
  return { text: "the same releases are in the draft; 'coldrig fleet release sign' is next", json: {} };
}

function sign(options: Folder & { key: string }): Result {
  const signed = told(() => open(options).sign(signerOf(options.key)));
  return { text: signed.map(draftText).join('\n'), json: { drafts: signed } };
}

function publish(options: Folder & { key: string; rootOut?: string }): Result {
  const repository = open(options);
  checkOutputs({ '--root-out': [options.rootOut, 'the root'] }, { '--key': options.key });
  const { version, releases } = told(() => repository.publish(signerOf(options.key)));
  if (options.rootOut !== undefined) writeOutput(options.rootOut, repository.rootBytes(), 'the root');
  const text = [`published: targets ${version}, ${counted(releases.length, 'release')}`, ...endingText(repository)];
  return { text: text.join('\n'), json: { version, releases, terms: repository.terms() } };
}

function refresh(options: Folder & { key: string }): Result {
  const repository = open(options);
  told(() => repository.refresh(signerOf(options.key)));
  const terms = repository.terms();
  const until = terms.find(({ name }) => name === 'timestamp')?.expires;
  return { text: [`renewed: counts until ${until}`, ...endingText(repository)].join('\n'), json: { terms } };
}

function list(options: Folder): Result {
  const repository = open(options);
  const drafts = told(() => repository.drafts());
  const releases = repository.isPublished ? told(() => repository.releases()) : [];
  const rows = releases.map(({ name, version, file, bytes, securityCounter, hash }) => [
    ...[name, version, file, bytesText(bytes), `counter ${securityCounter}`, hash.slice(0, 12)],
  ]);
  const text = [
    ...(rows.length > 0 ? [table(rows)] : ['nothing is published yet']),
    ...drafts.map(draftText),
    ...told(() => endingText(repository)),
  ].join('\n');
  return { text, json: { releases, drafts, terms: repository.terms() } };
}

const endingText = (repository: TufRepository): string[] => endingsIn(repository.terms());

const draftText = (signatures: Signatures) => {
  const { name, version, signed, needed } = signatures;
  return `draft of ${name} ${version}: ${signaturesText(signatures)}${signed >= needed ? ', enough to publish' : ''}`;
};

function told<Answer>(work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.name === 'RepositoryError')
      throw new Failure('REPOSITORY', error.message, { cause: error });
    throw error;
  }
}
