// smpmgr (Python, Intercreate): SMP v2. UDP on port 1337 only; serial.

import type { LiveDevice } from '../live-device.ts';
import { runClient } from '../run-client.ts';
import type { ClientUnderTest } from '../story.ts';

export type SmpmgrLine = 'UDP' | 'serial';

/** Arguments that say where the device is. */
export function smpmgrTarget(device: LiveDevice, line: SmpmgrLine): string[] {
  // Two seconds, its default, is little for a machine that runs a chip and everything else.
  const patience = ['--timeout', '10'];
  return line === 'UDP' ? ['--ip', device.host, ...patience] : ['--port', device.terminal, ...patience];
}

export function smpmgr(program: string, device: LiveDevice, line: SmpmgrLine): ClientUnderTest {
  const smp = (...command: string[]) => runClient(program, [...smpmgrTarget(device, line), ...command]);
  return {
    echo: (text) => smp('os', 'echo', text),
    list: () => smp('image', 'state-read'),
    upload: (file) => smp('image', 'upload', file),
    test: (hash) => smp('image', 'state-write', hash),
    reset: () => smp('os', 'reset'),
    confirm: () => smp('image', 'state-write', '--confirm'),
  };
}
