import cluster from "node:cluster";
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { ConfigError } from "../settings/config-error.ts";
import type { Setting } from "../settings/setting.ts";
import { type Environment, SETTINGS, type SettingName } from "../settings/settings.ts";

/** `serve`: the gateway on a port. Every setting is an environment variable and, unless it is a secret, a flag that wins over it. */
export function serveCommand(): Command {
  const command = new Command("serve").description(
    "Serve GraphQL over HTTP, from the sandbox unless keys are set.",
  );
  for (const { name, secret, ...each } of SETTINGS) {
    if (secret === true) continue; // a flag would show the key in the process list
    command.option(`--${flagOf(name)} <value>`, helpOf([name], each));
  }
  const secrets = SETTINGS.filter(({ secret }) => secret === true);
  const column = Math.max(...secrets.map(({ name }) => name.length)) + 2;
  const variables = secrets.map(({ name, ...each }) => `  ${name.padEnd(column)}${helpOf([], each)}`);
  command.addHelpText("after", `\nOnly as environment variables:\n${variables.join("\n")}`);
  return command.action((flags: Readonly<Record<string, string>>) =>
    serve({ ...process.env, ...settingsOf(flags) }),
  );
}

function helpOf(
  names: readonly string[],
  {
    meaning,
    format,
    whenUnset,
    ...each
  }: Pick<Setting<unknown>, "meaning" | "format" | "whenUnset" | "default">,
): string {
  const byDefault = each.default || whenUnset;
  const notes = [...names, format.values, ...(byDefault === "" ? [] : [`default ${byDefault}`])];
  return `${meaning} (${notes.join("; ")})`.replaceAll("`", "");
}

function flagOf(setting: string): string {
  return setting.toLowerCase().replaceAll("_", "-");
}

function settingsOf(flags: Readonly<Record<string, string>>): Environment {
  const named = Object.entries(flags).map(([flag, value]) => [
    flag.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase() as SettingName,
    value,
  ]);
  return Object.fromEntries(named);
}

/** Serves in this process, or in several that this one starts. Invalid settings are reported by the process that would serve. */
async function serve(environment: Environment): Promise<void> {
  const config = cluster.isPrimary ? configIn(environment) : null;
  if (config !== null && config.server.workers > 1) {
    const { runWorkers } = await import("./workers/primary.ts");
    await runWorkers(config);
  } else {
    const { serveProcess } = await import("./serve-process.ts");
    await serveProcess(environment);
  }
}

function configIn(environment: Environment) {
  try {
    return readConfig(environment);
  } catch (fault) {
    if (fault instanceof ConfigError) return null;
    throw fault;
  }
}
