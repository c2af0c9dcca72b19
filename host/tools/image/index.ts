// MCUboot images as a library: make keys, sign, verify, look inside. Works on bytes; files are the caller's business.
// What must stay true: signing gives imgtool's bytes; verifying says what the bootloader will say, in its words.

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
