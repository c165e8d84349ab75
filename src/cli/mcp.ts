import { once } from "node:events";
import { Command } from "commander";
import { ConfigError } from "../settings/config-error.ts";
import { lifetimeOf, observersOf } from "./lifetime.ts";
import { describeUpstream, openGateway } from "./open.ts";
import { exitOnceRead } from "./standard-streams.ts";

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
  const { serveStdio, StdioServerTransport } = await import("@modelcontextprotocol/server/stdio");
  const { MessageLines } = await import("./message-lines.ts");
  const lifetime = lifetimeOf(opened);
  const ended = Promise.race([
    once(process.stdin, "close"),
    once(process.stdin, "end"),
    ...(["SIGTERM", "SIGINT", "SIGHUP"] as const).map((signal) => once(process, signal)),
  ]);
  const lines = new MessageLines({
    maxBytes: opened.config.limits.request.MAX_BODY_BYTES,
    answer: (response) => process.stdout.write(`${JSON.stringify(response)}\n`),
  });
  const transport = new StdioServerTransport(process.stdin.pipe(lines), process.stdout, {
    maxBufferSize: Number.POSITIVE_INFINITY, // of what the lines bound
  });
  const connection = serveStdio(await opened.app.mcp(), { transport });
  await ended;
  await connection.close();
  lifetime.startDraining();
  await lifetime.dispose();
  await exitOnceRead(0);
}
