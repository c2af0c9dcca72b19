// `coldrig demo`, which `make run` calls: builds, boots, runs the story, and on a terminal then serves clients.

import { Command } from 'commander';
import { WiredCryostat } from '../../hil/rig/wiring.ts';
import { Board } from '../../host/board/board.ts';
import { type BuiltImage, buildAll } from '../../host/tools/build.ts';
import { openFridge } from '../../host/tools/open-fridge.ts';
import { Smp } from '../../protocol/smp/smp.ts';
import { DEFAULT_TARGET } from '../client.ts';
import { type Ending, type Teller, tellStory } from '../demo/story.ts';
import { ExitCode, Failure } from '../failure.ts';
import { parsePort, parseWord } from '../options.ts';
import type { GlobalOptions } from '../result.ts';
import { connectText, lineText } from '../run/lines.ts';
import { LiveLog } from '../run/live-log.ts';
import { buildNotes, serialOf } from '../run/new-device.ts';
import { Session } from '../run/session.ts';
import { hang, paint, type Style, styleOf, wrap } from '../terminal.ts';
import { bytesText, momentText, spanText } from '../words.ts';
import { serve } from './run.ts';

interface DemoOptions extends GlobalOptions {
  seed: number;
  udp: number;
  stay?: boolean;
}

export function addDemoCommand(program: Command): void {
  program.addCommand(
    new Command('demo')
      .description('build, boot, and show that a good update stays and four bad ones are rolled back')
      .option('--seed <n>', 'seed of the board', parseWord, 1)
      .option('--udp <port>', 'UDP port for clients', parsePort, Smp.UDP_PORT)
      .option('--stay', 'keep the board running for clients (the default on a terminal)')
      .option('--no-stay', 'end when everything was shown')
      .addHelpText(
        'after',
        '\nWith --json: one object {ok, endings: [{image, version, outcome, cause, trialNs, …}], …}.',
      )
      .action(async (_options: object, command: Command) => demo(command.optsWithGlobals<DemoOptions>())),
  );
}

async function demo(options: DemoOptions): Promise<void> {
  const style = styleOf(process.stdout);
  const notes = buildNotes(options.json === true);
  const begin = performance.now();
  const first = buildAll(['factory', 'good', 'flipped-bit'], notes);
  // Three more guests take longer to compile, so the story begins before they are done.
  const rest = buildAll(['never-confirms', 'hangs', 'busy-loops'], notes);
  rest.catch(() => {});
  const build = await first;
  const builtMs = performance.now() - begin;
  let waitedMs = 0;
  const imageOf = async (name: string): Promise<BuiltImage> => {
    const asked = performance.now();
    const image = build.images.get(name) ?? (await rest).images.get(name);
    waitedMs += performance.now() - asked;
    if (!image) throw new Error(`the build made no image '${name}'`);
    return image;
  };
  const fridge = new WiredCryostat(openFridge('uts'), { seed: options.seed });
  const board = new Board({ seed: options.seed, surroundings: () => fridge });
  const factory = await imageOf('factory');
  const slots = { A: factory.bytes };
  board.provision({ bootloader: build.bootloader, keys: [build.publicKey], slots, serial: serialOf(options.seed) });
  if (!options.json) introduce(build.bootloader.length, factory.bytes.length, builtMs, style);
  const told = performance.now();
  const endings = await tellStory(board, imageOf, options.json ? silent : printer(style), () =>
    fridge.cryostat.temperatureKelvin('4K'),
  );
  const realMs = performance.now() - told - waitedMs;
  const good = endings.every(isAsPromised);
  if (options.json) {
    const { now: virtualNs, logHash } = board;
    process.stdout.write(`${JSON.stringify({ ok: good, endings, virtualNs, realMs, logHash })}\n`);
    if (!good) process.exitCode = ExitCode.FAILED;
    return;
  }
  summarize(board, endings, realMs, style);
  if (!good) throw new Failure('STORY', 'the story did not end as expected: see above');
  if (options.stay ?? process.stdout.isTTY) await stayUp(board, await imageOf('hangs'), options, style);
}

function isAsPromised({ image, outcome }: Ending): boolean {
  return image === 'good' ? outcome === 'confirmed' : outcome !== 'confirmed';
}

const silent: Teller = { chapter: () => {}, line: () => {}, verdict: () => {} };

function printer(style: Style): Teller {
  const print = (text: string) => process.stdout.write(`${text}\n`);
  let chapter = 0;
  return {
    chapter(title) {
      chapter += 1;
      print(`\n${paint(style, 'bold', wrap(`${chapter}. ${title}`, style.width, '   '))}`);
    },
    line: (line) => print(lineText(line, style)),
    verdict(text, good) {
      const mark = (good ? 'ok' : 'FAILED').padStart(13);
      print(`${paint(style, good ? 'green' : 'red', mark)}  ${hang(text, style.width, 15)}`);
    },
  };
}

function introduce(bootloaderBytes: number, imageBytes: number, builtMs: number, style: Style): void {
  const text =
    `coldrig: bootloader (${bytesText(bootloaderBytes)}) and firmware (${bytesText(imageBytes)}, signed) ready in ` +
    `${spanText(builtMs * 1e6)}. Times below are the board’s own; idle time is skipped.`;
  process.stdout.write(`${wrap(text, style.width)}\n`);
}

function summarize(board: Board, endings: Ending[], realMs: number, style: Style): void {
  const bad = endings.filter(({ image }) => image !== 'good');
  const rolledBack = bad.filter(({ outcome }) => outcome !== 'confirmed').length;
  const running = endings.at(-1)?.running ?? 'nothing';
  const text =
    `${bad.length} bad updates, ${rolledBack} rolled back; ${running} runs. ${momentText(board.now)} of the board’s life in ` +
    `${momentText(realMs * 1e6)}, log hash ${board.logHash}.`;
  process.stdout.write(`\n${paint(style, 'bold', wrap(text, style.width))}\n`);
}

async function stayUp(board: Board, hangs: BuiltImage, { udp }: DemoOptions, style: Style): Promise<void> {
  const session = new Session(board, { speed: 1, udp });
  await serve(session, () => {
    const log = new LiveLog(board, (line) => process.stdout.write(`${lineText(line, style)}\n`));
    board.onLog = (record) => log.record(record);
    const links = session.links.map(({ address }) => address);
    const target = links[0] === DEFAULT_TARGET ? '' : ` --target ${links[0]}`;
    const lines = [
      'The board stays up, now in real time. From another terminal:',
      connectText(links, style.width),
      `  npx coldrig flash build/images/hangs-${hangs.version}.bin --confirm${target}`,
      '  Ctrl-C ends it',
    ];
    process.stdout.write(`\n${lines.join('\n')}\n\n`);
  });
  process.exitCode = ExitCode.OK;
}
