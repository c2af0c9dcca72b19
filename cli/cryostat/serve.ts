// `coldrig cryostat serve`: a fridge and the instruments of its lab, on ports of this machine, until Ctrl-C.

import { statSync } from 'node:fs';
import { Command } from 'commander';
import { LabLinks } from '../../host/links/lab-links.ts';
import { Cryostat } from '../../host/plant/cryostat/cryostat.ts';
import { Failure } from '../failure.ts';
import { endedFromOutside } from '../interruption.ts';
import { integerBetween, parseHost, parsePort, parseSeconds, parseWord } from '../options.ts';
import type { GlobalOptions } from '../result.ts';
import { table } from '../terminal.ts';
import { open } from './open.ts';

interface ServeOptions extends GlobalOptions {
  lakeShore336: number;
  lakeShore372: number;
  lakeShore336Pty?: string;
  lakeShore372Pty?: string;
  blueforsHttp: number;
  blueforsLogs?: string;
  host?: string;
  speed: number;
  seed: number;
  warm?: boolean;
  for?: number;
}

const EXAMPLES = `
Examples:
  coldrig cryostat serve uts --bluefors-logs logs
  python: LakeshoreModel336('ls336', 'TCPIP::127.0.0.1::7777::SOCKET', visalib='@py')     (qcodes)
  curl http://127.0.0.1:49099/values/mapper/bf/temperatures/

Instruments: a 336 (A 50K plate, B 4K plate; output 1 heats 4K), a 372 with its scanner (channels 1 50K, 2 4K, 4 CP, 5 still, 6 MXC;
sample heater on MXC, still heater on output 2), Bluefors' log folder and HTTP values. With --json every line is an object {event, …}:
ready {links, logs, fridge, speed, pid}, ignored {instrument, line, reason}, notice {text}, end {timeNs}.`;

export function serveCommand(fridgeHelp: string): Command {
  return new Command('serve')
    .description('Lake Shore 336 and 372, Bluefors logs and HTTP, on an emulated fridge')
    .argument('<fridge>', fridgeHelp)
    .option('--lake-shore-336 <port>', 'TCP port; 0 chooses one', parsePort, 7777)
    .option('--lake-shore-372 <port>', 'TCP port; 0 chooses one', parsePort, 7778)
    .option('--lake-shore-336-pty <path>', 'its serial port as a pseudo-terminal at this path')
    .option('--lake-shore-372-pty <path>', 'its serial port as a pseudo-terminal at this path')
    .option('--bluefors-http <port>', 'TCP port; 0 chooses one', parsePort, 49099)
    .option('--bluefors-logs <folder>', 'write a log folder there, one line per minute')
    .option('--host <address>', 'address to listen on (default: this machine only)', parseHost)
    .option('--speed <x>', 'virtual seconds per real second, 1 to 1000', integerBetween(1, 1000), 1)
    .option('--seed <n>', 'seed of the noise and of the slow random changes of load', parseWord, 1)
    .option('--warm', 'begin at room temperature instead of at base temperature')
    .option('--for <seconds>', 'end after this many real seconds', parseSeconds)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, _options: object, command: Command) => {
      await serve(name, command.optsWithGlobals<ServeOptions>());
    });
}

async function serve(name: string, options: ServeOptions): Promise<void> {
  const say = (event: string, facts: object, text: string) =>
    process.stdout.write(options.json ? `${JSON.stringify({ event, ...facts })}\n` : `${text}\n`);
  const fridge = open(name);
  refuseFile(options.blueforsLogs);
  const cryostat = new Cryostat(fridge, { seed: options.seed, start: options.warm ? 'warm' : 'base' });
  let end: (error?: unknown) => void = () => {};
  const over = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  const lab = new LabLinks(cryostat, {
    ...{ model336: options.lakeShore336, model372: options.lakeShore372, http: options.blueforsHttp },
    ...{ pty336: options.lakeShore336Pty, pty372: options.lakeShore372Pty },
    ...{ logs: options.blueforsLogs, host: options.host, speed: options.speed },
    onIgnored: (instrument, line, reason) =>
      say('ignored', { instrument, line, reason }, `${instrument} ignored '${line}': ${reason}`),
    onNotice: (sentence) => say('notice', { text: sentence }, sentence),
    onError: end,
  });
  await lab.open();
  const links = lab.links.map(({ address }) => address);
  const { speed, blueforsLogs = null } = options;
  const rows = links.map((address) => address.split('://')).map(([scheme, place]) => [`  ${scheme}`, place]);
  const text = [`coldrig: ${fridge.name}, ${fridge.about}`, table(rows), '  Ctrl-C ends it'].join('\n');
  say('ready', { links, logs: blueforsLogs, fridge: fridge.name, speed, pid: process.pid }, text);
  const timer = options.for === undefined ? undefined : setTimeout(end, options.for * 1000);
  try {
    await endedFromOutside(
      () => end(),
      () => over,
    );
  } finally {
    clearTimeout(timer);
    await lab.close();
  }
  say('end', { timeNs: cryostat.timeNs }, `ended at ${(cryostat.timeNs / 1e9).toFixed(1)} s of the fridge's time`);
}

function refuseFile(logs: string | undefined): void {
  const found = logs === undefined ? undefined : statSync(logs, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return;
  throw new Failure('FILE', `--bluefors-logs ${logs}: it is a file; give the name of a folder, which may be new`);
}
