// The manifest of the Indexed Job in docs/, for the tests of it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../../host/tools/guest.ts';

export const jobFile = join(repositoryRoot, 'docs', 'campaign-job.yaml');

export interface Job {
  spec: {
    completionMode: string;
    completions: number;
    parallelism: number;
    template: {
      spec: {
        restartPolicy: string;
        containers: {
          name: string;
          command: string[];
          args: string[];
          env: { name: string; value: string }[];
          volumeMounts: { name: string; mountPath: string }[];
        }[];
        volumes: { name: string }[];
      };
    };
  };
}

/** The objects of the manifest by their kind. */
export function jobObjects(): Record<string, unknown> {
  const documents = parseAllDocuments(readFileSync(jobFile, 'utf8'), { strict: true });
  for (const { errors } of documents) if (errors.length > 0) throw errors[0];
  return Object.fromEntries(documents.map((document) => document.toJS()).map((object) => [object.kind, object]));
}
