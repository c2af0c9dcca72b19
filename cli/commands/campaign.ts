// `coldrig campaign`: work for many machines, by way of a NATS server. Thin over hil/campaign; what can be submitted is in cli/campaign/kinds.ts.

import { availableParallelism, hostname } from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { CampaignServer, usualServer } from '../../hil/campaign/nats-server.ts';
import { Patience } from '../../hil/campaign/patience.ts';
import { planOf, unitsMax } from '../../hil/campaign/plan.ts';
import type { CampaignQueue } from '../../hil/campaign/queue.ts';
import { type CampaignState, isSettled, look, resultsOf } from '../../hil/campaign/state.ts';
import { submit } from '../../hil/campaign/submit.ts';
import { work } from '../../hil/campaign/worker.ts';
import { kindOf, kinds, type Wish } from '../campaign/kinds.ts';
import { progressLine, stateJson, stateText, stateWord } from '../campaign/words.ts';
import { ExitCode, Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { untilInterrupted } from '../interruption.ts';
import { integerBetween } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { campaignProgress } from '../progress.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';

interface ServerOptions extends GlobalOptions {
  server: string;
  creds?: string;
}

interface SubmitOptions extends ServerOptions {
  name?: string;
  units?: number;
  silence: number;
}

interface WorkCommandOptions extends ServerOptions {
  threads?: number;
  as?: string;
}

interface StatusOptions extends ServerOptions {
  wait?: boolean;
  report?: string;
  junit?: string;
}

const HELP = `
One machine needs none of this: coldrig prove and coldrig hil use all its cores. For more, on machines that have the same version of coldrig:
  nats-server -js -sd queue          once, somewhere; it keeps the queue in this folder
  coldrig campaign submit power      says the name of the campaign, and how many units it queued; or hil, for scenarios
  coldrig campaign work power-1      on each machine; ends when the campaign does
  coldrig campaign status power-1 --wait --junit power.xml
Each takes --server nats://host:4222.

What may die, and the same on Kubernetes without a queue: docs/campaigns.md.`;

export function addCampaignCommand(program: Command): void {
  const campaign = new Command('campaign')
    .description('spread proofs and scenarios over many machines, and merge their results')
    .addHelpText('after', HELP);
  campaign.addCommand(submitCommand());
  campaign.addCommand(workCommand());
  campaign.addCommand(statusCommand());
  campaign.addCommand(
    withServer(
      new Command('remove').description('take a campaign and its results from the server').argument('<name>'),
    ).action(printing((options: ServerOptions, name: string) => remove(options, name))),
  );
  program.addCommand(campaign);
}

function withServer(command: Command): Command {
  return command
    .option('--server <url>', 'the NATS server: nats://host:port, or tls://host:port', usualServer)
    .option('--creds <file>', 'credentials of an account there, as nsc writes them');
}

function submitCommand(): Command {
  const command = new Command('submit').description('queue the units of a campaign').addHelpText(
    'after',
    `
The same command again queues what is missing: units that failed, that the server lost, or that a submission which broke off did not reach.

With --json: {campaign, units, queued, again}: how many there are, how many were queued now, and whether the campaign was there before.`,
  );
  for (const kind of kinds) {
    for (const { command: each, wish } of kind.commands()) {
      withServer(each)
        .option('--name <name>', 'of the campaign (default: from what it is, and its seed)', parseName)
        .option(
          '--units <count>',
          'divide it into at most this many units (default: a proof into its parts, scenarios into 8)',
          integerBetween(1, unitsMax),
        )
        .option(
          '--silence <seconds>',
          'give a unit to another worker when its worker was silent for this time',
          integerBetween(1, 3600),
          30,
        )
        .action(
          printing((options: SubmitOptions, ...words: string[]) => submitWish(wish({ ...options }, words), options)),
        );
      command.addCommand(each);
    }
  }
  return command;
}

function workCommand(): Command {
  return withServer(new Command('work').description('run units of a campaign until it is complete').argument('<name>'))
    .option('--threads <count>', 'units at once (default: one per core)', integerBetween(1, 256))
    .option('--as <name>', 'name of this worker (default: host and process)', parseName)
    .addHelpText(
      'after',
      `
A server that dies is waited for. Ctrl-C gives units that are not done to the other workers.

Exit code 0: the campaign is at its end. 1: this machine has other guests, tools or another commit than the campaign is about, so no unit was taken;
or three units in a row failed here. 130: interrupted. With --json: {campaign, worker, done, known, failed}; known are units that somebody else
put on record first.`,
    )
    .action(printing((options: WorkCommandOptions, name: string) => workOn(options, name)));
}

function statusCommand(): Command {
  return withServer(
    new Command('status')
      .description('how far a campaign is; its result at the end')
      .argument('[name]', 'list all campaigns when left out'),
  )
    .option('--wait', 'until every unit has its result, or failed')
    .option('--report <file>', 'write the result as JSON, as of one machine')
    .option('--junit <file>', 'write the result as JUnit XML, as of one machine')
    .addHelpText(
      'after',
      `
A campaign at its end prints what one machine would, with its exit code: 0 no violation, 1 one or more. Exit code 1 also when units failed or were
lost, and when a report is wanted of a campaign that still runs. While it runs: exit code 0.

With --json: {campaign, state: running | complete | incomplete, kind, options, proved, units, done, running, waiting, failed: [{unit, worker, message}],
lost: [unit], workers: [{worker, state, done, failed, holds, seen, message}]}, and at its end result: what one machine prints. Without a name:
{campaigns: [{campaign, state, units, done, failed, workers}]}.`,
    )
    .action(
      printing((options: StatusOptions, name: string | undefined) =>
        name === undefined ? list(options) : status(options, name),
      ),
    );
}

function parseName(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected at most 64 letters, digits, - and _');
}

async function withServerOf<Answer>(
  { server, creds }: ServerOptions,
  patience: Patience,
  what: (server: CampaignServer) => Promise<Answer>,
): Promise<Answer> {
  const credentials = creds === undefined ? undefined : readInput(creds, 'the credentials');
  const connected = await CampaignServer.connect({ url: server, credentials, patience });
  try {
    return await what(connected);
  } finally {
    await connected.close();
  }
}

/** Between two looks at a campaign that runs. */
const lookEveryMs = 1_000;

const impatient = () => new Patience(false, new AbortController().signal);

/** Waits for a server that is away, and says so to a person. */
function endlessly(signal: AbortSignal, { json }: GlobalOptions): Patience {
  return new Patience(true, signal, (isThere) => {
    if (!json)
      process.stderr.write(isThere ? 'the server answers again\n' : 'the server does not answer; waiting for it\n');
  });
}

function submitWish({ usualName, plan: make }: Wish, options: SubmitOptions): Promise<Result> {
  const { name = usualName, units, silence, server } = options;
  return untilInterrupted(async (signal) => {
    const plan = await make(units, signal);
    return withServerOf(options, impatient(), async (campaigns) => {
      const queue = campaigns.queue(name);
      await queue.create(silence * 1000);
      const { again, queued, units: all } = await submit(queue, plan);
      const there = again
        ? `campaign ${name} is there already; ${queued} of its ${all} units queued again`
        : `campaign ${name}: ${all} units queued`;
      const where = server === usualServer ? '' : ` --server ${server}`;
      return {
        text: `${there}\nworkers: coldrig campaign work ${name}${where}`,
        json: { campaign: name, units: all, queued, again },
      };
    });
  });
}

function workOn(options: WorkCommandOptions, name: string): Promise<Result> {
  const { json } = options;
  // A name has no dots on the server, where a dot separates words.
  const worker = options.as ?? `${hostname().replace(/[^\w-]/g, '-')}-${process.pid}`;
  return untilInterrupted((signal) =>
    withServerOf(options, endlessly(signal, options), async (server) => {
      const queue = server.queue(name);
      const plan = await planOf(queue);
      const bench = await kindOf(plan).open(plan, signal);
      const onUnit = (unit: number, what: string, message?: string) => {
        const how = { begun: 'begun', done: 'done', known: 'was done already', failed: `failed: ${message}` }[what];
        if (!json) process.stderr.write(`unit ${unit}/${plan.units} ${how}\n`);
      };
      try {
        const threads = options.threads ?? availableParallelism();
        const { done, known, failed } = await work(queue, bench, { worker, threads, signal, every, onUnit });
        const others = known === 0 ? '' : `, ${known} were done already`;
        const text = `campaign ${name} is at its end: ${done} units done by ${worker}${others}, ${failed} failed`;
        return { text, json: { campaign: name, worker, done, known, failed } };
      } finally {
        await bench.close();
      }
    }),
  );
}

function every(milliseconds: number, call: () => void): () => void {
  const timer = setInterval(call, milliseconds);
  return () => clearInterval(timer);
}

function status(options: StatusOptions, name: string): Promise<Result> {
  const { wait, report, junit, json } = options;
  checkOutputs({ '--report': [report, 'the report'], '--junit': [junit, 'the report'] }, { '--creds': options.creds });
  return untilInterrupted((signal) =>
    withServerOf(options, wait ? endlessly(signal, options) : impatient(), async (server) => {
      const queue = server.queue(name);
      const progress = campaignProgress(json === true || !wait, name);
      const state = await (wait ? settled(queue, signal, progress.update) : look(queue)).finally(() => progress.stop());
      if (stateWord(state) === 'complete') return complete(queue, state, options);
      if (stateWord(state) === 'running' && report === undefined && junit === undefined)
        return { text: stateText(state, Date.now()), json: stateJson(state) };
      if (stateWord(state) === 'incomplete')
        return { text: stateText(state, Date.now()), json: stateJson(state), exitCode: ExitCode.FAILED };
      throw new Failure('STILL_RUNNING', `there is no report yet: ${progressLine(state)}; --wait waits for the rest`);
    }),
  );
}

/** The state at which nothing more happens. */
async function settled(
  queue: CampaignQueue,
  signal: AbortSignal,
  onState: (state: CampaignState) => void,
): Promise<CampaignState> {
  for (;;) {
    const state = await look(queue);
    onState(state);
    if (isSettled(state)) return state;
    signal.throwIfAborted();
    await rest(lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What one machine would print and write, and what the campaign was. */
async function complete(queue: CampaignQueue, state: CampaignState, { report, junit }: StatusOptions): Promise<Result> {
  const results = await resultsOf(queue, state);
  const seconds = (Math.max(...results.map(({ timeMs }) => timeMs)) - state.submittedMs) / 1000;
  const { text, json, exitCode } = await kindOf(state.plan).report(state.plan, results, seconds, junit);
  if (report !== undefined) writeOutput(report, `${JSON.stringify({ ok: !exitCode, ...json })}\n`, 'the report');
  const workers = state.workers.filter(({ done }) => done > 0).length;
  const summary = `campaign ${state.name}: ${state.plan.units} units, done by ${workers} workers`;
  return { text: `${text}\n${summary}`, json: { ...stateJson(state), result: json }, exitCode };
}

function list(options: StatusOptions): Promise<Result> {
  if (options.wait || options.report !== undefined || options.junit !== undefined)
    throw new Failure('OPTION', '--wait, --report and --junit are for one campaign: give its name', {
      exitCode: ExitCode.USAGE,
    });
  return withServerOf(options, impatient(), async (server) => {
    const states = await Promise.all((await server.names()).map((name) => look(server.queue(name))));
    const text = states.length === 0 ? 'no campaigns on this server' : states.map(progressLine).join('\n');
    const campaigns = states.map((state) => {
      const { campaign, state: word, units, done, failed } = stateJson(state) as Record<string, unknown>;
      return { campaign, state: word, units, done, failed, workers: state.workers.length };
    });
    return { text, json: { campaigns } };
  });
}

function remove(options: ServerOptions, name: string): Promise<Result> {
  return withServerOf(options, impatient(), async (server) => {
    const queue = server.queue(name);
    await planOf(queue);
    await queue.remove();
    return { text: `campaign ${name} is removed`, json: { campaign: name } };
  });
}
