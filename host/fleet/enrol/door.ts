// The door at which devices get their credentials. HTTP over TLS (http.ts); bytes are in base64.
//
//   POST /enrol/v1/question      {device}                         {question}
//   POST /enrol/v1/certificate   {device, question, key, token}   {certificate, untilMs}
//   POST /enrol/v1/renewal       {key}                            {certificate, untilMs}     with the certificate that the device holds
//
// What must stay true: who asks has nothing to choose but the key; every field is read within its limits; what is decided is on record (enrolment.ts).

import { X509Certificate } from 'node:crypto';
import { AttestationError } from '../attestation/error.ts';
import { DdiError, JsonPlace } from '../ddi/json.ts';
import { type Asked, problem, type Told, told } from '../http.ts';
import type { Enrolment, Given } from './enrolment.ts';
import { EnrolError } from './error.ts';

const root = '/enrol/v1/';
/** In base64; a key and a token have less. */
const bytesMost = 1_600;

export class EnrolDoor {
  private readonly enrolment: Enrolment;

  constructor(enrolment: Enrolment) {
    this.enrolment = enrolment;
  }

  /** Undefined: the path is none of these. */
  async answer(asked: Asked): Promise<Told | undefined> {
    if (!asked.path.startsWith(root)) return undefined;
    if (asked.method !== 'POST') return problem(405, `${asked.method} ${asked.path} is not known`);
    try {
      const body = JsonPlace.parse(asked.body, 'the request');
      switch (asked.path.slice(root.length)) {
        case 'question':
          return told(200, { question: encoded(this.enrolment.ask(deviceIn(body))) });
        case 'certificate':
          return given(await this.enrol(body, asked.source));
        case 'renewal':
          return given(await this.renew(asked, body));
        default:
          return problem(404, `there is nothing at ${asked.path}`);
      }
    } catch (error) {
      return answerOf(error);
    }
  }

  private enrol(body: JsonPlace, source: string): Promise<Given> {
    const [question, publicKey, token] = ['question', 'key', 'token'].map((name) => bytesIn(body, name));
    return this.enrolment.enrol({ serial: deviceIn(body), question, publicKey, token, source });
  }

  private renew({ certificate, source }: Asked, body: JsonPlace): Promise<Given> {
    const publicKey = bytesIn(body, 'key');
    if (certificate === undefined)
      throw new EnrolError(
        'ENROL_CERTIFICATE',
        'no certificate was shown; a renewal is over TLS, with the one to renew',
      );
    return this.enrolment.renew(new X509Certificate(certificate.raw), publicKey, source);
  }
}

const given = ({ certificate, untilMs }: Given) => told(200, { certificate, untilMs });
const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const deviceIn = (body: JsonPlace) => body.need('device').text(64);

function bytesIn(body: JsonPlace, name: string): Uint8Array {
  const text = body.need(name).text(bytesMost);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new DdiError(`the request: ${name}: expected bytes in base64`);
  return new Uint8Array(bytes);
}

function answerOf(error: unknown): Told {
  if (error instanceof DdiError) return problem(400, error.message);
  if (error instanceof EnrolError && error.code === 'ENROL_STATE')
    return { ...problem(503, error.message), headers: { 'retry-after': '10' } };
  if (error instanceof EnrolError || error instanceof AttestationError) return problem(403, error.message);
  throw error;
}
