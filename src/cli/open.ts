import { closestMatch } from "leven";
import type { Dispatcher } from "undici";
import { type App, type AppOptions, createApp } from "../app.ts";
import type { AlertStore } from "../cache/alert-store.ts";
import type { Archive } from "../cache/archive.ts";
import { archivePath } from "../cache/archive-file.ts";
import { refusalOf } from "../cache/guarded-store.ts";
import type { SharedStore } from "../cache/shared-store.ts";
import { clockFrom } from "../clock.ts";
import { type Config, readConfig } from "../config.ts";
import type { Instant } from "../domain/day.ts";
import { organizationNames } from "../domain/organization.ts";
import { Outage } from "../errors.ts";
import { keyHints } from "../keys.ts";
import { dispatcherTo, proxyFor } from "../proxies.ts";
import type { StoreConfig } from "../settings/cache.ts";
import { ConfigError } from "../settings/config-error.ts";
import type { LimitsConfig } from "../settings/limits.ts";
import { simulatedChildren } from "../settings/sandbox.ts";
import { type Environment, SETTINGS } from "../settings/settings.ts";
import { partOf, type Worker } from "./workers/worker.ts";

/** A gateway for one command, over the sandbox unless keys are set. */
export interface Opened<A extends Loggers = Loggers> {
  readonly loggers: A;
  readonly app: App;
  readonly config: Config;
  readonly now: () => Instant;
}

/** Where faults, recoveries and operations are logged and counted. */
export type Loggers = Pick<
  AppOptions,
  "onFault" | "onFileRead" | "onForeignOrigin" | "onRecovery" | "audit" | "metrics" | "tracing" | "alertLog"
>;

/**
 * Opens a gateway; null if settings are invalid, after printing why. `limits` replaces limits of one operation; `loggersOf` throws
 * ConfigError if it cannot do what the settings say.
 */
export async function openGateway(
  environment: Environment,
  limits?: Partial<LimitsConfig>,
): Promise<Opened | null>;
export async function openGateway<A extends Loggers>(
  environment: Environment,
  limits: Partial<LimitsConfig>,
  loggersOf: (config: Config, now: () => Instant) => A | Promise<A>,
  worker?: Worker | null,
): Promise<Opened<A> | null>;
export async function openGateway(
  environment: Environment,
  limits: Partial<LimitsConfig> = {},
  loggersOf: (config: Config, now: () => Instant) => Loggers | Promise<Loggers> = () => STANDARD_ERROR,
  worker: Worker | null = null,
): Promise<Opened | null> {
  try {
    return await openApp(environment, { limits, loggersOf, worker });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.faults.join("\n")}\n`);
    process.exitCode = 1;
    return null;
  }
}

interface OpenOptions<A extends Loggers> {
  readonly limits?: Partial<LimitsConfig>;
  readonly loggersOf: (config: Config, now: () => Instant) => A | Promise<A>;
  readonly worker?: Worker | null;
}

/** Opens a gateway; throws ConfigError if settings are invalid. */
export async function openApp<A extends Loggers>(
  environment: Environment,
  { limits = {}, loggersOf, worker = null }: OpenOptions<A>,
): Promise<Opened<A>> {
  const hint = (line: string) => {
    if (worker?.isFirst ?? true) process.stderr.write(`${line}\n`);
  };
  for (const line of [...misspelt(environment), ...keyHints(environment)]) hint(line);
  const stated = readConfig(environment);
  for (const line of stated.notes) hint(line);
  const whole = { ...stated, limits: { ...stated.limits, ...limits } };
  const config = worker === null ? whole : partOf(whole, worker.of);
  const now = clockFrom(config.clock, worker?.startedAt);
  const loggers = await loggersOf(config, now);
  const app = createApp(config, {
    dispatcher: await dispatcherOf(config, now),
    ...(await storesOf(config, loggers)),
    now,
    workers: worker?.state ?? null,
    areKeysProven: config.sandbox !== null,
    ...loggers,
  });
  await app.tryStore();
  return { loggers, app, config, now };
}

/**
 * Opens the store and its archive if they can be used now or may be later. Throws ConfigError for what an operator has to correct.
 */
async function storesOf(
  { cache: { store: config }, budgets }: Config,
  { onFault }: Loggers,
): Promise<Stores> {
  if (config === null) return { store: null, archive: null, alertStore: null };
  const [store, archive, alertStore] = await Promise.all([
    openStore(config, onFault),
    openArchive(config, onFault),
    budgets === null ? null : openAlertStore(config, onFault),
  ]);
  const whyNot = (attempt: Promise<unknown> | undefined) => attempt?.then(() => null, refusalOf) ?? null;
  const refusal =
    (await whyNot(store.occupancy("start"))) ??
    (await whyNot(archive.get("start"))) ??
    (await whyNot(alertStore?.note("start")));
  if (refusal === null) return { store, archive, alertStore };
  await Promise.all([store.dispose(), archive.dispose(), alertStore?.dispose()]);
  throw new ConfigError([refusal]);
}

interface Stores {
  readonly store: SharedStore | null;
  readonly archive: Archive | null;
  readonly alertStore: AlertStore | null;
}

type OnFault = Loggers["onFault"];

/** Loads only the client of the store that is configured: one of them takes a tenth of the start. */
export async function openStore(config: StoreConfig, onFault: OnFault): Promise<SharedStore> {
  if (config.kind === "redis") {
    const { redisStore } = await import("../cache/redis-store.ts");
    return redisStore(config.url);
  }
  const { sqliteStore } = await import("../cache/sqlite-store.ts");
  return sqliteStore({ ...config, now: Date.now, onFault });
}

export async function openArchive(config: StoreConfig, onFault: OnFault): Promise<Archive> {
  const maxBytes = config.archiveBytes;
  if (config.kind === "sqlite") {
    const { sqliteArchive } = await import("../cache/sqlite-archive.ts");
    return sqliteArchive({ path: archivePath(config.path), maxBytes, onFault });
  }
  const { redisArchive } = await import("../cache/redis-archive.ts");
  const archive = await redisArchive(config.url, maxBytes);
  const risk = await archive.risk().catch(() => null); // a user who may not ask is not warned
  if (risk !== null) onFault(risk);
  return archive;
}

/** Opens the store of alerts, which is a part of that of the archive. */
async function openAlertStore(config: StoreConfig, onFault: OnFault): Promise<AlertStore> {
  if (config.kind === "redis") {
    const { redisAlerts } = await import("../cache/redis-alerts.ts");
    return redisAlerts(config.url);
  }
  const { sqliteAlerts } = await import("../cache/sqlite-alerts.ts");
  return sqliteAlerts({ path: archivePath(config.path), onFault });
}

/** Names the upstream or sandbox for the operator. */
export function describeUpstream({ sandbox, tenants, upstream: { baseUrl, proxies } }: Config): string {
  const proxy = proxyFor(baseUrl, proxies);
  return sandbox === null
    ? `upstream ${baseUrl.href}${proxy === null ? "" : ` through the proxy ${proxy.host}`}`
    : `upstream is the sandbox: ${sandbox.organizations === "one" ? "" : `organizations ${organizationNames(tenants).join(", ")}, `}${sandbox.users} simulated users, seed ${sandbox.seed} (set ANTHROPIC_ANALYTICS_KEY or ANTHROPIC_ADMIN_KEY for your own data)`;
}

/**
 * Reports variables that are not settings but are spelled almost like one. Other programs share the environment, so they are not
 * faults. Values may be keys, so they are not repeated.
 */
export function misspelt(environment: Readonly<Record<string, string | undefined>>): string[] {
  const settings: string[] = SETTINGS.map(({ name }) => name);
  return Object.keys(environment).flatMap((name) => {
    // Proxies of other protocols, and those written in small letters.
    if (settings.includes(name) || /_proxy$/i.test(name)) return [];
    // One letter in four: PORT is one letter from many a word.
    const maxDistance = Math.min(2, Math.floor(name.length / 4));
    const meant = closestMatch(name.toUpperCase(), settings, { maxDistance });
    return meant === undefined ? [] : [`${name} is not a setting and has no effect; did you mean ${meant}?`];
  });
}

async function dispatcherOf(
  { sandbox, upstream: { baseUrl, proxies } }: Config,
  now: () => Instant,
): Promise<Dispatcher> {
  if (sandbox === null) return dispatcherTo(baseUrl, proxies);
  const { users, seed, rateLimit } = sandbox;
  const children = simulatedChildren(sandbox);
  const { mountSandbox } = await import("../sandbox/mount.ts"); // a gateway with keys does without its memory
  return mountSandbox({ users, seed, children, now, rateLimit: rateLimit ? "on" : "off", retryAfter: true });
}

/** Prints faults on standard error. */
const STANDARD_ERROR: Loggers = { onFault: (fault) => process.stderr.write(`${faultLine(fault)}\n`) };

/** Kind and place of a fault, without its message: that could hold what an upstream sent. */
function faultLine(fault: unknown): string {
  if (fault instanceof Outage) {
    const { host, path } = fault.about;
    return `${fault.message} (${fault.code}, ${host ?? path})`;
  }
  if (!(fault instanceof Error)) return "fault: not an Error";
  const place = fault.stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
  return `fault: ${fault.name} ${place.trim()}`;
}
