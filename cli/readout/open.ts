// Opens the readout chain that a command line names, or says why not.

import { FridgeError } from '../../host/plant/cryostat/field.ts';
import type { ReadoutChain } from '../../host/plant/readout/chain-data.ts';
import { openReadout, readoutPresets } from '../../host/tools/readout/open-readout.ts';
import { Failure } from '../failure.ts';
import { readAsText } from '../files.ts';
import { systemReason } from '../system-error.ts';

export function openChain(name: string): ReadoutChain {
  try {
    return openReadout(name, readAsText);
  } catch (error) {
    if (error instanceof FridgeError)
      throw new Failure('CHAIN', error.message, { facts: { file: error.file, line: error.line } });
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const message = `the readout chain ${name} cannot be read: ${reason}; give a YAML file, or one of ${readoutPresets.join(', ')}`;
    throw new Failure('FILE_MISSING', message, { cause: error });
  }
}
