// A device's side of the door for credentials (door.ts): who carries its tokens asks for it.

import { DdiError, JsonPlace } from '../ddi/json.ts';
import { askHttp, FleetServerError, readAnswer, refusalOf } from '../http-client.ts';
import type { Given } from './enrolment.ts';

export interface EnrolClientOptions {
  /** https://host:port */
  server: string;
  /** Contents of PEM files: the server's authority; for a renewal, the certificate that ends soon and its key. */
  tls: { ca?: string; cert?: string; key?: string };
}

const answerBytesMost = 64 << 10;
const certificateMost = 10_000;

export class EnrolClient {
  private readonly options: EnrolClientOptions;

  /** Throws a FleetServerError where the address is not one of HTTPS. */
  constructor(options: EnrolClientOptions) {
    this.options = options;
    const { server } = options;
    if (!URL.canParse(server) || new URL(server).protocol !== 'https:')
      throw new FleetServerError(`'${server}' is no address to enrol at: expected https://host:port`);
  }

  /** A question for a device, 32 bytes. Rejects with a FleetServerError or a DdiError. */
  async question(device: string, signal: AbortSignal): Promise<Uint8Array> {
    const text = (await this.ask('question', { device }, signal)).need('question').text(100);
    const question = new Uint8Array(Buffer.from(text, 'base64'));
    if (question.length === 32) return question;
    throw new DdiError('the answer: question: expected 32 bytes in base64');
  }

  /** `key`: DER; `token`: about SHA-256(question ‖ key). */
  async certificate(
    { device, question, key, token }: { device: string; question: Uint8Array; key: Uint8Array; token: Uint8Array },
    signal: AbortSignal,
  ): Promise<Given> {
    const bytes = { question: encoded(question), key: encoded(key), token: encoded(token) };
    return givenIn(await this.ask('certificate', { device, ...bytes }, signal));
  }

  async renewal(key: Uint8Array, signal: AbortSignal): Promise<Given> {
    return givenIn(await this.ask('renewal', { key: encoded(key) }, signal));
  }

  private async ask(what: string, body: object, signal: AbortSignal): Promise<JsonPlace> {
    const { server, tls } = this.options;
    const url = new URL(`/enrol/v1/${what}`, server);
    const response = await askHttp({ method: 'POST', url, body, headers: {}, tls, signal });
    if (response.statusCode !== 200) throw await refusalOf(response, url);
    return JsonPlace.parse(await readAnswer(response, answerBytesMost), 'the answer');
  }
}

const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function givenIn(answer: JsonPlace): Given {
  return {
    certificate: answer.need('certificate').text(certificateMost),
    untilMs: answer.need('untilMs').integer(0, Number.MAX_SAFE_INTEGER),
  };
}
