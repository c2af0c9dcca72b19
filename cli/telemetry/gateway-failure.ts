// What may go wrong when a gateway starts, as an error for people.

import { LogError } from '../../host/telemetry/log/record-log.ts';
import { Failure } from '../failure.ts';
import { systemText } from '../system-error.ts';

export function gatewayFailure(error: unknown): unknown {
  if (error instanceof LogError) return new Failure(error.code, error.message, { cause: error });
  const text = systemText(error);
  return text === undefined ? error : new Failure('GATEWAY', text, { cause: error });
}
