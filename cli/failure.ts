// Errors, printed as one line for a person, or as {code, message} for a machine.
//
// Exit codes: 0 done, 1 it failed, 2 the command line was wrong, 3 the device refused or undid the update, 130 interrupted.

import { DeviceFileError } from '../host/links/device-file/error.ts';
import { LinkError } from '../host/links/link.ts';
import { BuildFolderError } from '../host/tools/build-folder.mjs';
import { ImageError } from '../host/tools/image/index.ts';
import { SmpError } from '../host/tools/smp/index.ts';
import { systemReason, systemSubject } from './system-error.ts';

export const ExitCode = { OK: 0, FAILED: 1, USAGE: 2, UNDONE: 3, INTERRUPTED: 130 } as const;

/** An error whose message is meant for a person: what happened, where, what was expected, what to do. */
export class Failure extends Error {
  /** Stable name for machines, for instance `FILE_MISSING`. */
  readonly code: string;
  readonly exitCode: number;
  /** Further facts for --json. */
  readonly facts: Record<string, unknown>;

  constructor(code: string, message: string, options: { exitCode?: number; facts?: object; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode ?? ExitCode.FAILED;
    this.facts = { ...options.facts };
  }
}

export interface Explanation {
  code: string;
  message: string;
  exitCode: number;
  facts: Record<string, unknown>;
}

/** Any error in a form that can be printed. An unexpected error says that it is one, and how to see more. */
export function explain(error: unknown): Explanation {
  const facts = {};
  if (error instanceof Failure) return error;
  if (error instanceof ImageError) {
    return { code: error.reason, message: error.message, exitCode: ExitCode.FAILED, facts: { offset: error.offset } };
  }
  if (error instanceof DeviceFileError)
    return { code: error.code, message: error.message, exitCode: ExitCode.FAILED, facts };
  if (error instanceof BuildFolderError)
    return { code: 'BUILD_FOLDER', message: error.message, exitCode: ExitCode.FAILED, facts };
  if (error instanceof Error && error.name === 'CampaignError')
    return { code: (error as Error & { code: string }).code, message: error.message, exitCode: ExitCode.FAILED, facts };
  if (error instanceof LinkError) return { code: 'LINK', message: error.message, exitCode: ExitCode.FAILED, facts };
  if (error instanceof SmpError) {
    const device = error.kind === 'device' ? { group: error.group ?? null, rc: error.code } : {};
    const exitCode = error.kind === 'target' ? ExitCode.USAGE : ExitCode.FAILED;
    return { code: error.name, message: error.message, exitCode, facts: { kind: error.kind, ...device } };
  }
  if (error instanceof Error && error.name === 'UnknownName') {
    return { code: 'USAGE', message: error.message, exitCode: ExitCode.USAGE, facts };
  }
  if (error instanceof Error && error.name === 'TelemetryError')
    return { code: 'TELEMETRY', message: error.message, exitCode: ExitCode.FAILED, facts };
  if (error instanceof Error && error.name === 'NoRest')
    return { code: 'NO_REST', message: error.message, exitCode: ExitCode.FAILED, facts };
  const reason = systemReason(error);
  if (reason !== undefined) {
    return { code: 'SYSTEM', message: `${systemSubject(error)}: ${reason}`, exitCode: ExitCode.FAILED, facts };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'UNEXPECTED',
    message: `${message} (unexpected; --verbose shows where)`,
    exitCode: ExitCode.FAILED,
    facts,
  };
}
