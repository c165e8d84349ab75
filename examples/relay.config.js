// Settings of relay-compiler, which finds them by the name of this file: npx relay-compiler
import { RELAY_CONFIG } from "claude-analytics-gateway/client";

const config = {
  ...RELAY_CONFIG,
  src: "./src",
  eagerEsModules: true,
  schema: "node_modules/claude-analytics-gateway/schema/schema.graphql",
};

// relay-compiler reads the file as CommonJS; this name is what `require` returns of a module. Without "type": "module" in package.json:
// const { RELAY_CONFIG } = require("claude-analytics-gateway/client"); module.exports = config;
export { config as "module.exports" };
