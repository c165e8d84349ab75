import type { Context, ReadableOrganization } from "../context.ts";
import {
  type NamedOrganization,
  ORGANIZATIONS,
  type OrganizationKind,
  organizationName,
} from "../domain/organization.ts";
import { asMember } from "../domain/viewer.ts";
import { badInput, GatewayError } from "../errors.ts";
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

/** The organizations of a tenant that the gateway has a key of, in order of preference. */
export function organizationsOf({ upstream }: Pick<Context, "upstream">): OrganizationKind[] {
  return ORGANIZATIONS.map(({ kind }) => kind).filter((kind) => hasKeyOf(upstream, kind));
}

/** Returns the name of an organization of this context. */
export function nameOf({ upstream }: Pick<Context, "upstream">, kind: OrganizationKind): string {
  return organizationName(upstream.tenant, kind);
}

/** True if a kind of organization is in the tenant of a context. A tenant without a name is of both, with a key or without one. */
export function isInTenant(
  { upstream: { tenant } }: Pick<Context, "upstream">,
  kind: OrganizationKind,
): boolean {
  return tenant.name === null || tenant.organizations.some((each) => each.kind === kind);
}

/** An organization as a field requests it: by name, or by the one kind that has its figures. */
export interface OrganizationRequest {
  readonly name: string | null | undefined;
  /** Null: of either kind. */
  readonly kind: OrganizationKind | null;
  /** The figures, as an error names them. */
  readonly what?: string;
}

/** Contexts of the fields of an operation, by tenant and organization. */
const contexts = new WeakMap<Context, Map<string, Context>>();

/**
 * Returns the context of the fields below one that requests an organization. Where the operator has named organizations, none is the
 * default: without a name the only one that can be meant is used. Throws BAD_USER_INPUT with the names where several can.
 */
export function contextFor(ctx: Context, { name, kind, what = "this" }: OrganizationRequest): Context {
  const base = ctx.base ?? ctx;
  const { readable, requested } = base.organizations;
  if (ctx.upstream.tenant.name === null) {
    const found = namedOrNull(readable, name ?? requested);
    const isOther = kind !== null && found !== null && found.kind !== kind;
    if (isOther && typeof name === "string") throw ofOtherKind(found.name, readable, { kind, what });
    return ctx;
  }
  const stated = kindNamed(name, readable);
  if (stated !== null && kind !== null && stated !== kind)
    throw ofOtherKind(name ?? "", readable, { kind, what });
  const wanted = stated ?? kind;
  const ofField = stated === null ? (name ?? null) : null;
  const found = namedOrNull(readable, ofField ?? requested);
  if (found !== null) {
    // The request names an organization for all of its fields: those of the other kind are of the one with the same people.
    const isOther = wanted !== null && found.kind !== wanted;
    const meant = isOther && ofField === null ? siblingOf(found, readable) : found;
    if (wanted === null || meant?.kind === wanted) return enter(base, meant ?? found);
    throw ofOtherKind(found.name, readable, { kind: wanted, what });
  }
  const possible = readable.filter((each) => wanted === null || each.kind === wanted);
  const [only, ...others] = possible;
  if (only === undefined) return base;
  if (others.length === 0) return enter(base, only);
  // A field that joins them is about all; one that does not finds them ambiguous itself.
  if (others.every(({ tenant }) => tenant === only.tenant)) return contextOfTenant(base, only.tenant);
  throw ambiguous(possible);
}

/**
 * The kind that a name without an organization states: `enterprise` and `console`, by which the query library asks, are those of the tenant
 * that the request names, or the only ones.
 */
function kindNamed(
  name: string | null | undefined,
  readable: readonly NamedOrganization[],
): OrganizationKind | null {
  if (name === null || name === undefined || readable.some((each) => each.name === name)) return null;
  return ORGANIZATIONS.find((each) => each.name === name)?.kind ?? null;
}

/** Returns the context of a tenant; the one of its fields that name no organization. */
export function contextOfTenant(ctx: Context, tenant: string | null): Context {
  const base = ctx.base ?? ctx;
  if (base.upstream.tenant.name === tenant) return base;
  return kept(base, `${tenant}\n`, () => ({
    ...base,
    ...base.organizations.partsOf(tenant, base.viewer),
    base,
  }));
}

/** Returns the context of fields about the caller themselves: a team lead reads these as a member does. */
export function contextOfSelf(ctx: Context): Context {
  if (ctx.viewer.role !== "LEAD") return ctx;
  const base = ctx.base ?? ctx;
  const self = kept(base, "self", () => {
    const viewer = asMember(base.viewer);
    return { ...base, ...base.organizations.partsOf(base.upstream.tenant.name, viewer), viewer };
  });
  return contextOfTenant(self, ctx.upstream.tenant.name);
}

function enter(base: Context, organization: ReadableOrganization): Context {
  const { tenant, name } = organization;
  return kept(base, `${tenant}\n${name}`, () => ({ ...contextOfTenant(base, tenant), organization }));
}

function kept(base: Context, key: string, make: () => Context): Context {
  return contexts.getOrInsertComputed(base, () => new Map()).getOrInsertComputed(key, make);
}

function siblingOf(
  organization: ReadableOrganization,
  readable: readonly ReadableOrganization[],
): ReadableOrganization | null {
  return readable.find((each) => each.tenant === organization.tenant && each !== organization) ?? null;
}

/** Returns the organization of a name; null without a name. Throws BAD_USER_INPUT for an unknown one. */
function namedOrNull<O extends NamedOrganization>(
  readable: readonly O[],
  name: string | null | undefined,
): O | null {
  if (name === null || name === undefined) return null;
  const found = readable.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw badInput(`Unknown organization \`${name}\`: ${namesOf(readable)}.`);
}

function namesOf(organizations: readonly NamedOrganization[]): string {
  const names = organizations.map(({ name }) => name);
  if (names.length === 0) return "there is no organization that you may read";
  return names.length === 1 ? `use ${listOfNames(names)}` : `use one of ${listOfNames(names)}`;
}

/** Lists names in a sentence. */
export function listOfNames(names: readonly string[]): string {
  const marked = names.map((name) => `\`${name}\``);
  const [last] = marked.slice(-1);
  return marked.length < 2 ? (last ?? "") : `${marked.slice(0, -1).join(", ")} and ${last}`;
}

function ambiguous(possible: readonly NamedOrganization[]): GatewayError {
  return new GatewayError(
    "BAD_USER_INPUT",
    `Several organizations have these figures, and \`organization\` names none: ${namesOf(possible)}.`,
    { organizations: possible.map(({ name }) => name) },
  );
}

interface FiguresOfKind {
  readonly kind: OrganizationKind;
  readonly what: string;
}

function ofOtherKind(
  name: string,
  readable: readonly ReadableOrganization[],
  { kind, what }: FiguresOfKind,
): GatewayError {
  const able = readable.filter((each) => each.kind === kind);
  const [only, ...others] = able;
  const does =
    only === undefined
      ? ""
      : others.length === 0
        ? `; \`${only.name}\` does (this gateway has ${only.hasKey ? "a" : "no"} key of it)`
        : `: ${namesOf(able)}`;
  return badInput(`\`${name}\` does not report ${what}${does}.`);
}

/**
 * The organization a question is about: the one it names, or that a field above or the request names. Else it is the first that the
 * gateway has a key of, unless the operator has named organizations: then several are ambiguous. Nothing else in a question chooses it.
 * Throws BAD_USER_INPUT.
 */
export function organizationNamed(ctx: Context, name: string | null | undefined): OrganizationKind {
  const { tenant } = ctx.upstream;
  const { readable, requested } = ctx.organizations;
  if (tenant.name === null)
    return namedOrNull(tenant.organizations, name ?? requested)?.kind ?? preferredOf(ctx);
  if (name !== null && name !== undefined) {
    const stated = kindNamed(name, readable);
    const own = tenant.organizations.find((each) =>
      stated === null ? each.name === name : each.kind === stated,
    );
    if (own !== undefined) return own.kind;
    namedOrNull(readable, name);
    throw badInput(
      `\`${name}\` is not an organization of this part of the answer, which is of ${listOfNames(tenant.organizations.map((each) => each.name))}; name it in a field of the root.`,
    );
  }
  if (ctx.organization !== null) return ctx.organization.kind;
  const [only, ...others] = tenant.organizations;
  if (only !== undefined && others.length === 0) return only.kind;
  throw ambiguous(only === undefined ? readable : tenant.organizations);
}

function preferredOf(ctx: Context): OrganizationKind {
  return organizationsOf(ctx)[0] ?? "ENTERPRISE";
}

/**
 * The organization of a figure that one kind alone reports: it can be named, but not exchanged. Throws BAD_USER_INPUT for the
 * name of another kind.
 */
export function organizationOfKind(
  ctx: Context,
  name: string | null | undefined,
  figures: FiguresOfKind,
): OrganizationKind {
  const { tenant } = ctx.upstream;
  const requested = name === null || name === undefined ? figures.kind : organizationNamed(ctx, name);
  if (requested === figures.kind) return requested;
  const own = ctx.organizations.readable.filter((each) => each.tenant === tenant.name);
  throw ofOtherKind(nameOf(ctx, requested), own, figures);
}

/** States as a clause whether the gateway has a key of an organization. */
export function keyText(upstream: Upstream, organization: OrganizationKind): string {
  return `this gateway has ${hasKeyOf(upstream, organization) ? "a" : "no"} key of it`;
}
