// mcumgr (Go, Apache Mynewt): SMP v1 headers always; uploads carry `image` in every packet; 20 ms of rest after each line on serial.

import { Smp } from '../../../../protocol/smp/smp.ts';
import type { LiveDevice } from '../live-device.ts';
import { runClient } from '../run-client.ts';
import type { ClientUnderTest } from '../story.ts';

export function mcumgrTarget(device: LiveDevice, line: 'UDP' | 'serial'): string[] {
  return line === 'UDP'
    ? ['--conntype', 'udp', '--connstring', `[${device.host}]:${Smp.UDP_PORT}`]
    : ['--conntype', 'serial', '--connstring', `dev=${device.terminal},baud=115200`];
}

export function mcumgr(program: string, device: LiveDevice, line: 'UDP' | 'serial'): ClientUnderTest {
  const smp = (...command: string[]) => runClient(program, [...mcumgrTarget(device, line), ...command]);
  return {
    echo: (text) => smp('echo', text),
    list: () => smp('image', 'list'),
    upload: (file) => smp('image', 'upload', file),
    test: (hash) => smp('image', 'test', hash),
    reset: () => smp('reset'),
    // Without a hash it sends `hash: null`, which Zephyr refuses and we do not.
    confirm: () => smp('image', 'confirm'),
  };
}
