// The one way an image gets into a device under test: the product's own client, with power cut on the way where a test wants that.
//
// What must stay true: after a cut the client waits no longer; a device without power answers nothing.

import { parseImage } from '../../host/tools/image/index.ts';
import type { SmpClient, UploadOptions } from '../../host/tools/smp/index.ts';
import type { LineName } from './lines.ts';

export interface DeviceUploadOptions extends UploadOptions {
  /** The line it takes; the gateway's when left out. */
  line?: LineName;
  /** No request is longer than so many bytes, header included; as long as the device takes when left out. */
  maximumMessageBytes?: number;
  /** Cuts power as soon as the device has acknowledged so many bytes. The upload then rejects with an error of the name `AbortError`. */
  cutPowerAtByte?: number;
}

/** Uploads a signed image and returns the hash that the device lists it by. */
export async function uploadWith(
  client: SmpClient,
  image: Uint8Array,
  {
    line: _line,
    maximumMessageBytes: _most,
    cutPowerAtByte = Number.POSITIVE_INFINITY,
    ...options
  }: DeviceUploadOptions,
  cutPower: () => void,
): Promise<Uint8Array> {
  const { hash } = parseImage(image);
  if (hash === undefined) throw new Error('upload: the image has no hash to be listed by; sign it');
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  await client.upload(image, {
    ...options,
    signal,
    onProgress: (progress) => {
      options.onProgress?.(progress);
      if (progress.bytes < cutPowerAtByte || cut.signal.aborted) return;
      cutPower();
      cut.abort();
    },
  });
  return hash;
}
