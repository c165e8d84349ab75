#!/usr/bin/env node
// The entry is JavaScript: a Node that is too old for TypeScript says so in a sentence.
import "./src/supported-node.js";

// Before the modules it is for. Beside the code, because who can write there can change the code as well; a folder that others can write
// to, such as that of temporary files, would let them choose what runs. Where it cannot be written, modules are compiled at each start.
const { enableCompileCache } = await import("node:module");
const { fileURLToPath } = await import("node:url");
const compiled = fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));
enableCompileCache(compiled);
process.env.NODE_COMPILE_CACHE ??= compiled; // threads read it, and would compile at each start

const { entry } = await import("./src/bundled.js");
await import(entry());
