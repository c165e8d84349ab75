import { parseInstant } from "../domain/day.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { simulatedOrganizationId } from "../domain/simulated-id.ts";
import { Credential, type Credentials } from "../upstream/access/credential.ts";
import { ON_OR_OFF, oneOf, wholeNumber } from "./formats.ts";
import { type TenantConfig, withoutFiles } from "./organizations.ts";
import { optional, type SettingsReader, setting } from "./setting.ts";

export const SANDBOX = {
  users: setting({
    name: "SANDBOX_USERS",
    default: "250",
    format: wholeNumber(20, 100_000, "members"),
    meaning: "Members of the simulated organization.",
  }),
  seed: setting({
    name: "SANDBOX_SEED",
    default: "1",
    format: wholeNumber(0, 2 ** 31),
    meaning: "Seed of the simulated organization. The same seed gives the same figures.",
  }),
  organizations: setting({
    name: "SANDBOX_ORGANIZATIONS",
    default: "one",
    format: oneOf(["one", "three", "parent"], "one, three or parent"),
    meaning:
      "`one`: one Enterprise and one Console organization. `three`: `north` and `south`, which are Enterprise organizations, and `platform`, the Console organization of `north`. `parent`: `holding`, a parent organization, and its children `north`, `south` and `clinic`, which has HIPAA readiness; all are Enterprise organizations.",
  }),
  rateLimit: setting({
    name: "SANDBOX_RATE_LIMIT",
    default: "on",
    format: ON_OR_OFF,
    meaning: "Rejects requests over the rate limit, as upstream does.",
  }),
};

export const CLOCK = optional({
  name: "CLOCK",
  whenUnset: "the machine's clock",
  format: {
    parse: parseInstant,
    expected: "an instant such as 2026-11-22T12:00:00Z",
    values: "RFC 3339 instant",
  },
  meaning: "Instant at which the clock starts. It advances from there.",
  example: "2026-11-22T12:00:00Z",
});

/** Reads the size and seed of the simulated organization. */
export function sandboxConfig(reader: SettingsReader) {
  return Object.freeze(reader.readAll(SANDBOX));
}

/** A simulated Enterprise organization; `joinedBy` is the Console organization with the same people, `parent` its parent. */
interface SimulatedTenant {
  readonly name: string;
  readonly joinedBy?: string;
  readonly isParent?: true;
  readonly parent?: string;
}

const SANDBOX_TENANTS: Readonly<Record<"three" | "parent", readonly SimulatedTenant[]>> = {
  three: [{ name: "north", joinedBy: "platform" }, { name: "south" }],
  parent: [
    { name: "holding", isParent: true },
    { name: "north", parent: "holding" },
    { name: "south", parent: "holding" },
    { name: "clinic", parent: "holding" },
  ],
};

/** Returns how many children the simulated organization has. */
export function simulatedChildren({ organizations }: { readonly organizations: string }): number {
  return organizations === "parent" ? SANDBOX_TENANTS.parent.length - 1 : 0;
}

type SandboxConfig = ReturnType<typeof sandboxConfig>;

/** Keys that name the figures they are of, so that a store never answers with those of another seed, size or number of organizations. */
function simulatedKey(prefix: string, { organizations, users }: SandboxConfig, seed: number): Credential {
  return new Credential(`${prefix}-${organizations}-users${users}-seed${seed}`);
}

/** Returns the keys of the sandbox where it simulates one organization of each kind. */
export function sandboxCredentials(config: SandboxConfig): Credentials {
  return {
    analytics: simulatedKey("sk-ant-api01-sandbox", config, config.seed),
    admin: simulatedKey("sk-ant-admin01-sandbox", config, config.seed),
  };
}

/** Returns several organizations of the sandbox, with seeds that follow one another; null where it simulates one of each kind. */
export function sandboxTenants(config: SandboxConfig): readonly TenantConfig[] | null {
  const { organizations, seed, users } = config;
  if (organizations !== "three" && organizations !== "parent") return null;
  return SANDBOX_TENANTS[organizations].map(({ name, joinedBy, isParent = false, parent = null }, i) => {
    const key = (prefix: string) => simulatedKey(prefix, config, seed + i);
    const credentials = {
      analytics: key("sk-ant-api01-sandbox"),
      admin: joinedBy === undefined ? null : key("sk-ant-admin01-sandbox"),
    };
    const ofKind = (each: string, kind: OrganizationKind) => ({
      name: each,
      kind,
      id: simulatedOrganizationId(
        { seed: seed + i, users, children: isParent ? simulatedChildren(config) : 0 },
        kind,
      ),
      isParent,
      parent,
      ancestors: parent === null ? [] : [parent],
    });
    return {
      name,
      organizations: [
        ofKind(name, "ENTERPRISE"),
        ...(joinedBy === undefined ? [] : [ofKind(joinedBy, "CONSOLE")]),
      ],
      credentials,
      keys: { files: [], reread: () => credentials },
      directory: withoutFiles(),
    };
  });
}
