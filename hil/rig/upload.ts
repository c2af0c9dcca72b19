// The only way to upload an image into a device under test: the product's own client, with a power cut during the upload if a test wants one.
//
// What must stay true: after a cut the client stops waiting, because a device without power does not answer.

import { parseImage } from '../../host/tools/image/index.ts';
import type { SmpClient, UploadOptions } from '../../host/tools/smp/index.ts';
import type { LineName } from './lines.ts';

export interface DeviceUploadOptions extends UploadOptions {
  /** The line for the upload; the gateway line when left out. */
  line?: LineName;
  /** The greatest length of a request in bytes, with its header; as long as the device accepts when left out. */
  maximumMessageBytes?: number;
  /** Cuts power as soon as the device has acknowledged so many bytes. The upload then rejects with an error of the name `AbortError`. */
  cutPowerAtByte?: number;
}

/** Uploads a signed image and returns the hash under which the device lists it. */
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
