import type { GraphQLObjectType } from "graphql";
import type { Context } from "../context.ts";
import {
  type Permissions,
  permissionsOf,
  type Scope,
  scopesOfPermission,
  type Viewer,
} from "../domain/viewer.ts";
import { forbidden, type GatewayError, outsideOfTeams, unseen } from "../errors.ts";
import type { FieldPlan, Requires } from "./plan.ts";

/** A part of the schema: a type, a field, an argument, a value of an enum. */
export interface SchemaPart {
  readonly extensions?:
    | { readonly plan?: FieldPlan | undefined; readonly requires?: Requires | undefined }
    | null
    | undefined;
}

/** The permissions that a part of the schema requires, any of them; null where it requires none. */
export function requirementsOf({ extensions }: SchemaPart): Requires | null {
  const requires = extensions?.plan?.requires ?? extensions?.requires ?? [];
  return requires.length === 0 ? null : requires;
}

/** The permissions that finding an object by its id requires. */
export function requirementsById(type: GraphQLObjectType): Requires {
  return requirementsOf(type) ?? ["activity:read"];
}

/** Grants what requires nothing, or a permission that is held. */
export function isGranted(requires: Requires | null, permissions: Permissions): boolean {
  if (requires === null) return true;
  for (const each of requires) if (permissions[each]) return true; // a function for each field of each row takes time
  return false;
}

/** Returns the context that a field of the root runs in; a field that the viewer may not read chooses none. */
export function contextOfField(
  plan: FieldPlan,
  args: Readonly<Record<string, unknown>>,
  ctx: Context,
): Context {
  const isOfTenant = plan.context !== undefined && isPermitted({ extensions: { plan } }, ctx);
  return isOfTenant ? plan.context(args, ctx) : ctx;
}

/** Grants the viewer a field, as far as that depends on the field itself. */
export function isPermitted(field: SchemaPart, { viewer }: Pick<Context, "viewer">): boolean {
  return isGranted(requirementsOf(field), permissionsOf(viewer));
}

/** Returns the error for a viewer without any of the required permissions: a scope is missing, or the viewer sees no people. */
export function refusal(viewer: Viewer, requires: Requires, what: string): GatewayError {
  const missing = [...new Set(requires.flatMap((each) => missingIn(each, viewer) ?? []))]; // several can lack the same
  const heldInTeams = missing.find((scope) => viewer.teamScopes.has(scope));
  if (heldInTeams !== undefined) return outsideOfTeams(what, heldInTeams);
  return missing.length === 0 && viewer.identity === "none" ? unseen(what) : forbidden(what, missing);
}

/** The first scope of a permission that the viewer lacks. */
function missingIn(permission: keyof Permissions, { scopes }: Viewer): Scope | undefined {
  return scopesOfPermission(permission).find((scope) => !scopes.has(scope));
}
