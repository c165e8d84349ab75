import type { GraphQLField } from "graphql";
import type { Context } from "../src/context.ts";
import { type Permits, permitsOf, type Scope } from "../src/domain/viewer.ts";
import { forbidden } from "../src/errors.ts";

/** Throws FORBIDDEN where an argument tells of what the viewer may not see: an order is as good as the figures it goes by. */
export function demand({ viewer }: Context, scope: Scope, what: string): void {
  if (!viewer.scopes.has(scope)) throw forbidden(what, [scope]);
}

/** What a field asks of the viewer, any of it; null where it asks nothing of its own. */
export function asksFor({ extensions }: GraphQLField<unknown, unknown>): (keyof Permits)[] | null {
  const options = extensions.pothosOptions as { readonly authScopes?: Partial<Permits> } | undefined;
  return options?.authScopes === undefined ? null : (Object.keys(options.authScopes) as (keyof Permits)[]);
}

/** Whether the viewer may select a field, as far as it depends on the field itself. */
export function isPermitted(field: GraphQLField<unknown, unknown>, { viewer }: Context): boolean {
  const permits = permitsOf(viewer);
  return asksFor(field)?.some((each) => permits[each]) ?? true;
}
