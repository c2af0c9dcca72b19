// MCUboot images as a library: make keys, sign, verify, describe. Works on bytes; the caller handles files.
// What must stay true: signing gives imgtool's bytes; verifying gives the bootloader's result, with the bootloader's reason names.

export { describeImage, imageToJson } from './describe.ts';
export { ImageError, type ImageErrorReason, type RejectReasonName } from './error.ts';
export {
  generateKey,
  type KeyPair,
  keyHash,
  publicKeyPem,
  type ReadKeyOptions,
  rawPublicKey,
  readPrivateKey,
  readPublicKey,
} from './keys.ts';
export { type ImageHeader, type ImageInfo, type ImageTlv, type ImageTrailer, parseImage } from './parse.ts';
export { type CustomTlv, type Dependency, type SignOptions, signImage, trailerSize } from './sign.ts';
export { explainReason, type Verification, type VerifyOptions, verifyImage } from './verify.ts';
export {
  automaticSecurityCounter,
  compareVersions,
  formatVersion,
  type ImageVersion,
  parseVersion,
} from './version.ts';
