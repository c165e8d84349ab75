import type { Context } from "../../src/context.ts";
import { isPseudonymousAddress } from "../../src/domain/pseudonym.ts";
import { type Permissions, permissionsOf, scopeIn, type Viewer } from "../../src/domain/viewer.ts";
import { badInput, forbidden, type GatewayError, unseen } from "../../src/errors.ts";

/**
 * Throws FORBIDDEN where an argument tells of what the viewer may not see: an order is as good as the figures it goes by, and a
 * filter as good as the name. Some ask nothing.
 */
export function requirePermission(
  { viewer }: Pick<Context, "viewer">,
  permission: keyof Permissions | undefined,
  what: string,
): void {
  if (permission !== undefined && !permissionsOf(viewer)[permission])
    throw refusal(viewer, [permission], what);
}

/** Why what asks any of some permits is refused: for want of a scope, or for how the viewer sees people. */
export function refusal(
  viewer: Viewer,
  requested: readonly (keyof Permissions)[],
  what: string,
): GatewayError {
  const scopes = requested.flatMap((each) => scopeIn(each) ?? []);
  const missing = scopes.filter((scope) => !viewer.scopes.has(scope));
  return missing.length === 0 && viewer.identity === "none" ? unseen(what) : forbidden(what, missing);
}

/**
 * Throws BAD_USER_INPUT where a viewer who sees people by pseudonym filters by an address: the answer would reveal that the
 * person exists.
 */
export function refuseProbing({ viewer }: Context, email: string): void {
  if (viewer.identity !== "full" && !isPseudonymousAddress(email))
    throw badInput(
      "You see people by pseudonym, so addresses find no person; pass an `email` as answers show it to you.",
    );
}
