import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Command } from "commander";
import { Agent, type Dispatcher } from "undici";
import { createApp } from "../app.ts";
import { clockFrom } from "../clock.ts";
import { type Config, ConfigError, type Environment, readConfig, SETTINGS, type Setting } from "../config.ts";
import type { Instant } from "../domain/day.ts";
import { SandboxDispatcher } from "../sandbox/dispatcher.ts";
import { createSandbox } from "../sandbox/sandbox.ts";
import { stopOnSignal } from "./stop.ts";

/** `serve`: the gateway on a port. Every setting is an environment variable, and a flag that wins over it. */
export function serveCommand(): Command {
  const command = new Command("serve").description(
    "Serve GraphQL over HTTP, from the sandbox unless keys are set.",
  );
  for (const [name, [byDefault, meaning]] of Object.entries(SETTINGS)) {
    if (SECRET.test(name)) continue; // a flag would show the key in the process list
    command.option(
      `--${flagOf(name)} <value>`,
      `${meaning}${byDefault === "" ? "" : ` (${name}, default ${byDefault})`}`,
    );
  }
  return command.action((flags: Readonly<Record<string, string>>) =>
    serve({ ...process.env, ...settingsOf(flags) }),
  );
}

const SECRET = /_KEY$/;

function flagOf(setting: string): string {
  return setting.toLowerCase().replaceAll("_", "-");
}

function settingsOf(flags: Readonly<Record<string, string>>): Environment {
  const named = Object.entries(flags).map(([flag, value]) => [
    flag.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase() as Setting,
    value,
  ]);
  return Object.fromEntries(named);
}

async function serve(environment: Environment): Promise<void> {
  const config = configOf(environment);
  if (config === null) return;
  const now = clockFrom(config.clock);
  const dispatcher = dispatcherOf(config, now);
  const app = createApp(config, {
    dispatcher,
    now,
    onFault: (fault) => process.stderr.write(`${faultLine(fault)}\n`),
  });
  const server = createServer(app.handle);
  server.once("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(
      `Cannot listen on ${config.host}:${config.port}: ${error.code ?? "unknown reason"}.\n`,
    );
    process.exit(1);
  });
  server.listen(config.port, config.host, () =>
    process.stdout.write(`${greeting(config, server.address() as AddressInfo, now())}\n`),
  );
  stopOnSignal(server, app.dispose);
}

function configOf(environment: Environment): Config | null {
  try {
    return readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.faults.join("\n")}\n`);
    process.exitCode = 1;
    return null;
  }
}

function dispatcherOf({ sandbox }: Config, now: () => Instant): Dispatcher {
  if (sandbox === null) return new Agent();
  const { users, seed, rateLimit } = sandbox;
  return new SandboxDispatcher(
    createSandbox({ users, seed, now, rateLimit: rateLimit ? "on" : "off", retryAfter: true, latencyMs: 0 }),
  );
}

/** Kind and place of a fault, without its message: that could hold what an upstream sent. */
function faultLine(fault: unknown): string {
  if (!(fault instanceof Error)) return "fault: not an Error";
  const place = fault.stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
  return `fault: ${fault.name} ${place.trim()}`;
}

const EXAMPLE =
  "{ users(range: {last: {days: 7}}, first: 10) { nodes { email activity { chat { messages } } cost { net { usd } } } } }";

function greeting(
  { host, sandbox, baseUrl, clock, playground }: Config,
  { port }: AddressInfo,
  now: Instant,
): string {
  const url = `http://${host.includes(":") ? `[${host.replace(/[[\]]/g, "")}]` : host}:${port}/graphql`;
  const upstream =
    sandbox === null
      ? `upstream ${baseUrl.href}`
      : `upstream is the sandbox: ${sandbox.users} simulated users, seed ${sandbox.seed} (set ANTHROPIC_ANALYTICS_KEY or ANTHROPIC_ADMIN_KEY for your own data)`;
  return [
    `Listening on ${url}${playground ? " (open it in a browser for GraphiQL)" : ""}`,
    upstream,
    ...(clock === null ? [] : [`clock starts at ${new Date(now).toISOString()}`]),
    ...(sandbox === null ? ["nobody is asked who they are, so only this machine can connect"] : []),
    "",
    "Try:",
    `  curl -s ${url} -H 'content-type: application/json' -d '${JSON.stringify({ query: EXAMPLE })}'`,
  ].join("\n");
}
