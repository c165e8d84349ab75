import "./supported-node.js";
import "./graphql-in-production.ts";

import { Command } from "commander";
import { serveCommand } from "./cli/serve.ts";
import { nearest } from "./server/http/did-you-mean.ts";
import { VERSION } from "./version.ts";

const program = new Command("claude-analytics-gateway")
  .description("One GraphQL endpoint over Claude's analytics REST APIs.")
  .addCommand(serveCommand(), { isDefault: true });
// A gateway that starts needs none of the others, nor does the process that only starts workers.
const [name] = process.argv.slice(2);
if (name !== undefined && name !== "serve") {
  const { backupCommand, restoreCommand } = await import("./cli/backup.ts");
  const { configCommand } = await import("./cli/config.ts");
  const { doctorCommand } = await import("./cli/doctor.ts");
  const { exportCommand } = await import("./cli/export.ts");
  const { mcpCommand } = await import("./cli/mcp.ts");
  const { parityCommand } = await import("./cli/parity.ts");
  const { sandboxCommand } = await import("./cli/sandbox.ts");
  const { tokenCommand } = await import("./cli/token.ts");
  const { warmCommand } = await import("./cli/warm.ts");
  program
    .addCommand(sandboxCommand())
    .addCommand(configCommand())
    .addCommand(doctorCommand())
    .addCommand(parityCommand())
    .addCommand(warmCommand())
    .addCommand(tokenCommand())
    .addCommand(exportCommand())
    .addCommand(mcpCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand());
}
/** Commands that state by 1 what they have found, or that another run goes on, so that 2 means that they could not run. */
const REPORTING = ["doctor", "parity", "warm", "export"];
for (const command of [program, ...program.commands]) {
  command.version(VERSION);
  if (REPORTING.includes(command.name()))
    command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  // A key given as a flag by mistake would be repeated in the log.
  command.configureOutput({
    outputError: (text, write) => write(text.replace(/(?<==)[^'\s]+|sk-ant-[^'\s]*/g, "…")),
  });
}
const commands = program.commands.map((command) => command.name());
// The command by default would take it for an argument too many.
if (name !== undefined && !name.startsWith("-") && !["help", ...commands].includes(name))
  program.error(`error: unknown command '${name.slice(0, 100)}': ${nearest(name, commands)}`);
await program.parseAsync();
