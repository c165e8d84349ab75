import "./supported-node.js";
import "./graphql-in-production.ts";

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { backupCommand, restoreCommand } from "./cli/backup.ts";
import { exportCommand } from "./cli/export.ts";
import { parityCommand } from "./cli/parity.ts";
import { sandboxCommand } from "./cli/sandbox.ts";
import { serveCommand } from "./cli/serve.ts";
import { tokenCommand } from "./cli/token.ts";
import { warmCommand } from "./cli/warm.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const program = new Command("claude-analytics-gateway")
  .description("One GraphQL endpoint over Claude's analytics REST APIs.")
  .version(version)
  .addCommand(serveCommand(), { isDefault: true })
  .addCommand(sandboxCommand())
  .addCommand(parityCommand())
  .addCommand(warmCommand())
  .addCommand(tokenCommand())
  .addCommand(exportCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand());
for (const command of program.commands) {
  command.version(version);
  // A key given as a flag by mistake would be repeated in the log.
  command.configureOutput({
    outputError: (text, write) => write(text.replace(/(?<==)[^'\s]+|sk-ant-[^'\s]*/g, "…")),
  });
}
await program.parseAsync();
