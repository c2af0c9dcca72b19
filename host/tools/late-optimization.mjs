// For a process that runs a little of much code, as those of the tests do: node's optimizing compiler begins with a function when it has run
// five times as long as usual. `node --import` it, or import it.
//
// Seen in processes that play many test files: a sixth of their processor time was the optimization of JavaScript, much of it of functions
// that had nearly ended their work by then. What is calculated is the same; a function that runs on is optimized all the same.

import { setFlagsFromString } from 'node:v8';

// Bytes of code that a function runs until it is looked at; 67,584 by default in node 20. With twice as much as this, tests that calculate take a
// twelfth longer, and the others as long.
const interruptBudget = 350_000;

// The same for functions of WebAssembly; 1,800,000 by default in node 20. Each guest is compiled anew in each process.
const wasmBudget = 4_000_000;

// A node that does not know these options says so and goes on.
setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
setFlagsFromString(`--wasm-tiering-budget=${wasmBudget}`);
