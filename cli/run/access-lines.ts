// The lines of the live log about who may change the board: what was refused, and the lock to the gateway.

import { CONSOLE_LINE } from '../../host/links/link.ts';
import { nameOf } from '../../protocol/constants.ts';
import { smpGroups } from '../../protocol/smp/smp.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import type { Wording } from './log-line.ts';

export const accessWordings: Partial<Record<number, Wording>> = {
  [EventKind.REQUEST_REFUSED]: (where, request) => {
    const [line, count] = [where & 0xff, where >>> 8];
    const [group, command] = [request >>> 16, (request >>> 8) & 0xff];
    const more = count > 1 ? `; ${count} were refused since this was last said` : '';
    return {
      event: 'request-refused',
      facts: { line, group, command, operation: request & 0xff, count },
      text: `${lineText(line)} asks for command ${command} of group ${smpGroupName(group)}, which only the gateway may${more}`,
      tone: 'yellow',
    };
  },
  [EventKind.ACCESS_CHANGED]: (locked, left) => ({
    event: 'access-changed',
    facts: { locked: locked === 1, left },
    text:
      locked === 1
        ? `the board is locked to its gateway: the console only reads; it can be locked ${left} times more`
        : 'the board is not locked to its gateway any more',
    tone: locked === 1 ? 'green' : 'yellow',
  }),
};

function lineText(line: number): string {
  return line === CONSOLE_LINE ? 'the console' : `line ${line}`;
}

function smpGroupName(group: number): string {
  return nameOf(smpGroups, group) ?? `${group}`;
}
