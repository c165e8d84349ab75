import type { GraphQLObjectType } from "graphql";
import type { Context } from "../src/context.ts";
import { isPseudonymousAddress } from "../src/domain/pseudonym.ts";
import { type Permits, permitsOf, scopeIn, type Viewer } from "../src/domain/viewer.ts";
import { badInput, forbidden, type GatewayError, unseen } from "../src/errors.ts";

/**
 * Throws FORBIDDEN where an argument tells of what the viewer may not see: an order is as good as the figures it goes by, and a
 * filter as good as the name. Some ask nothing.
 */
export function demand({ viewer }: Context, permit: keyof Permits | undefined, what: string): void {
  if (permit !== undefined && !permitsOf(viewer)[permit]) throw refusal(viewer, [permit], what);
}

/** Why what asks any of some permits is refused: for want of a scope, or for how the viewer sees people. */
export function refusal(viewer: Viewer, asked: readonly (keyof Permits)[], what: string): GatewayError {
  const scopes = asked.flatMap((each) => scopeIn(each) ?? []);
  const missing = scopes.filter((scope) => !viewer.scopes.has(scope));
  return missing.length === 0 && viewer.identity === "none" ? unseen(what) : forbidden(what, missing);
}

/** Throws BAD_USER_INPUT where somebody who sees people by pseudonym asks by an address: whether there is anybody would be an answer. */
export function refuseProbing({ viewer }: Context, email: string): void {
  if (viewer.identity !== "full" && !isPseudonymousAddress(email))
    throw badInput(
      "You see people by pseudonym, so that nobody is found by an address; pass an `email` as answers show it to you.",
    );
}

/** Any of these. */
export type Asks = readonly (keyof Permits)[];

/** A part of the schema: a field, an argument, a value of an enum. */
export interface Part {
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * The extension that says of an argument, of a value of an enum, or of finding a type's objects by id, what `authScopes` says of a
 * field: what it asks of the viewer. Resolvers demand it, and introspection leaves out what it refuses.
 */
export function asks(...any: readonly (keyof Permits | undefined)[]): { readonly asks?: Asks } {
  const asked = any.filter((each) => each !== undefined);
  return asked.length === 0 ? {} : { asks: asked };
}

/** What a part of the schema asks of the viewer, any of it; null where it asks nothing of its own. */
export function asksFor({ extensions }: Part): Asks | null {
  const options = extensions?.pothosOptions as { readonly authScopes?: Partial<Permits> } | undefined;
  if (options?.authScopes !== undefined) return Object.keys(options.authScopes) as (keyof Permits)[];
  return (extensions?.asks as Asks | undefined) ?? null;
}

/** What finding an object by its id asks, where its type says nothing else. */
export function asksById(type: GraphQLObjectType): Asks {
  return asksFor(type) ?? ["activity:read"];
}

/** Whether one of what is asked is permitted; what asks nothing is open. */
export function isOpen(asked: Asks | null, permits: Permits): boolean {
  return asked?.some((each) => permits[each]) ?? true;
}

/** Whether the viewer may select a field, as far as it depends on the field itself. */
export function isPermitted(field: Part, { viewer }: Context): boolean {
  return isOpen(asksFor(field), permitsOf(viewer));
}
