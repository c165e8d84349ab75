// The entry of the package. A Node that is too old for the gateway says so in a sentence.
import "./src/supported-node.js";

export const { createApp, ConfigError } = await import("./dist/package/embedded.js");
