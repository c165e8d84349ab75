import { Command } from "commander";
import { readConfig } from "../config.ts";
import { redact } from "../server/observability/redact.ts";
import { ConfigError } from "../settings/config-error.ts";
import { type Setting, SettingsReader } from "../settings/setting.ts";
import { type Environment, SUBJECTS } from "../settings/settings.ts";
import { fileFaults } from "./doctor/settings-check.ts";
import { misspelt } from "./open.ts";

/** `config`: the effective settings, without secrets. */
export function configCommand(): Command {
  return new Command("config")
    .description(
      "Print the effective settings of the environment, by subject. Secrets are masked. Makes no request. Exits with 1 if a setting is invalid, after all faults.",
    )
    .action(() => {
      process.stdout.write(configText(process.env));
      const faults = faultsIn(process.env);
      process.stderr.write([...misspelt(process.env), ...faults].map((each) => `${each}\n`).join(""));
      if (faults.length > 0) process.exitCode = 1;
    });
}

/** Lists the settings of an environment, each in a line of its name, its value and where that comes from. */
export function configText(environment: Environment): string {
  const reader = new SettingsReader(environment);
  return Object.entries(SUBJECTS)
    .map(([subject, settings]) => {
      const lines = settings.map((setting: Setting<unknown>) => line(setting, reader.text(setting)));
      return `# ${subject}\n${lines.join("")}`;
    })
    .join("\n");
}

function line({ name, secret, whenUnset, ...setting }: Setting<unknown>, text: string): string {
  if (text !== "") return `${name}=${secret === true ? "[masked]" : redact(text)}\n`;
  if (setting.default !== "") return `${name}=${setting.default} (default)\n`;
  return `${name} is not set${whenUnset === "" ? "" : ` (${whenUnset.replaceAll("`", "")})`}\n`;
}

function faultsIn(environment: Environment): readonly string[] {
  try {
    return fileFaults(readConfig(environment), Date.now);
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.faults;
    throw fault;
  }
}
