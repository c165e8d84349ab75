// The entry is JavaScript: a Node that is too old for TypeScript says so in a sentence.
import "./src/supported-node.js";

await import("./src/main.ts");
