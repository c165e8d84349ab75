import { readConfig } from "../src/config.ts";
import { ConfigError } from "../src/settings/config-error.ts";
import type { Environment } from "../src/settings/settings.ts";

/** Faults of the settings of an environment; empty if they can be used. */
export function settingFaults(environment: Environment): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.faults;
    throw fault;
  }
}
