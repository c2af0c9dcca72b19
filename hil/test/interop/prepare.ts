// Installs every program that `make interop` runs, one after the other, so that this can be done beside something else.

import { builtTool, interopPrograms, pythonTool } from './install.ts';

for (const name of interopPrograms.python) await pythonTool(name);
for (const name of interopPrograms.built) await builtTool(name);
