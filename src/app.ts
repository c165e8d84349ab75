import { setTimeout } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { subgraphSchema } from "../schema/federation/subgraph.ts";
import { schema as plainSchema } from "../schema/index.ts";
import { Alerts } from "./alerts/alerts.ts";
import { WebhookConnections } from "./alerts/connections.ts";
import type { JudgeOptions } from "./alerts/judge.ts";
import type { AlertSenderOptions } from "./alerts/sender.ts";
import { type AlertStore, guardedAlertStore } from "./cache/alert-store.ts";
import { type Archive, guardedArchive } from "./cache/archive.ts";
import { guardedStore } from "./cache/guarded-store.ts";
import { LongTexts } from "./cache/long-texts.ts";
import { memoryRateLimiter } from "./cache/memory-rate-limiter.ts";
import { memoryStore } from "./cache/memory-store.ts";
import type { SharedStore } from "./cache/shared-store.ts";
import type { Config } from "./config.ts";
import type { Context } from "./context.ts";
import { Contexts } from "./contexts.ts";
import type { SpendBudget } from "./domain/budget.ts";
import type { Instant } from "./domain/day.ts";
import { organizationNames } from "./domain/organization.ts";
import type { SeatPrice } from "./domain/seat-price.ts";
import { seeing, VIEWER_OF_ALL, type Viewer } from "./domain/viewer.ts";
import type { OutageSubject } from "./errors.ts";
import { dispatcherTo, proxyFor } from "./proxies.ts";
import { AUTHORIZATION, type Authentication } from "./server/auth/authenticator.ts";
import { issuerKeys } from "./server/auth/issuer-keys.ts";
import { jwtCheck, jwtTokens } from "./server/auth/jwt.ts";
import { fileTokens } from "./server/auth/tokens.ts";
import { type FileRead, type WatchedFileOptions, watchedFile } from "./server/auth/watched-file.ts";
import { BUILT_PICTURES, Pictures } from "./server/charts/pictures.ts";
import { readDocuments } from "./server/documents/manifest.ts";
import type { TrustedDocuments } from "./server/documents/trusted.ts";
import { BUILT_PAGES } from "./server/http/built-pages.ts";
import { type CallerAccounts, MemoryAccounts } from "./server/limits/accounts.ts";
import { Links, type LinksOptions } from "./server/links/links.ts";
import type { Audit } from "./server/observability/audit.ts";
import { type Digest, digestBy } from "./server/observability/digest.ts";
import type { Metrics } from "./server/observability/metrics.ts";
import type { Tracing } from "./server/observability/tracing.ts";
import { createServer } from "./server/server.ts";
import { SignInIssuer } from "./server/sign-in/issuer.ts";
import { createSignIn, type PageSignIn } from "./server/sign-in/sign-in.ts";
import type { JwtAuthConfig } from "./settings/auth.ts";
import type { BudgetsConfig, BudgetsFile } from "./settings/budgets.ts";
import { statedLimits } from "./settings/limits.ts";
import type { SeatPricesConfig } from "./settings/seat-prices.ts";
import type { Priority } from "./upstream/budget/budget.ts";
import type { ReadOptions } from "./upstream/budget/operation.ts";
import type { Pace } from "./upstream/http/pace.ts";

export interface AppOptions {
  /** How upstream is reached: a pool of connections, or the sandbox in this process. */
  readonly dispatcher: Dispatcher;
  readonly now: () => Instant;
  readonly onFault: (fault: unknown) => void;
  /** Called when a dependency works again after an outage of so many seconds. */
  readonly onRecovery?: (about: OutageSubject, seconds: number) => void;
  /** Called when a file of the operator has changed and is in force; never with a key. */
  readonly onFileRead?: (about: FileRead) => void;
  /** Called with the origin of a page that may not read its answer, once for each of the first few. */
  readonly onForeignOrigin?: (origin: string) => void;
  /** Receives every operation and file; null: no audit log is kept. */
  readonly audit?: Audit | null;
  /** Counts requests, upstream requests, pages and faults; null: nothing is measured. */
  readonly metrics?: Metrics | null;
  /** Traces requests and upstream requests; null: nothing is traced. */
  readonly tracing?: Tracing | null;
  /** Digest that replaces texts of callers in the audit log, where it is not made with the secret of pseudonyms. */
  readonly digest?: Digest;
  /** Shared state of replicas; none where this process is alone. */
  readonly store?: SharedStore | null;
  /** State that this process shares with the other workers of its gateway; null where it is alone. */
  readonly workers?: WorkerState | null;
  /** Archive of figures that upstream stops serving; none where nothing outlives this process. */
  readonly archive?: Archive | null;
  /** Keeps alerts; none where nothing outlives this process, and no alert is raised then. */
  readonly alertStore?: AlertStore | null;
  /** Receives alerts, and what keeps them from being judged or delivered. */
  readonly alertLog?: AlertLog;
  /** How time passes, where that is simulated. */
  readonly pace?: Pace;
  /** The keys belong to the organizations they are set for, as those of the sandbox in this process do; else upstream must show it. */
  readonly areKeysProven?: boolean;
  /** First pause before an upstream request is retried, in milliseconds. */
  readonly backoffMs?: number;
  /** How often an upstream request is tried; three times by default. */
  readonly attempts?: number;
  /** How long one call of a store may take before the store counts as away, in milliseconds. */
  readonly storeTimeoutMs?: number;
  /** Folder of the built dashboard. */
  readonly pages?: URL;
  /** The built module that draws charts. */
  readonly pictures?: URL;
}

/** State in the memory of the process that starts the workers, and outlives them. */
export interface WorkerState {
  /** The store where no other is configured, and always the limit on upstream requests while that is away. */
  readonly store: SharedStore;
  readonly accounts: CallerAccounts;
}

export type App = ReturnType<typeof createApp>;

const REAL_TIME: Pace = { now: () => performance.now(), sleep: (ms) => setTimeout(ms) };

interface AuthenticationOptions
  extends Required<Pick<AppOptions, "now" | "onFileRead" | "onFault" | "onRecovery">> {
  readonly elapsedMs: () => number;
  readonly documents: TrustedDocuments;
}

/** How callers prove who they are, and how people sign in on the pages. */
function authenticationBy(
  { access: { auth, identity }, upstream: { proxies }, tenants }: Config,
  { documents, ...options }: AuthenticationOptions,
): { readonly authentication: Authentication | null; readonly signIn: PageSignIn | null } {
  if (auth.kind === "none") return { authentication: null, signIn: null };
  if (auth.kind === "tokens") {
    const organizations = organizationNames(tenants);
    const tokens = fileTokens({ path: auth.path, identity, documents, organizations, ...options });
    return { authentication: { header: AUTHORIZATION, session: null, ...tokens }, signIn: null };
  }
  const { now } = options;
  const verify = issuerKeys({
    url: auth.jwksUrl,
    dispatcher: dispatcherTo(auth.jwksUrl, proxies),
    ...options,
  });
  const check = jwtCheck({ ...auth, now }, verify);
  const config = auth.signIn;
  const signIn =
    config &&
    createSignIn({
      config,
      issuer: new SignInIssuer({ config, dispatcher: dispatcherTo(config.issuer, proxies), ...options }),
      checkAccessToken: check,
      checkIdToken: jwtCheck({ ...auth, audiences: [config.clientId], now }, verify),
      audiences: auth.audiences,
      identity,
      claimSettings: claimSettings(auth),
      now,
    });
  const authenticate = jwtTokens(check, identity);
  return {
    authentication: { header: auth.header, authenticate, session: signIn?.authenticate ?? null },
    signIn,
  };
}

/** Everything that decides which caller a token proves. */
function claimSettings({
  issuers,
  audiences,
  nameClaims,
  roleClaims,
  roleMap,
  scopeClaims,
  emailClaim,
  organizationsClaim,
  teamsClaim,
  vouchesForEmail,
  signIn,
}: JwtAuthConfig): string {
  const roles = roleMap && [...roleMap];
  const claims: unknown[] = [nameClaims, roleClaims, roles, scopeClaims, emailClaim, vouchesForEmail];
  // Left out where they are not set, so that sessions from before they were settings go on.
  if (organizationsClaim !== null) claims.push(organizationsClaim);
  if (teamsClaim !== null) claims.push({ teamsClaim });
  return JSON.stringify([issuers, audiences, signIn?.clientId, ...claims]);
}

interface FileWatch extends Pick<WatchedFileOptions<unknown>, "onFault" | "elapsedMs"> {
  readonly onFileRead: (about: FileRead) => void;
}

/** Returns the file of budgets and alerts as the operator has it now; null without one. */
function budgetsFileBy(
  config: BudgetsConfig | null,
  { onFileRead, ...options }: FileWatch,
): (() => BudgetsFile) | null {
  if (config === null) return null;
  return watchedFile({
    paths: [config.path, ...config.first.secretFiles],
    read: config.reread,
    first: config.first,
    onRead: () => onFileRead({ holds: "budgets" }),
    staying: "BUDGETS_FILE: the budgets and webhooks read before stay in force.",
    settles: true,
    ...options,
  });
}

const NO_BUDGETS: readonly SpendBudget[] = [];

const NO_PRICES: readonly SeatPrice[] = [];

/** Returns the prices of seats as the operator's file has them now. */
function seatPricesBy(
  config: SeatPricesConfig | null,
  { onFileRead, ...options }: FileWatch,
): () => readonly SeatPrice[] {
  if (config === null) return () => NO_PRICES;
  return watchedFile({
    paths: [config.path],
    read: config.reread,
    first: config.first,
    onRead: () => onFileRead({ holds: "seat prices" }),
    staying: "SEAT_PRICES_FILE: the prices read before stay in force.",
    settles: true,
    ...options,
  });
}

/** Null where there are no links. */
function linksBy(
  { links, access: { identity }, tenants }: Config,
  {
    archive,
    ...options
  }: Pick<LinksOptions, "schema" | "trusted" | "accounts" | "pictures" | "now"> & {
    readonly archive: Archive | null;
  },
  authentication: Authentication | null,
): Links | null {
  if (links === null) return null;
  if (archive === null) throw new Error("links need an archive, which keeps those that are revoked");
  const viewerNamed = authentication?.viewerNamed;
  const organizations = organizationNames(tenants);
  return new Links({ ...links, ...options, organizations, archive, identity, viewerNamed });
}

/** Where alerts and their failures are written. */
export type AlertLog = Pick<
  JudgeOptions & AlertSenderOptions,
  "onAlert" | "onFailure" | "onUnjudged" | "onUnraised" | "onFull"
>;

const NO_LOG: AlertLog = { onAlert() {}, onFailure() {}, onUnjudged() {}, onUnraised() {}, onFull() {} };

/** Budgets are judged whatever callers may see. Where these see only groups, small teams are not judged either: receivers are callers too. */
function judgeOf({ minPeople }: Viewer): Viewer {
  return { ...VIEWER_OF_ALL, minPeople };
}

/** Names the upstream of alerts: another one has other figures. */
function sourceOf({ sandbox, upstream: { baseUrl } }: Config): string {
  return sandbox === null ? baseUrl.href : `sandbox of ${sandbox.users} users, seed ${sandbox.seed}`;
}

/** The gateway as a function from requests to responses; `handle` is the same as a node:http listener. */
export function createApp(
  config: Config,
  {
    dispatcher,
    now,
    onFault: report,
    onRecovery = () => {},
    onFileRead = () => {},
    onForeignOrigin = () => {},
    audit = null,
    metrics = null,
    tracing = null,
    digest,
    store = null,
    workers = null,
    archive = null,
    alertStore = null,
    alertLog = NO_LOG,
    pace = REAL_TIME,
    backoffMs = 500,
    attempts,
    storeTimeoutMs,
    areKeysProven = false,
    pages = BUILT_PAGES,
    pictures: pictureModule = BUILT_PICTURES,
  }: AppOptions,
) {
  const { access, cache, limits, tenants } = config;
  const { baseUrl, proxies, timeoutMs, requestsPerMinute } = config.upstream;
  const onFault = (fault: unknown) => {
    metrics?.fault(fault);
    report(fault);
  };
  const schema = access.federation ? subgraphSchema() : plainSchema;
  const pictures = new Pictures(pictureModule, schema);
  const trusted = readDocuments(schema, access.documents.path);
  const rateLimiter = workers?.store ?? memoryRateLimiter(pace.now);
  const guard = {
    onFault,
    onRecovery,
    ...(storeTimeoutMs === undefined ? {} : { timeoutMs: storeTimeoutMs }),
  };
  const shared = store === null ? (workers?.store ?? null) : guardedStore(store, { rateLimiter, ...guard });
  const archived = archive && guardedArchive(archive, guard);
  const upstream = {
    baseUrl,
    proxy: proxyFor(baseUrl, proxies)?.host ?? null,
    dispatcher,
    now,
    timeoutMs,
    deadlineMs: limits.operationTimeoutMs,
    backoffMs,
    ...(attempts === undefined ? {} : { attempts }),
    store: memoryStore(cache.memoryBytes),
    shared,
    archive: archived,
    rateLimiter: shared ?? rateLimiter,
    limits: requestsPerMinute,
    pace,
    freshSeconds: cache.freshSeconds,
    maxRequests: limits.maxUpstreamRequests,
    areKeysProven,
    observer: metrics?.observer ?? null,
    trace: tracing?.attempt ?? null,
    onFault,
    onRecovery,
  };
  const fileWatch = { onFileRead, onFault, elapsedMs: pace.now };
  const budgetsFile = budgetsFileBy(config.budgets, fileWatch);
  const anybody = seeing(VIEWER_OF_ALL, undefined, access.identity);
  const kept = alertStore && guardedAlertStore(alertStore, guard);
  const contexts = new Contexts({
    tenants,
    alerts: kept,
    budgets: () => budgetsFile?.().budgets ?? NO_BUDGETS,
    seatPrices: seatPricesBy(config.seatPrices, fileWatch),
    upstream,
    pseudonymKey: access.pseudonymKey,
    longTexts: new LongTexts(shared),
    shared,
    now,
    maxFirst: limits.maxFirst,
    limits: statedLimits(limits),
    onFileRead,
    onFault,
  });
  metrics?.watch(contexts.states);
  const connections = new WebhookConnections(proxies);
  const alerts =
    kept === null || budgetsFile === null
      ? null
      : new Alerts({
          store: kept,
          shared,
          source: sourceOf(config),
          rules: budgetsFile,
          contexts: (signal) => contexts.ofEach({ signal, priority: "refresh" }, judgeOf(anybody)),
          states: contexts.states,
          message: () => ({ budgets: budgetsFile().budgets, publicUrl: config.server.publicUrl }),
          dispatcherTo: (url) => connections.to(url),
          now,
          onFault,
          ...alertLog,
        });
  if (alerts !== null) metrics?.watchAlerts(alerts);
  const { authentication, signIn } = authenticationBy(config, {
    now,
    ...fileWatch,
    onRecovery,
    documents: trusted,
  });
  let isReady = true;
  const accounts = workers?.accounts ?? new MemoryAccounts(now);
  const server = createServer({
    schema,
    context: (options, viewer) => contexts.of(options, viewer),
    now,
    accounts,
    config,
    trusted,
    onForeignOrigin,
    authentication,
    links: linksBy(config, { archive: archived, schema, trusted, accounts, pictures, now }, authentication),
    signIn,
    anybody,
    isReady: () => isReady,
    pages,
    pictures,
    audit,
    metrics,
    tracing,
    digest: digest ?? digestBy(contexts.pseudonyms),
    onFault,
  });
  return {
    fetch: server.fetch,
    /** Makes a context for commands, which read without GraphQL; `signal` ends the operation. */
    context: (signal: AbortSignal, priority: Priority = "interactive", options: ReadOptions = {}): Context =>
      contexts.of({ signal, priority, ...options }, anybody),
    /** Makes a context for each tenant, for commands that go through all organizations. */
    contexts: (signal: AbortSignal, priority: Priority, options: ReadOptions = {}): readonly Context[] =>
      contexts.ofEach({ signal, priority, ...options }, anybody),
    /** Makes one upstream request for a command, and returns its response as it came. */
    answer: contexts.answer,
    /** The viewer of that context. */
    viewer: anybody,
    handle: server.handle,
    mcp: server.mcp,
    reject: server.reject,
    /** Asks the store for something, so that an outage is logged before the first question. */
    async tryStore(): Promise<void> {
      await shared?.occupancy("start");
    },
    /** From now on it asks, on /readyz, to be sent nothing more; what comes is answered all the same. */
    startDraining(): void {
      isReady = false;
      void contexts.stop();
      void alerts?.stop();
    },
    /** Reads the issuer of sign-in where that is due, so that an outage is logged before the first person signs in. */
    discoverIssuer: async (): Promise<void> => signIn?.discover(),
    /** Judges budgets against what is new, and delivers the alerts that are due; the process says so now and then. */
    runAlerts: async (): Promise<void> => alerts?.run(),
    /** Fetches what of the directory was needed lately and is about to age; the process says so now and then. */
    refreshDirectory: () => contexts.refreshDirectories(),
    /** Records what upstream's newest exports say, as far as it has seen any; the process does so now and then. */
    record: () => contexts.record(anybody),
    async dispose(): Promise<void> {
      await alerts?.stop();
      await contexts.dispose();
      await Promise.all([dispatcher.close(), connections.close()]);
      await Promise.all([store?.dispose(), archived?.dispose(), kept?.dispose()]);
    },
  };
}
