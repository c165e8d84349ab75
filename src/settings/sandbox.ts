import { parseInstant } from "../domain/day.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { Credential } from "../upstream/access/credential.ts";
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
    format: oneOf(["one", "three"], "one or three"),
    meaning:
      "`one`: one Enterprise and one Console organization. `three`: `north` and `south`, which are Enterprise organizations, and `platform`, the Console organization of `north`.",
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

const SANDBOX_TENANTS: readonly { readonly name: string; readonly joinedBy: string | null }[] = [
  { name: "north", joinedBy: "platform" },
  { name: "south", joinedBy: null },
];

/** Returns three organizations of the sandbox: two Enterprise organizations, and a Console organization that joins the first. */
export function sandboxTenants(seed: number): readonly TenantConfig[] {
  return SANDBOX_TENANTS.map(({ name, joinedBy }, i) => {
    const key = (prefix: string) => new Credential(`${prefix}-seed${seed + i}`);
    const credentials = {
      analytics: key("sk-ant-api01-sandbox"),
      admin: joinedBy === null ? null : key("sk-ant-admin01-sandbox"),
    };
    const ofKind = (each: string, kind: OrganizationKind) => ({
      name: each,
      kind,
      isParent: false,
      parent: null,
      ancestors: [],
    });
    return {
      name,
      organizations: [
        ofKind(name, "ENTERPRISE"),
        ...(joinedBy === null ? [] : [ofKind(joinedBy, "CONSOLE")]),
      ],
      credentials,
      keys: { files: [], reread: () => credentials },
      directory: withoutFiles(),
    };
  });
}
