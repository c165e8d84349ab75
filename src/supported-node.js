// Plain JavaScript in the syntax of Node 12: an older Node must be able to read it, and it runs before anything that could not start.
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const running = process.versions.node;
const oldest = Number.parseInt(engines.node.replace(">=", ""), 10);

/** A package from a registry is installed by its user's npm. */
const isInstalled = import.meta.url.includes("/node_modules/claude-analytics-gateway/");
const remedy = isInstalled
  ? "`npx --package node@" +
    oldest +
    " --package claude-analytics-gateway claude-analytics-gateway` brings one"
  : "`npm ci` installs one for `npm start`, unless install scripts or optional packages are left out";

if (Number.parseInt(running, 10) < oldest) {
  process.stderr.write(
    `claude-analytics-gateway needs Node ${oldest} or newer, and this is Node ${running}; ${remedy}.\n`,
  );
  process.exit(1);
}
