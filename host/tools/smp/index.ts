// An SMP (MCUmgr) client as a library: `SmpClient.open('udp://host:1337')`, or a client over any transport of your own.
// Written for any SMP server. Run against this board; messages recorded from Zephyr and MCUboot are its golden vectors.

export { type CborMap, decodeBody, encodeBody } from './cbor.ts';
export {
  type BootloaderInfo,
  type EnumDetails,
  type ImageState,
  type SlotInfo,
  SmpClient,
  type SmpParameters,
  type TaskStatistics,
} from './client.ts';
export { ConsoleDecoder, consoleFraming, crc16, encodeConsole } from './console-framing.ts';
export { SmpError, type SmpErrorKind } from './error.ts';
export { decodeMessage, encodeMessage, type SmpHeader, type SmpMessage, type SmpVersion } from './message.ts';
export { openTarget } from './open-target.ts';
export { type Answer, type Command, type RequestOptions, type SessionOptions, SmpSession } from './session.ts';
export { parseTarget, type Target } from './target.ts';
export {
  answeringDevice,
  type ByteStream,
  type FrameDecoder,
  type Framing,
  framedTransport,
  type InProcessDevice,
  inProcessTransport,
  type SmpTransport,
} from './transport.ts';
export type { UploadOptions, UploadProgress, UploadResult } from './upload-plan.ts';
