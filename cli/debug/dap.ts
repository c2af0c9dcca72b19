// The debugger behind the Debug Adapter Protocol, for VS Code and other editors: each request is one function.
//
// Requests are done one after the other, in their order; only `pause` and `disconnect` do not wait for the move that is going on. What must stay
// true: the run stands still between two requests, so that what an editor reads belongs to one moment.

import { resolve } from 'node:path';
import { lineCondition } from '../../hil/debug/breakpoints.ts';
import type { Breakpoint, Debugger, StepKind } from '../../hil/debug/debugger.ts';
import { globalsOf, pendingEvents, ramAt, readNamed, viewOf } from '../../hil/debug/look.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { registersOf } from '../replay/registers.ts';
import { CommandError, doCommand } from './commands.ts';
import { DapReader, type DapRequest, dapMessage } from './dap-wire.ts';
import type { OpenedDebugger } from './open.ts';
import { commandProblem } from './prompt.ts';
import { exactTime, shortName, standText } from './words.ts';

type Body = Record<string, unknown>;

const THREAD = 1;
/** References of what can be opened in an editor; peripherals have those behind. */
const Scope = { REGISTERS: 1, GLOBALS: 2, PENDING: 3, MEMORY: 4, PERIPHERALS: 1000 } as const;

const capabilities = {
  ...{ supportsConfigurationDoneRequest: true, supportsStepBack: true, supportsFunctionBreakpoints: true },
  ...{ supportsDataBreakpoints: true, supportsReadMemoryRequest: true, supportsEvaluateForHovers: true },
};

const moves: Record<string, [direction: 'forward' | 'back', kind: StepKind]> = {
  ...{ continue: ['forward', 'continue'], reverseContinue: ['back', 'continue'] },
  ...{
    next: ['forward', 'over'],
    stepIn: ['forward', 'line'],
    stepOut: ['forward', 'out'],
    stepBack: ['back', 'over'],
  },
};

/** Requests whose answer says only that it was done. */
const withoutBody = new Set([
  ...['configurationDone', 'setExceptionBreakpoints', 'pause', 'disconnect', 'terminate'],
  ...Object.keys(moves),
]);

export class DapSession {
  private readonly open: (program: string | undefined) => Promise<OpenedDebugger>;
  private readonly send: (text: string) => void;
  private isMoving = false;
  private opened: OpenedDebugger | undefined;
  private sequence = 0;
  /** Numbers of the breakpoints that each request has set: of a source, of functions, of data. */
  private readonly set = new Map<string, number[]>();

  constructor(open: DapSession['open'], send: (text: string) => void) {
    [this.open, this.send] = [open, send];
  }

  /** What must not wait for the move that is going on. */
  urgent({ command }: DapRequest): void {
    if (this.isMoving && ['pause', 'disconnect', 'terminate'].includes(command)) this.opened?.interrupt();
  }

  async answer(request: DapRequest): Promise<void> {
    const { seq, command } = request;
    try {
      const body = await this.bodyOf(command, request.arguments ?? {});
      this.message({ type: 'response', request_seq: seq, success: true, command, body });
      await this.after(command);
    } catch (error) {
      const message = commandProblem(error);
      this.message({ type: 'response', request_seq: seq, success: false, command, message });
    }
  }

  private message(message: object): void {
    this.send(dapMessage({ seq: ++this.sequence, ...message }));
  }

  private event(event: string, body: Body = {}): void {
    this.message({ type: 'event', event, body });
  }

  private get debug(): Debugger {
    if (this.opened === undefined) throw new Error('no recording is open yet; the editor sends launch first');
    return this.opened.debug;
  }

  private async bodyOf(command: string, given: Body): Promise<Body | undefined> {
    switch (command) {
      case 'initialize':
        return capabilities;
      case 'launch':
      case 'attach':
        this.opened = await this.open(given.program === undefined ? undefined : String(given.program));
        return undefined;
      case 'setBreakpoints':
        return this.setLines(given);
      case 'setFunctionBreakpoints':
        return { breakpoints: this.replace('functions', wordsIn(given.breakpoints, 'name')) };
      case 'setDataBreakpoints':
        return { breakpoints: this.replace('data', dataWords(given.breakpoints)) };
      case 'dataBreakpointInfo':
        return this.dataInfo(String(given.name), Number(given.variablesReference));
      case 'threads':
        return { threads: [{ id: THREAD, name: 'management core' }] };
      case 'stackTrace':
        return this.stackTrace();
      case 'scopes':
        return { scopes: scopes() };
      case 'variables':
        return { variables: this.variables(Number(given.variablesReference)) };
      case 'readMemory':
        return this.readMemory(given);
      case 'evaluate':
        return this.evaluate(String(given.expression), String(given.context));
      default:
        if (!withoutBody.has(command)) throw new CommandError(`coldrig does not know the request '${command}'`);
        return undefined;
    }
  }

  /** What follows the answer: events, and moves, which take their time. */
  private async after(command: string): Promise<void> {
    if (command === 'launch' || command === 'attach') {
      const { head, tail } = (this.opened as OpenedDebugger).recording;
      this.event('output', { category: 'console', output: `${[...head, ...tail].join('\n')}\n` });
      this.event('initialized');
    }
    if (command === 'configurationDone') this.stopped('entry');
    const move = moves[command];
    if (move === undefined) return;
    const [direction, kind] = move;
    this.isMoving = true;
    const { outcome, hit } = await this.debug[direction](kind).finally(() => {
      this.isMoving = false;
    });
    if (outcome === 'interrupted') this.stopped('pause');
    else this.stopped(hit?.breakpoint === undefined ? 'step' : 'breakpoint', hit?.breakpoint);
  }

  private stopped(reason: string, breakpoint?: number): void {
    const [description] = standText(this.debug.stand).split('\n');
    const ids = breakpoint === undefined ? {} : { hitBreakpointIds: [breakpoint] };
    this.event('stopped', {
      reason,
      description,
      text: description,
      threadId: THREAD,
      allThreadsStopped: true,
      ...ids,
    });
  }

  private setLines({ source, breakpoints }: Body): Body {
    const path = resolve(String((source as Body | undefined)?.path));
    const { knownModules } = this.debug;
    const files = new Set(knownModules.flatMap(({ lines }) => lines.map(({ file }) => file)));
    const file = [...files].find((each) => resolve(repositoryRoot, each) === path) ?? path;
    this.forget(path);
    const answers = (breakpoints as { line: number }[] | undefined)?.map(({ line }) =>
      this.setOne(path, () => this.debug.addBreakpoint(lineCondition(file, line, knownModules))),
    );
    return { breakpoints: answers ?? [] };
  }

  /** Takes the words that `break` takes as well: a function, `write RAILS.ENABLE`, `event RESET`. */
  private replace(group: string, words: string[]): Body[] {
    this.forget(group);
    return words.map((text) => this.setOne(group, () => this.debug.break(text)));
  }

  private forget(group: string): void {
    for (const number of this.set.get(group) ?? []) this.debug.delete(number);
    this.set.set(group, []);
  }

  private setOne(group: string, add: () => Breakpoint): Body {
    try {
      const { number, line } = add();
      this.set.get(group)?.push(number);
      return { id: number, verified: true, ...(line && { line: line.line }) };
    } catch (error) {
      return { verified: false, message: commandProblem(error) };
    }
  }

  private stackTrace(): Body {
    const { frames, inCore, timeNs } = this.debug.stand;
    const stackFrames = frames.map(({ function: name, file, line }, id) => ({
      ...{ id, name: shortName(name), line: line ?? 0, column: line === undefined ? 0 : 1 },
      ...(file !== undefined && { source: { name: file.split('/').at(-1), path: resolve(repositoryRoot, file) } }),
    }));
    const asleep = [
      { id: 0, name: `the core sleeps, ${exactTime(timeNs)}`, line: 0, column: 0, presentationHint: 'label' },
    ];
    const shown = inCore && stackFrames.length > 0 ? stackFrames : asleep;
    return { stackFrames: shown, totalFrames: shown.length };
  }

  private variables(reference: number): Body[] {
    const { debug } = this;
    if (reference === Scope.GLOBALS)
      return globalsOf(debug).map(({ index, value }) => leaf(`global ${index}`, String(value)));
    if (reference === Scope.PENDING)
      return pendingEvents(debug).map(({ name, timeNs }) => leaf(name, exactTime(timeNs)));
    if (reference === Scope.MEMORY)
      return [{ ...leaf('RAM', `${ramAt(debug, 0, 2 ** 32).length} bytes`), memoryReference: '0' }];
    const registers = registersOf(viewOf(debug));
    const peripherals = this.peripherals();
    if (reference === Scope.REGISTERS)
      return peripherals.map((name, place) => ({ name, value: '', variablesReference: Scope.PERIPHERALS + place }));
    const prefix = `${peripherals[reference - Scope.PERIPHERALS]}.`;
    return registers
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, value, fields }) => {
        const parts = Object.entries(fields).filter(([field]) => !name.includes(`.${field}`));
        const text = parts.map(([field, of]) => `${field} ${of}`).join(', ');
        return {
          ...leaf(name.slice(prefix.length), `0x${value.toString(16)}${text === '' ? '' : `  ${text}`}`),
          evaluateName: name,
        };
      });
  }

  private peripherals(): string[] {
    return [...new Set(registersOf(viewOf(this.debug)).map(({ name }) => name.split('.')[0]))];
  }

  /** A register in the list of its peripheral can be stopped at. */
  private dataInfo(name: string, reference: number): Body {
    const peripheral = this.peripherals().at(reference - Scope.PERIPHERALS);
    if (!(reference >= Scope.PERIPHERALS) || peripheral === undefined)
      return { dataId: null, description: `${name} is no register` };
    const dataId = `${peripheral}.${name}`;
    return { dataId, description: dataId, accessTypes: ['read', 'write'] };
  }

  private readMemory({ memoryReference, offset = 0, count = 0 }: Body): Body {
    const address = Number(memoryReference) + Number(offset);
    const bytes = address < 0 ? new Uint8Array(0) : ramAt(this.debug, address, Number(count));
    const unreadableBytes = Number(count) - bytes.length;
    return { address: `0x${address.toString(16)}`, data: Buffer.from(bytes).toString('base64'), unreadableBytes };
  }

  /** In the console, a command of the prompt; elsewhere a register. */
  private async evaluate(expression: string, context: string): Promise<Body> {
    if (context !== 'repl') {
      const value = readNamed(this.debug, expression.toUpperCase());
      return { result: `${value} (0x${value.toString(16)})`, variablesReference: 0 };
    }
    const before = JSON.stringify(this.debug.stand);
    const { text } = await doCommand(this.debug, expression);
    if (JSON.stringify(this.debug.stand) !== before) this.stopped('goto');
    return { result: text, variablesReference: 0 };
  }
}

const leaf = (name: string, value: string): Body => ({ name, value, variablesReference: 0 });

const scopes = (): Body[] =>
  [
    ['Registers', Scope.REGISTERS],
    ['Globals', Scope.GLOBALS],
    ['Pending events', Scope.PENDING],
    ['Memory', Scope.MEMORY],
  ].map(([name, variablesReference]) => ({ name, variablesReference, expensive: false }));

const wordsIn = (list: unknown, key: string): string[] =>
  ((list as Body[] | undefined) ?? []).map((each) => String(each[key]));

const dataWords = (list: unknown): string[] =>
  ((list as Body[] | undefined) ?? []).map(
    ({ dataId, accessType }) => `${accessType === 'read' ? 'read' : 'write'} ${dataId}`,
  );

/** Serves an editor until it disconnects. */
export async function serveDap(
  open: (program: string | undefined) => Promise<OpenedDebugger>,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  const session = new DapSession(open, (text) => output.write(text));
  const reader = new DapReader();
  let queue = Promise.resolve();
  for await (const bytes of input) {
    const requests = reader.take(bytes as Buffer);
    for (const request of requests) {
      session.urgent(request);
      queue = queue.then(() => session.answer(request));
    }
    if (requests.some(({ command }) => command === 'disconnect')) break;
  }
  await queue;
}
