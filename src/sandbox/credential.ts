import { type Endpoint, type KeyKind, Refusal } from "./endpoint.ts";

/** Proof of the sender of a request. */
export interface Credential {
  readonly kind: KeyKind;
  readonly organization: "enterprise" | "console";
  readonly scopes: readonly string[];
}

const PREFIXES: Readonly<Record<string, KeyKind>> = {
  "sk-ant-api01-": "enterprise",
  "sk-ant-admin01-": "admin",
  "sk-ant-oat01-": "oauth",
  "sk-ant-enterprise-": "enterprise",
  "sk-ant-console-": "admin",
};

/** The scopes a key made without choosing any holds. Admin keys and OAuth tokens have none and need none. */
const ALL_SCOPES = ["read:analytics", "read:members", "read:rbac_groups", "read:spend_limits"];

/** `read:org_audit` covers the look-ups, but neither analytics nor spend limits. */
const COVERED_BY_AUDIT = ["read:members", "read:rbac_groups"];

type Headers = Readonly<Record<string, string | undefined>>;

function keyIn(headers: Headers): string | undefined {
  return headers["x-api-key"] ?? /^bearer +(.*)$/i.exec(headers.authorization ?? "")?.[1];
}

/**
 * The key of a request, in `x-api-key` or as a bearer token alike (the official SDK sends the latter). Any key with a known
 * prefix is accepted; `…-revoked` is not; `…+read:members,read:rbac_groups` holds only the scopes named after the plus.
 */
export function credentialOf(headers: Headers): Credential {
  const sent = keyIn(headers);
  if (sent === undefined) throw new Refusal(401, "No key was supplied: send x-api-key, or a bearer token");
  const [key = "", scopes] = sent.trim().split("+", 2);
  const prefix = Object.keys(PREFIXES).find((known) => key.startsWith(known) && key.length > known.length);
  const kind = prefix === undefined ? undefined : PREFIXES[prefix];
  if (kind === undefined) throw new Refusal(401, "The supplied key was not recognised");
  if (key.endsWith("-revoked")) throw new Refusal(401, "The supplied key was revoked");
  return {
    kind,
    organization: kind === "enterprise" ? "enterprise" : "console",
    scopes: kind !== "enterprise" ? [] : (scopes?.split(",").filter((scope) => scope !== "") ?? ALL_SCOPES),
  };
}

/**
 * The seed that a key names, as `sk-ant-api01-sandbox-seed7` does: it is a key of the organization of that seed, and of no other.
 * Null: it names none.
 */
export function seedIn(headers: Headers): number | null {
  const [, seed] = /-seed(\d{1,10})(-revoked)?(\+|$)/.exec(keyIn(headers)?.trim() ?? "") ?? [];
  return seed === undefined ? null : Number(seed);
}

/** Refuses a key that is good but not for this endpoint. */
export function admit({ path, keys, scope }: Endpoint, { kind, organization, scopes }: Credential): void {
  if (!keys.includes(kind)) {
    const wrongOrganization = !keys.some((key) => (key === "enterprise") === (kind === "enterprise"));
    if (wrongOrganization && path.includes("/analytics/")) {
      throw new Refusal(404, "No analytics for this organization", "organization_type_not_supported");
    }
    if (wrongOrganization && path.includes("/spend_limit")) {
      throw new Refusal(400, `Not for ${organization} organizations`, "organization_type_not_supported");
    }
    throw wrongOrganization
      ? new Refusal(403, `Not for ${organization} organizations`, "organization_type_not_supported")
      : new Refusal(403, `This endpoint refuses ${kind} keys; it needs one of: ${keys.join(", ")}`);
  }
  if (kind !== "enterprise" || scope === undefined || scopes.includes(scope)) return;
  if (scopes.includes("read:org_audit") && COVERED_BY_AUDIT.includes(scope)) return;
  throw new Refusal(403, `This key holds [${scopes.join(", ")}]; the endpoint needs [${scope}]`);
}
