import { contextOfTenant } from "./analytics/organizations.ts";
import { recordCost } from "./analytics/recorded/record.ts";
import type { LongTexts } from "./cache/long-texts.ts";
import type { SharedStore } from "./cache/shared-store.ts";
import { whileCurrent } from "./cache/validity.ts";
import type { Context, ReadableOrganization, TenantContext, Warning } from "./context.ts";
import type { SpendBudget } from "./domain/budget.ts";
import type { Instant } from "./domain/day.ts";
import { emailKey, type NamedOrganization, organizationName, type Tenant } from "./domain/organization.ts";
import { Pseudonyms } from "./domain/pseudonym.ts";
import type { SeatPrice } from "./domain/seat-price.ts";
import { type OrgDirectory, pseudonymousDirectory } from "./domain/team.ts";
import { mayReadOrganization, type Viewer } from "./domain/viewer.ts";
import { GatewayError } from "./errors.ts";
import { KeyGenerations } from "./key-generations.ts";
import { DirectoryCache } from "./loaders/directory/directory.ts";
import { type FileRead, watchedFile } from "./server/auth/watched-file.ts";
import { ConfigError } from "./settings/config-error.ts";
import type { StatedLimit } from "./settings/limits.ts";
import { type TenantConfig, withoutFiles } from "./settings/organizations.ts";
import type { Credentials } from "./upstream/access/credential.ts";
import { Operation, type OperationOptions } from "./upstream/budget/operation.ts";
import { createUpstream, type UpstreamOptions } from "./upstream/create-upstream.ts";
import { ORGANIZATION_OF_KEY } from "./upstream/endpoint.ts";
import { limitedUpstream } from "./upstream/limited.ts";
import type { UpstreamState } from "./upstream/observer.ts";
import { pseudonymousUpstream } from "./upstream/pseudonymous.ts";
import type { Upstream } from "./upstream/upstream.ts";

type UpstreamAnswer = ReturnType<typeof createUpstream>["answer"];

/** Who asks, for how long, and about which organization where a field names none. */
export interface ContextOptions extends OperationOptions {
  readonly organization?: string | null;
}

export interface ContextsOptions {
  readonly tenants: readonly TenantConfig[];
  /** Returns the operator's budgets as they are now. */
  readonly budgets: () => readonly SpendBudget[];
  readonly alerts: Context["alerts"];
  /** Returns the operator's prices of seats as they are now. */
  readonly seatPrices: () => readonly SeatPrice[];
  /** Options of every upstream beside its tenant and credentials. */
  readonly upstream: Omit<UpstreamOptions, "tenant" | "credentials">;
  /** Secret of pseudonyms; null: derived from the keys of each tenant. */
  readonly pseudonymKey: string | null;
  readonly longTexts: LongTexts;
  readonly shared: SharedStore | null;
  readonly now: () => Instant;
  readonly maxFirst: number;
  readonly limits: readonly StatedLimit[];
  readonly onFileRead: (about: FileRead) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Tells records apart that share a day and an actor. */
const ID_DIGEST_LENGTH = 16;

const NO_KEYS: Credentials = { analytics: null, admin: null };

/** A context without a tenant reads nothing: its fields choose one. */
const NO_TENANT: TenantConfig = {
  name: "",
  organizations: [],
  credentials: NO_KEYS,
  keys: { files: [], reread: () => NO_KEYS },
  directory: withoutFiles(),
};

/** Makes the contexts of operations. Tenants share no upstream, directory or pseudonyms. */
export class Contexts {
  readonly #options: ContextsOptions;
  readonly #tenants: readonly TenantState[];
  readonly #none: TenantState;
  readonly #stopping = new AbortController();
  /** Under way. */
  #recording: Promise<void> | null = null;

  constructor(options: ContextsOptions) {
    this.#options = options;
    this.#tenants = options.tenants.map(
      (tenant) => new TenantState(tenant, options, () => this.#tenants.flatMap((each) => each.ownedKeys)),
    );
    const [only] = this.#tenants;
    this.#none =
      only !== undefined && only.tenant.name === null ? only : new TenantState(NO_TENANT, options, () => []);
  }

  /** Secret digests of the first tenant stand for the gateway as a whole, as in its audit log. */
  get pseudonyms(): Pseudonyms {
    return (this.#tenants[0] ?? this.#none).pseudonyms;
  }

  /** Returns the context of an operation. */
  of({ organization = null, ...asker }: ContextOptions, viewer: Viewer): Context {
    const { upstream, alerts, longTexts, limits, maxFirst, now } = this.#options;
    const operation = new Operation(upstream.maxRequests, asker);
    const budgets = this.#options.budgets();
    operation.dependOn(whileCurrent(budgets, this.#options.budgets));
    const seatPrices = this.#options.seatPrices();
    operation.dependOn(whileCurrent(seatPrices, this.#options.seatPrices));
    const warnings: Warning[] = [];
    const readable = this.#tenants.flatMap((state) => state.readableBy(viewer));
    const partsOf: Context["organizations"]["partsOf"] = (name, as) => {
      const state = this.#tenants.find(({ tenant }) => tenant.name === name) ?? this.#none;
      return state.partsOf(operation, as);
    };
    return {
      ...this.#none.partsOf(operation, viewer),
      organizations: { readable, requested: organization, partsOf },
      organization: null,
      base: null,
      viewer,
      now,
      budgets,
      alerts,
      seatPrices,
      maxFirst,
      limits,
      longTexts,
      rankings: null,
      warn: (warning) => void warnings.push(warning),
      warnings,
    };
  }

  /** Returns the context of each tenant within one operation. */
  ofEach(options: ContextOptions, viewer: Viewer): readonly Context[] {
    const ctx = this.of(options, viewer);
    return this.#tenants.map(({ tenant }) => contextOfTenant(ctx, tenant.name));
  }

  /** Makes one request with the key of the first tenant that has one for it, and returns its response as it came. */
  answer: UpstreamAnswer = (asker, endpoint, params) => {
    const able = this.#tenants.find(({ credentials }) => credentials[endpoint.key] !== null);
    return (able ?? this.#none).answer(asker, endpoint, params);
  };

  /** The state of every upstream, for metrics. */
  get states(): readonly UpstreamState[] {
    return this.#tenants.map(({ state }) => state);
  }

  /** Fetches what of the directories was needed lately and is about to age. */
  async refreshDirectories(): Promise<void> {
    for (const { current } of this.#tenants) await current.directory.refresh();
  }

  /** Records what the newest exports say. Faults of upstream pass; the next time it goes on. */
  async record(viewer: Viewer): Promise<void> {
    if (this.#options.upstream.archive === null) return;
    this.#recording ??= this.#record(viewer).finally(() => {
      this.#recording = null;
    });
    await this.#recording;
  }

  async #record(viewer: Viewer): Promise<void> {
    const asker = { signal: this.#stopping.signal, priority: "refresh", unbounded: true } as const;
    for (const ctx of this.ofEach(asker, viewer)) {
      try {
        await recordCost(ctx);
      } catch (fault) {
        if (!(fault instanceof GatewayError)) this.#options.onFault(fault);
      }
    }
  }

  /** Ends background fetches. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#recording, ...this.#tenants.map(({ current }) => current.directory.stop())]);
  }

  /** Resolves once background fetches have ended and all that was fetched is stored. */
  async dispose(): Promise<void> {
    await this.stop();
    await Promise.all(this.#tenants.map((state) => state.dispose()));
  }
}

/** State of one tenant in this process. */
class TenantState {
  readonly tenant: Tenant;
  readonly pseudonyms: Pseudonyms;
  readonly #keys: () => Credentials;
  readonly #generations: KeyGenerations;
  readonly #orgDirectory: () => OrgDirectory;
  /** Made when a caller sees people by pseudonym: an org chart can be long. */
  readonly #masks = new WeakMap<OrgDirectory, OrgDirectory>();

  constructor(
    { credentials, keys, directory: { files, orgDirectory, reread }, ...tenant }: TenantConfig,
    { upstream: options, pseudonymKey, shared: store, now, onFileRead, onFault }: ContextsOptions,
    inUse: () => readonly OwnedKey[],
  ) {
    const elapsedMs = options.pace.now;
    this.tenant = tenant;
    this.pseudonyms = new Pseudonyms(pseudonymKey ?? secretOf(credentials));
    this.#orgDirectory = watchedFile({
      paths: Object.values(files),
      read: reread,
      first: orgDirectory,
      onRead: () =>
        onFileRead({
          holds: "teams and aliases",
          ...(tenant.name !== null && { organization: tenant.name }),
        }),
      onFault,
      staying: "The teams and aliases read before stay in force.",
      settles: true,
      elapsedMs,
    });
    this.#keys = watchedFile({
      paths: keys.files,
      read: () => {
        const replaced = keys.reread();
        refuseSameKey([...ownedBy(tenant, replaced), ...inUse().filter((each) => each.tenant !== tenant)]);
        return replaced;
      },
      first: credentials,
      onRead(replaced, before) {
        const known = ownedBy(tenant, before);
        for (const { organization, fingerprint } of ownedBy(tenant, replaced)) {
          const isKnown = known.some(
            (each) => each.organization === organization && each.fingerprint === fingerprint,
          );
          if (!isKnown) onFileRead({ holds: "key", organization, key: fingerprint });
        }
      },
      onFault,
      staying: "The keys read before stay in use.",
      settles: true,
      elapsedMs,
    });
    this.#generations = new KeyGenerations(this.#keys, (current) => {
      const upstream = createUpstream({ ...options, tenant, credentials: current });
      const operation = (asker: OperationOptions) =>
        upstream.operation(new Operation(options.maxRequests, asker));
      return { upstream, directory: new DirectoryCache({ ...upstream, operation, now, store, onFault }) };
    });
  }

  get credentials(): Credentials {
    return this.#keys();
  }

  /** The keys of now, each with the organization that it is set for. */
  get ownedKeys(): readonly OwnedKey[] {
    return ownedBy(this.tenant, this.credentials);
  }

  /** The upstream and the directory by the keys of now. */
  get current() {
    return this.#generations.current();
  }

  get state(): UpstreamState {
    return {
      tenant: this.tenant,
      budgets: () => this.current.upstream.budgets(),
      accessStatus: (dataset) => this.current.upstream.accessStatus(dataset),
    };
  }

  dispose(): Promise<void> {
    return this.#generations.dispose();
  }

  get answer(): UpstreamAnswer {
    return this.current.upstream.answer;
  }

  /** Returns the organizations that a viewer may read. */
  readableBy(viewer: Viewer): readonly ReadableOrganization[] {
    return this.#readableBy(viewer).map((each) => ({
      ...each,
      tenant: this.tenant.name,
      hasKey: this.credentials[each.kind === "ENTERPRISE" ? "analytics" : "admin"] !== null,
    }));
  }

  #readableBy(viewer: Viewer): readonly NamedOrganization[] {
    return this.tenant.organizations.filter(({ name }) => mayReadOrganization(viewer, name));
  }

  /** The parts of the context of an operation, as its viewer sees organizations and people. */
  partsOf(operation: Operation, viewer: Viewer): TenantContext {
    const files = this.#orgDirectory();
    operation.dependOn(whileCurrent(files, this.#orgDirectory));
    const generation = this.current;
    operation.dependOn(whileCurrent(generation, () => this.current));
    const upstream = this.#limited(generation.upstream.operation(operation), viewer);
    const isByName = viewer.identity === "full";
    return {
      upstream: isByName ? upstream : pseudonymousUpstream(upstream, this.pseudonyms),
      orgDirectory: isByName ? files : this.#pseudonymous(files),
      managedTeams: managedBy(viewer, files),
      directory: generation.directory.of(upstream, isByName ? null : this.pseudonyms),
      secretDigest: (text) => this.pseudonyms.digest(`id ${text}`, ID_DIGEST_LENGTH),
    };
  }

  #limited(upstream: Upstream, viewer: Viewer): Upstream {
    const readable = this.#readableBy(viewer);
    const isLimited = readable.length < this.tenant.organizations.length;
    return isLimited ? limitedUpstream(upstream, readable) : upstream;
  }

  #pseudonymous(named: OrgDirectory): OrgDirectory {
    return this.#masks.getOrInsertComputed(named, () => pseudonymousDirectory(named, this.pseudonyms));
  }
}

const NO_TEAMS: ReadonlySet<string> = new Set();

/** The teams that a lead manages, by the addresses of the operator's list: other viewers of it can see pseudonyms. */
function managedBy({ role, email }: Viewer, { teams, aliases }: OrgDirectory): ReadonlySet<string> {
  if (role !== "LEAD" || email === null || teams === null) return NO_TEAMS;
  const own = emailKey(email, aliases);
  const managed = teams.all.filter(({ manager }) => manager !== null && emailKey(manager, aliases) === own);
  return new Set(managed.map(({ teamId }) => teamId));
}

/** A key with the organization that it is set for. */
interface OwnedKey {
  readonly tenant: Tenant;
  readonly organization: string;
  readonly fingerprint: string;
}

function ownedBy(tenant: Tenant, credentials: Credentials): readonly OwnedKey[] {
  return (["analytics", "admin"] as const).flatMap((key) => {
    const fingerprint = credentials[key]?.fingerprint;
    const organization = organizationName(tenant, ORGANIZATION_OF_KEY[key]);
    return fingerprint === undefined ? [] : [{ tenant, organization, fingerprint }];
  });
}

/** Throws ConfigError where two organizations have one key, as a start with such keys does. */
function refuseSameKey(keys: readonly OwnedKey[]): void {
  for (const [i, { organization, fingerprint }] of keys.entries()) {
    const other = keys.slice(i + 1).find((each) => each.fingerprint === fingerprint);
    if (other !== undefined)
      throw new ConfigError([
        `The key file of the organization ${organization} holds the key of ${other.organization}, and a key belongs to one organization.`,
      ]);
  }
}

/** Derived from the keys: with the same keys, pseudonyms stay the same. */
function secretOf({ analytics, admin }: Credentials): string {
  return (analytics ?? admin)?.derive("pseudonyms") ?? "";
}
