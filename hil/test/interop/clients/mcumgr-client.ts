// mcumgr-client (Rust, 0.0.9): SMP v1 on serial, v2 over UDP; `image: 1` in every upload packet; sends a chunk again after 200 ms.

import { Smp } from '../../../../protocol/smp/smp.ts';
import type { LiveDevice } from '../live-device.ts';
import { runClient } from '../run-client.ts';
import type { ClientUnderTest } from '../story.ts';

export function mcumgrClientTarget(device: LiveDevice, line: 'UDP' | 'serial'): string[] {
  return line === 'UDP' ? ['--host', device.host, '--port', String(Smp.UDP_PORT)] : ['--device', device.terminal];
}

export function mcumgrClient(program: string, device: LiveDevice, line: 'UDP' | 'serial'): ClientUnderTest {
  const smp = (...command: string[]) => runClient(program, [...mcumgrClientTarget(device, line), ...command]);
  return {
    echo: (text) => smp('echo', text),
    list: () => smp('list'),
    upload: (file) => smp('upload', file),
    test: (hash) => smp('test', hash),
    reset: () => smp('reset'),
    // It knows no confirm without a hash.
    confirm: (hash) => smp('test', hash, '--confirm', 'true'),
  };
}
