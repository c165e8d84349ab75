import { accessConfig } from "./settings/access.ts";
import { agentsConfig } from "./settings/agents.ts";
import { authConfig } from "./settings/auth.ts";
import { budgetsConfig } from "./settings/budgets.ts";
import { cacheConfig } from "./settings/cache.ts";
import { ConfigError } from "./settings/config-error.ts";
import { limitsConfig } from "./settings/limits.ts";
import { linksConfig } from "./settings/links.ts";
import { logsConfig } from "./settings/logs.ts";
import { metricsConfig } from "./settings/metrics.ts";
import { objectStoreConfig } from "./settings/object-store.ts";
import { ORGANIZATIONS_FILE, organizationsConfig, unnamedTenant } from "./settings/organizations.ts";
import { PUBLIC_URL } from "./settings/public-url.ts";
import { CLOCK, sandboxConfig, sandboxCredentials, sandboxTenants } from "./settings/sandbox.ts";
import { seatPricesConfig } from "./settings/seat-prices.ts";
import { serverConfig } from "./settings/server.ts";
import { SettingsReader } from "./settings/setting.ts";
import type { Environment } from "./settings/settings.ts";
import { TEAMS, teamsConfig } from "./settings/teams.ts";
import { tracingConfig } from "./settings/tracing.ts";
import { hasKeys, KEY_SETTINGS, upstreamConfig } from "./settings/upstream.ts";

/** Everything an operator can set, by subject. Read once at start; frozen. */
export type Config = ReturnType<typeof readConfig>;

/** Returns the settings of an environment, or throws one ConfigError that lists every fault. */
export function readConfig(environment: Environment) {
  const { config, faults } = readSettings(environment);
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** Reads the settings of an environment and every fault; a setting with a fault reads as if it were not stated. */
export function readSettings(environment: Environment) {
  const reader = new SettingsReader(environment);
  const notes: string[] = [];
  const isSandbox = !reader.isStated(ORGANIZATIONS_FILE) && !hasKeys(reader);
  const publicUrl = reader.read(PUBLIC_URL);
  const auth = authConfig(reader, publicUrl);
  const { credentials, keys, ...upstream } = upstreamConfig(reader, {
    usesIssuer: auth.kind === "jwt",
    isSandbox,
  });
  const { analytics, lookups } = upstream.requestsPerMinute;
  const cache = cacheConfig(reader, { auth, isProduction: environment.NODE_ENV === "production" });
  const server = serverConfig(reader, { auth, isSandbox, publicUrl });
  const replaced = reader.changed([...Object.values(KEY_SETTINGS).flat(), ...Object.values(TEAMS)]);
  const named = organizationsConfig({ reader, notes, replaced });
  const sandbox = isSandbox ? sandboxConfig(reader) : null;
  const teamFiles = reader.changed(Object.values(TEAMS));
  const simulated = sandbox && sandboxTenants(sandbox);
  if (sandbox !== null && simulated !== null && teamFiles.length > 0)
    reader.faults.push(
      `${teamFiles.join(", ")} and SANDBOX_ORGANIZATIONS=${sandbox.organizations} are set, and each of its organizations has other people; unset one of them.`,
    );
  const tenants = named ??
    simulated ?? [
      unnamedTenant({
        credentials: sandbox === null ? credentials : sandboxCredentials(sandbox),
        keys,
        directory: teamsConfig(reader, notes),
      }),
    ];
  const organizations = tenants.flatMap(({ credentials }) =>
    [credentials.analytics, credentials.admin].filter((each) => each !== null),
  );
  const config = Object.freeze({
    upstream: Object.freeze(upstream),
    /** The organizations with their keys; those of one tenant are read together. */
    tenants: Object.freeze(tenants),
    server,
    access: accessConfig(reader, auth),
    agents: agentsConfig(reader),
    budgets: budgetsConfig(reader, { tenants, store: cache.store }),
    seatPrices: seatPricesConfig(reader, tenants),
    cache,
    links: linksConfig(reader, { auth, store: cache.store }),
    limits: limitsConfig(reader, { auth, upstreamPerMinute: (analytics + lookups) * organizations.length }),
    logs: logsConfig(reader, auth),
    /** Where metrics are served; null: nothing is measured. */
    metrics: metricsConfig(reader, server),
    objectStore: objectStoreConfig(reader),
    /** Where traces go; null: nothing is traced. */
    tracing: tracingConfig(reader),
    /** The simulated organization; null with keys. */
    sandbox,
    /** The instant the clock starts at and advances from; null: the machine's clock. */
    clock: reader.read(CLOCK),
    /** Hints for the operator about what is valid but probably not meant. */
    notes: notes satisfies readonly string[],
  });
  return { config, faults: reader.faults as readonly string[] };
}
