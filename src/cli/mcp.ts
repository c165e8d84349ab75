import { once } from "node:events";
import { Command } from "commander";
import { ConfigError } from "../settings/config-error.ts";
import { lifetimeOf, observersOf } from "./lifetime.ts";
import { describeUpstream, openGateway } from "./open.ts";

/** `mcp`: tools for an agent on this machine, over standard input and output. */
export function mcpCommand(): Command {
  return new Command("mcp")
    .description(
      "Serve trusted documents as tools to an agent that starts this command (Model Context Protocol over standard input and output). It reads everything that the keys and IDENTITY allow; settings are environment variables.",
    )
    .action(serve);
}

async function serve(): Promise<void> {
  const opened = await openGateway(process.env, {}, (config, now) => {
    if (config.logs.audit === "stdout")
      throw new ConfigError(["AUDIT_LOG is stdout, which carries the messages of mcp; set it to a path."]);
    return observersOf(config, now, false);
  });
  if (opened === null) return;
  process.stderr.write(`${describeUpstream(opened.config)}\n`);
  const { serveStdio } = await import("@modelcontextprotocol/server/stdio");
  const lifetime = lifetimeOf(opened);
  const ended = Promise.race([
    once(process.stdin, "close"),
    once(process.stdin, "end"),
    ...(["SIGTERM", "SIGINT", "SIGHUP"] as const).map((signal) => once(process, signal)),
  ]);
  const connection = serveStdio(await opened.app.mcp());
  await ended;
  await connection.close();
  lifetime.startDraining();
  await lifetime.dispose();
  process.exit();
}
