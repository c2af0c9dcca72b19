// X.509: certificates of devices and the list of the revoked ones (RFC 5280), signed with Ed25519 (RFC 8410).
//
// What must stay true: who asks chooses nothing but the key; a certificate is of one device, for a client, and cannot sign another.

import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { BitString, fromBER, Integer, Utf8String } from 'asn1js';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  CertificateRevocationList,
  Extension,
  ExtKeyUsage,
  RevokedCertificate,
  Time,
} from 'pkijs';

const ed25519 = '1.3.101.112';
const commonName = '2.5.4.3';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const id = { basicConstraints: '2.5.29.19', keyUsage: '2.5.29.15', extKeyUsage: '2.5.29.37' };
/** KeyUsage is a string of bits: digitalSignature is the first, keyCertSign and cRLSign the sixth and seventh. */
const keyUsage = { client: [0x80, 7], authority: [0x06, 1] } as const;

export interface CertificateRequest {
  subject: string;
  issuer: string;
  /** DER of the SubjectPublicKeyInfo. */
  publicKey: Uint8Array;
  fromMs: number;
  untilMs: number;
  isAuthority: boolean;
}

export interface MadeCertificate {
  pem: string;
  /** In hexadecimal. */
  number: string;
}

export function makeCertificate(request: CertificateRequest, signer: KeyObject): MadeCertificate {
  const number = positive(randomBytes(16));
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ valueHex: bufferOf(number) });
  certificate.issuer.typesAndValues.push(nameOf(request.issuer));
  certificate.subject.typesAndValues.push(nameOf(request.subject));
  certificate.notBefore.value = new Date(request.fromMs);
  certificate.notAfter.value = new Date(request.untilMs);
  certificate.subjectPublicKeyInfo.fromSchema(fromBER(bufferOf(request.publicKey)).result);
  const [bits, unused] = request.isAuthority ? keyUsage.authority : keyUsage.client;
  const usage = new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits: unused });
  certificate.extensions = [
    extension(id.basicConstraints, new BasicConstraints({ cA: request.isAuthority }).toSchema().toBER(false)),
    extension(id.keyUsage, usage.toBER(false)),
  ];
  if (!request.isAuthority)
    certificate.extensions.push(
      extension(id.extKeyUsage, new ExtKeyUsage({ keyPurposes: [clientAuth] }).toSchema().toBER(false)),
    );
  certificate.signature = algorithm();
  certificate.signatureAlgorithm = algorithm();
  certificate.signatureValue = signed(certificate.encodeTBS().toBER(false), signer);
  return { pem: pem('CERTIFICATE', certificate.toSchema(true).toBER(false)), number: number.toString('hex') };
}

/** `revoked`: numbers of certificates, in hexadecimal. */
export function makeRevocationList(
  issuer: string,
  revoked: readonly string[],
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
  signer: KeyObject,
): string {
  const list = new CertificateRevocationList();
  list.version = 1;
  list.issuer.typesAndValues.push(nameOf(issuer));
  list.thisUpdate = timeOf(fromMs);
  list.nextUpdate = timeOf(untilMs);
  if (revoked.length > 0)
    list.revokedCertificates = revoked.map((number) => {
      const userCertificate = new Integer({ valueHex: bufferOf(Buffer.from(number, 'hex')) });
      return new RevokedCertificate({ userCertificate, revocationDate: timeOf(fromMs) });
    });
  list.signature = algorithm();
  list.signatureAlgorithm = algorithm();
  // The first of the three parts is what is signed.
  const [toBeSigned] = list.toSchema(true).valueBlock.value;
  list.signatureValue = signed(toBeSigned.toBER(false), signer);
  return pem('X509 CRL', list.toSchema(true).toBER(false));
}

export const publicDer = (key: KeyObject) =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });

const algorithm = () => new AlgorithmIdentifier({ algorithmId: ed25519 });
const nameOf = (value: string) => new AttributeTypeAndValue({ type: commonName, value: new Utf8String({ value }) });
const timeOf = (ms: number) => new Time({ type: 0, value: new Date(ms) });
const extension = (extnID: string, value: ArrayBuffer) => new Extension({ extnID, critical: true, extnValue: value });
const signed = (bytes: ArrayBuffer, signer: KeyObject) =>
  new BitString({ valueHex: bufferOf(sign(null, new Uint8Array(bytes), signer)) });

/** A positive number whose first byte is not zero, as DER wants it. */
function positive(bytes: Buffer): Buffer {
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes;
}

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

function pem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g) as string[];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
