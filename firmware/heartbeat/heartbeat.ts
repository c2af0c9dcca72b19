// Heartbeat: a sequence number and the health word, once a second, into the event recorder.

import { recordEvent } from '../../bootloader/record-event';
import { EVENT_HEARTBEAT } from '../../protocol/guest/generated/constants';
import { healthWord } from '../health/health';

let sequence: u32 = 0;

export function heartbeatSequence(): u32 {
  return sequence;
}

export function runHeartbeat(): void {
  sequence++;
  recordEvent(EVENT_HEARTBEAT, sequence, healthWord());
}
