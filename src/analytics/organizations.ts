import type { Context } from "../context.ts";
import { ORGANIZATIONS, type OrganizationKind, organizationName } from "../domain/organization.ts";
import { badInput } from "../errors.ts";
import { type KeyFamily, ORGANIZATION_OF_KEY } from "../upstream/endpoint.ts";
import type { Upstream } from "../upstream/upstream.ts";

const KEYS: Readonly<Record<OrganizationKind, KeyFamily>> = { ENTERPRISE: "analytics", CONSOLE: "admin" };

/** True if the gateway has a key of an organization. */
export function hasKeyOf(upstream: Upstream, organization: OrganizationKind): boolean {
  return upstream.has(KEYS[organization]);
}

/** The organization that an endpoint of this key answers for. */
export function organizationOfKey(key: KeyFamily): OrganizationKind {
  return ORGANIZATION_OF_KEY[key];
}

/** The organizations the gateway has a key of, in order of preference. */
export function organizationsOf({ upstream }: Pick<Context, "upstream">): OrganizationKind[] {
  return ORGANIZATIONS.map(({ kind }) => kind).filter((kind) => hasKeyOf(upstream, kind));
}

/**
 * The organization a question is about: the one it names, else the first the gateway has a key of. Nothing else in a question
 * chooses it. Throws BAD_USER_INPUT for an unknown name.
 */
export function organizationNamed(
  ctx: Pick<Context, "upstream">,
  name: string | null | undefined,
): OrganizationKind {
  if (name === null || name === undefined) return organizationsOf(ctx)[0] ?? "ENTERPRISE";
  const found = ORGANIZATIONS.find((each) => each.name === name);
  if (found !== undefined) return found.kind;
  const names = ORGANIZATIONS.map((each) => `\`${each.name}\``).join(" and ");
  throw badInput(`Unknown organization \`${name}\`: use one of ${names}.`);
}

/**
 * The organization of a figure that one kind alone reports: it can be named, but not exchanged. Throws BAD_USER_INPUT for the
 * name of another kind.
 */
export function organizationOfKind(
  ctx: Pick<Context, "upstream">,
  name: string | null | undefined,
  { kind, what }: { readonly kind: OrganizationKind; readonly what: string },
): OrganizationKind {
  const requested = name === null || name === undefined ? kind : organizationNamed(ctx, name);
  if (requested === kind) return kind;
  throw badInput(
    `\`${organizationName(requested)}\` does not report ${what}; \`${organizationName(kind)}\` does (${keyText(ctx.upstream, kind)}).`,
  );
}

/** States as a clause whether the gateway has a key of an organization. */
export function keyText(upstream: Upstream, organization: OrganizationKind): string {
  return `this gateway has ${hasKeyOf(upstream, organization) ? "a" : "no"} key of it`;
}
