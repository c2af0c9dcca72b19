// What `coldrig gateway` prints of what happens, a line each.

import type { RunEvent } from '../../host/telemetry/run-gateway.ts';
import { counted } from '../words.ts';

const notifyWords = {
  connected: 'the webhook takes notifications again',
  waiting: 'the webhook is not told, and is tried again',
  refused: 'the webhook refuses a notification',
  dropped: 'a notification is given up',
  disk: 'notifications are not kept on the disk; a restart may lose some',
};

export function lineOf(event: RunEvent): string {
  switch (event.event) {
    case 'ready': {
      const accept = event.accept === undefined ? '' : `, gateways on port ${event.accept}`;
      const damaged =
        event.damaged === undefined ? '' : `\nthe disk lost a part of the log; its rest is in ${event.damaged}`;
      const page = event.address === undefined ? '' : `\npage and series: ${event.address}`;
      return `log ${event.log}, ${counted(event.devices, 'device')}${accept}; Ctrl-C ends it${page}${damaged}\n`;
    }
    case 'device':
      return `${event.target} is device ${event.device}\n`;
    case 'silent':
      return `${event.target} does not answer: ${event.reason}\n`;
    case 'renumbered':
      return `the numbers of device ${event.device} have begun again, as after its boot log was erased: its records are of incarnation ${event.incarnation} now\n`;
    case 'gave-up':
      return `${counted(event.count, 'record')} of ${event.device} given up: they had waited too long\n`;
    case 'clock-stepped':
      return `the clock of this machine was stepped by ${event.byMs / 1000} s\n`;
    case 'log-damaged':
      return `the NATS server has lost records: ${event.reason}\n`;
    case 'stream':
      return `${event.reason}; it is asked again\n`;
    case 'upstream':
      return `${event.name}: ${event.state}${event.reason === undefined ? '' : `: ${event.reason}`}\n`;
    case 'notify':
      return `${notifyWords[event.state]}${event.reason === undefined ? '' : `: ${event.reason}`}\n`;
    case 'gateway':
      return `gateway ${event.from} is here\n`;
    case 'gone':
      return `gateway ${event.from} has gone: ${event.reason}\n`;
    case 'refused':
      return `${'device' in event ? `device ${event.device}` : `gateway ${event.from}`}: ${event.reason}\n`;
    case 'status': {
      const lag = Object.values(event.lag)[0];
      const waiting = lag === undefined ? '' : `, ${lag} to pass on`;
      const full = `${((100 * event.bytes) / event.bytesMost).toFixed(1)} % of the log in use`;
      return `devices that answer: ${event.answering}; ${counted(event.stored, 'record')} stored${waiting}; ${full}\n`;
    }
  }
}
