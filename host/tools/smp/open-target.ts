// From the name of a place to a transport that reaches it.

import { consoleFraming } from './console-framing.ts';
import { openSerialStream } from './serial.ts';
import { parseTarget, type Target } from './target.ts';
import { openTcpStream } from './tcp.ts';
import { framedTransport, type SmpTransport } from './transport.ts';
import { openUdp, type UdpOptions } from './udp.ts';

/** Opens the transport a target names. Close it when done, or close the client that owns it. */
export async function openTarget(target: string | Target, options: UdpOptions = {}): Promise<SmpTransport> {
  const place = typeof target === 'string' ? parseTarget(target) : target;
  switch (place.kind) {
    case 'udp':
      return openUdp(place, options);
    case 'tcp':
      return framedTransport(await openTcpStream(place, options.signal), consoleFraming);
    case 'serial':
      return framedTransport(await openSerialStream(place, options.signal), consoleFraming);
  }
}
