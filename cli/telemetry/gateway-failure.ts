// What may go wrong when a gateway starts, as an error for people.

import { LogError } from '../../host/telemetry/log/record-log.ts';
import { Failure } from '../failure.ts';
import { systemReason } from '../system-error.ts';

export function gatewayFailure(error: unknown): unknown {
  if (error instanceof LogError) return new Failure(error.code, error.message, { cause: error });
  const reason = systemReason(error);
  const { path, syscall, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (reason === undefined) return error;
  const what =
    syscall === 'listen' ? `port ${port} of ${address} cannot be listened on` : `${path ?? 'a file'} cannot be read`;
  return new Failure('GATEWAY', `${what}: ${reason}`, { cause: error });
}
