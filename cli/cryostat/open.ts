// Opens the fridge a command line names, or says why not.

import { FridgeError } from '../../host/plant/cryostat/field.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import { openFridge, presets } from '../../host/tools/open-fridge.ts';
import { Failure } from '../failure.ts';
import { readAsText } from '../files.ts';
import { systemReason } from '../system-error.ts';

/** A fridge, or a failure a person can act on. */
export function open(name: string): Fridge {
  try {
    return openFridge(name, readAsText);
  } catch (error) {
    if (error instanceof FridgeError) {
      throw new Failure('FRIDGE', error.message, { facts: { file: error.file, line: error.line } });
    }
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const message = `the fridge ${name} cannot be read: ${reason}; give a YAML file, or one of ${presets.join(', ')}`;
    throw new Failure('FILE_MISSING', message, { cause: error });
  }
}
