// Reads text that a person wrote. Some editors, most of them on Windows, put a byte order mark in front of it, which is no part of the text.

import { readFileSync } from 'node:fs';

/** Throws the system's errors. */
export const readTextFile = (path: string): string => new TextDecoder().decode(readFileSync(path));
