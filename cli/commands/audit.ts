// `coldrig audit`: checks a transparency log, shows and proves what is in it. Thin over host/fleet/audit.

import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { type Checkpoint, openCheckpoint } from '../../host/fleet/audit/checkpoint.ts';
import { AuditError } from '../../host/fleet/audit/error.ts';
import { type AuditEvent, type Decision, decisions, decodeEvent } from '../../host/fleet/audit/event.ts';
import { formatVerifierKey, parseVerifierKey, type VerifierKey, verifierKeyOf } from '../../host/fleet/audit/note.ts';
import { checkEntryProof, checkGrowth, proveEntry, proveGrowth } from '../../host/fleet/audit/proof.ts';
import { openSource } from '../../host/fleet/audit/source.ts';
import { verifyLog } from '../../host/fleet/audit/verify.ts';
import { readPublicKey } from '../../host/tools/image/keys.ts';
import { Failure } from '../failure.ts';
import { readInput, readText, writeOutput } from '../files.ts';
import { integerBetween } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { counted } from '../words.ts';

interface KeyOption {
  key: string;
}

const LOG = 'folder or address (https://…) of the log';
const KEY = "key of the log, as 'coldrig audit key' prints it, or a file with it";
const parsePlaceInLog = integerBetween(0, Number.MAX_SAFE_INTEGER);

export function addAuditCommands(program: Command): void {
  const audit = new Command('audit').description('check the audit log of a fleet, show and prove what is in it');
  for (const part of [verifyCommand(), showCommand(), proveCommand(), checkCommand(), exportCommand(), keyCommand()])
    audit.addCommand(part);
  program.addCommand(audit);
}

/** A command that reads a log, or a proof, of a known key. */
const withKey = (command: Command) => command.requiredOption('--key <key>', KEY);

function verifyCommand(): Command {
  return withKey(new Command('verify'))
    .description('read the whole log, and check every entry against what was signed')
    .argument('<log>', LOG)
    .option(
      '--remember <file>',
      'checkpoint of the last time: the log must have grown from it; then the new one is kept',
    )
    .addHelpText(
      'after',
      '\nWithout --remember a log is not found that was cut, or rewritten, by who has its key. Keep the file where the log’s keeper cannot write.' +
        '\n\nExample:\n  coldrig audit verify fleet/audit --key audit.vkey --remember ~/fleet-audit.checkpoint' +
        '\n\nWith --json: {ok, log, origin, size, root, grewFrom}.',
    )
    .action(
      printing(async ({ key, remember }: KeyOption & { remember?: string }, log: string): Promise<Result> => {
        checkOutputs({ '--remember': [remember, 'the checkpoint'] }, { '--key': key, '<log>': log });
        const verifier = readKey(key);
        const seen =
          remember !== undefined && existsSync(remember) ? readCheckpointFile(remember, verifier) : undefined;
        const found = await told(verifyLog(openSource(log), verifier, { seen }));
        if (remember !== undefined) writeOutput(remember, found.note, 'the checkpoint');
        const grew = seen === undefined ? '' : `; it had ${seen.size} when it was last seen, which are unchanged`;
        return {
          text: `${log}: ${entriesText(found.size)}, each as it was signed${grew}`,
          json: { log, ...headJson(found), grewFrom: seen?.size ?? null },
        };
      }),
    );
}

interface ShowOptions extends KeyOption {
  from: number;
  who?: string;
  verb?: string;
  what?: string;
  decision?: Decision;
}

function withFilters(command: Command): Command {
  return command
    .option('--from <index>', 'first entry', parsePlaceInLog, 0)
    .option('--who <name>', 'only what this person or device asked for')
    .option('--verb <verb>', 'only this')
    .option('--what <name>', 'only about this device, rollout or release')
    .addOption(new Option('--decision <decision>', 'only what was decided so').choices(decisions));
}

function showCommand(): Command {
  return withFilters(withKey(new Command('show')))
    .description('check the log, and list its events')
    .argument('<log>', LOG)
    .addHelpText(
      'after',
      '\nExample:\n  coldrig audit show fleet/audit --key audit.vkey --decision refused' +
        '\n\nWith --json: {ok, log, origin, size, root, events: [{index, time, who, verb, what, decision, reason}]}.',
    )
    .action(
      printing(async (options: ShowOptions, log: string): Promise<Result> => {
        const { found, events } = await eventsOf(options, log);
        const lines = events.map(
          ({ index, time, who, verb, what, decision, reason }) =>
            `${index}  ${time}  ${decision}  ${who.kind} ${who.name}: ${verb} ${what.kind} ${what.name}${reason === '' ? '' : `  (${reason})`}`,
        );
        return {
          text: lines.join('\n') || `none of ${entriesText(found.size)} fits`,
          json: { log, ...headJson(found), events },
        };
      }),
    );
}

function exportCommand(): Command {
  return withFilters(withKey(new Command('export')))
    .description('check the log, and write its events as lines of JSON')
    .argument('<log>', LOG)
    .argument('<file>', 'file to write')
    .addHelpText(
      'after',
      '\nExample:\n  coldrig audit export fleet/audit events.jsonl --key audit.vkey\n\nWith --json: {ok, log, origin, size, root, file, events}.',
    )
    .action(
      printing(async (options: ShowOptions, log: string, file: string): Promise<Result> => {
        checkOutputs({ '<file>': [file, 'the events'] }, { '--key': options.key, '<log>': log });
        const { found, events } = await eventsOf(options, log);
        writeOutput(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''), 'the events');
        return {
          text: `wrote ${counted(events.length, 'event')} to ${file}`,
          json: { log, ...headJson(found), file, events: events.length },
        };
      }),
    );
}

async function eventsOf(options: ShowOptions, log: string) {
  const events: (AuditEvent & { index: number })[] = [];
  const { from, who, verb, what, decision } = options;
  const found = await told(
    verifyLog(openSource(log), readKey(options.key), {
      onEntry(index, entry) {
        const event = index < from ? undefined : decodeEvent(entry);
        if (event === undefined) return;
        const isAsked =
          [who ?? event.who.name, verb ?? event.verb, what ?? event.what.name, decision ?? event.decision].join(
            '\n',
          ) === [event.who.name, event.verb, event.what.name, event.decision].join('\n');
        if (isAsked) events.push({ index, ...event });
      },
    }),
  );
  return { found, events };
}

function proveCommand(): Command {
  return withKey(new Command('prove'))
    .description('prove to somebody without the log that an entry is in it, or that it only grew')
    .argument('<log>', LOG)
    .option('--entry <index>', 'prove this entry; it is written beside the proof, to FILE.entry', parsePlaceInLog)
    .option('--since <checkpoint>', 'prove that nothing changed since the checkpoint in this file')
    .requiredOption('--out <file>', 'the proof')
    .addHelpText(
      'after',
      '\nExamples:\n  coldrig audit prove fleet/audit --key audit.vkey --entry 17 --out refusal.tlog-proof' +
        '\n  coldrig audit prove fleet/audit --key audit.vkey --since march.checkpoint --out growth.txt' +
        '\n\nWith --json: {ok, log, origin, size, root, file}.',
    )
    .action(
      printing(
        async (options: KeyOption & { entry?: number; since?: string; out: string }, log: string): Promise<Result> => {
          const { entry: index, since, out } = options;
          if ((index === undefined) === (since === undefined))
            throw new Failure('OPTION', 'say what to prove: --entry INDEX or --since CHECKPOINT', { exitCode: 2 });
          const entryFile = index === undefined ? undefined : `${out}.entry`;
          const outputs = { '--out': [out, 'the proof'], 'the entry of --out': [entryFile, 'the entry'] } as const;
          checkOutputs(outputs, { '--key': options.key, '--since': since, '<log>': log });
          const key = readKey(options.key);
          const source = openSource(log);
          if (index !== undefined) {
            const { entry, proof, checkpoint } = await told(proveEntry(source, key, index));
            writeOutput(`${out}.entry`, entry, 'the entry');
            writeOutput(out, proof, 'the proof');
            return {
              text: `${out}: proves entry ${index}, which is in ${out}.entry`,
              json: { log, ...headJson(checkpoint), file: out },
            };
          }
          const then = readCheckpointFile(since as string, key);
          const proof = await told(proveGrowth(source, key, then));
          writeOutput(out, proof, 'the proof');
          const checkpoint = checkGrowth(Buffer.from(proof), key, then, out);
          return {
            text: `${out}: proves that the ${entriesText(then.size)} of ${since} are the first of ${checkpoint.size}`,
            json: { log, ...headJson(checkpoint), file: out },
          };
        },
      ),
    );
}

function checkCommand(): Command {
  return withKey(new Command('check'))
    .description('check a proof, without the log')
    .argument('<proof>', "what 'coldrig audit prove' wrote")
    .option('--entry <file>', 'the entry that it proves (default: PROOF.entry)')
    .option('--since <checkpoint>', 'the earlier checkpoint, of a proof that the log only grew')
    .addHelpText(
      'after',
      '\nExample:\n  coldrig audit check refusal.tlog-proof --key audit.vkey\n\nWith --json: {ok, proof, origin, size, root, index, event}.',
    )
    .action(
      printing(
        async (
          { key: keyText, entry, since }: KeyOption & { entry?: string; since?: string },
          proof: string,
        ): Promise<Result> => {
          const key = readKey(keyText);
          const bytes = readInput(proof, 'the proof');
          if (since !== undefined) {
            const then = readCheckpointFile(since, key);
            const now = await told(() => checkGrowth(bytes, key, then, proof));
            return {
              text: `${proof}: right; the ${entriesText(then.size)} of ${since} are the first of ${now.size}`,
              json: { proof, ...headJson(now), index: null, event: null },
            };
          }
          const entryBytes = readInput(entry ?? `${proof}.entry`, 'the entry');
          const { index, checkpoint } = await told(() => checkEntryProof(bytes, key, entryBytes, proof));
          return {
            text: `${proof}: right; entry ${index} of ${checkpoint.origin} is\n${Buffer.from(entryBytes).toString()}`,
            json: { proof, ...headJson(checkpoint), index, event: decodeEvent(entryBytes) ?? null },
          };
        },
      ),
    );
}

function keyCommand(): Command {
  return new Command('key')
    .description('print the key that a log is checked with')
    .argument('<key.pem>', 'key that the log is signed with, private or public')
    .requiredOption('--origin <name>', 'name of the log, for instance coldrig.lab/audit')
    .addHelpText(
      'after',
      '\nExample:\n  coldrig audit key audit.pem --origin coldrig.lab/audit > audit.vkey\n\nWith --json: {ok, key}.',
    )
    .action(
      printing(async ({ origin }: { origin: string }, path: string): Promise<Result> => {
        const publicKey = readPublicKey(readInput(path, 'the key'), { name: `the key ${path}` });
        const key = formatVerifierKey(await told(() => verifierKeyOf(origin, publicKey)));
        return { text: key, json: { key } };
      }),
    );
}

function readKey(text: string): VerifierKey {
  const isKey = text.includes('+') && !existsSync(text);
  try {
    return parseVerifierKey(isKey ? text : readText(text, 'the key of the log'));
  } catch (error) {
    throw failureOf(error);
  }
}

function readCheckpointFile(path: string, key: VerifierKey): Checkpoint {
  try {
    return openCheckpoint(readInput(path, 'the checkpoint'), key, path);
  } catch (error) {
    throw failureOf(error);
  }
}

const entriesText = (size: number) => (size === 1 ? '1 entry' : `${size} entries`);

const headJson = ({ origin, size, root }: Checkpoint) => ({ origin, size, root: Buffer.from(root).toString('base64') });

/** Work whose errors are for people. */
async function told<Done>(work: Promise<Done> | (() => Done)): Promise<Done> {
  try {
    return await (typeof work === 'function' ? work() : work);
  } catch (error) {
    throw failureOf(error);
  }
}

const failureOf = (error: unknown) =>
  error instanceof AuditError ? new Failure(error.code, error.message, { cause: error }) : error;
