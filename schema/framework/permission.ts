import type { Context } from "../../src/context.ts";
import { isPseudonymousAddress } from "../../src/domain/pseudonym.ts";
import { type Permissions, permissionsOf } from "../../src/domain/viewer.ts";
import { badInput } from "../../src/errors.ts";
import { refusal } from "../../src/planning/permissions.ts";

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
