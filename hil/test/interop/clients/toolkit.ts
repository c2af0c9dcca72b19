// mcumgr-toolkit (Rust, through its Python bindings): SMP v2; asks for the device's buffer size and fills it.

import { fileURLToPath } from 'node:url';
import { Smp } from '../../../../protocol/smp/smp.ts';
import type { LiveDevice } from '../live-device.ts';
import { runClient } from '../run-client.ts';
import type { ClientUnderTest } from '../story.ts';

const script = fileURLToPath(new URL('toolkit.py', import.meta.url));

export interface Toolkit extends ClientUnderTest {
  /** The library's whole update in one call: it uploads, marks and resets. */
  firmwareUpdate(file: string): Promise<string>;
  /** Every question that changes nothing. */
  everything(): Promise<string>;
}

export function toolkit(python: string, device: LiveDevice, line: 'UDP' | 'serial'): Toolkit {
  const target = line === 'UDP' ? ['udp', device.host, String(Smp.UDP_PORT)] : ['serial', device.terminal];
  const call = (...command: string[]) => runClient(python, [script, ...target, ...command]);
  return {
    echo: (text) => call('echo', text),
    list: () => call('list'),
    upload: (file) => call('upload', file),
    test: (hash) => call('test', hash),
    reset: () => call('reset'),
    confirm: () => call('confirm'),
    firmwareUpdate: (file) => call('firmware_update', file),
    everything: () => call('everything'),
  };
}
