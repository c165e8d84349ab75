import { personByEmail } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import { emailKey } from "../../src/domain/organization.ts";
import type { Person } from "../../src/domain/person.ts";
import { forbidden, GatewayError } from "../../src/errors.ts";

/** True if the viewer may read other people. */
export function mayReadOthers({ viewer }: Context): boolean {
  return viewer.scopes.has("activity:read");
}

/** The viewer, found by their verified address. Other people are FORBIDDEN alike, whether they exist or not. */
export async function ownPerson(ctx: Context, userId: string | null, email: string | null): Promise<Person> {
  const { aliases } = ctx.orgDirectory;
  const own = ctx.viewer.email;
  if (own === null)
    throw new GatewayError(
      "FORBIDDEN",
      "Your own figures are found by your address, and your token has no address that its issuer verified (`email` with `email_verified: true`).",
      { scope: "activity:read" },
    );
  const isOther = email !== null && emailKey(email, aliases) !== emailKey(own, aliases);
  const person = isOther ? null : await personByEmail(ctx, own);
  if (person === null && userId === null && email === null)
    throw new GatewayError(
      "NOT_FOUND",
      "Your token has no verified address of a current member; ask the operator of the gateway for a token with your address.",
    );
  if (person === null || (userId !== null && userId !== person.userId))
    throw forbidden("Reading other people", ["activity:read"]);
  return person;
}
