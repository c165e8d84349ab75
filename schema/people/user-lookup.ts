import { personByEmail, personById } from "../../src/analytics/join.ts";
import { contextOfSelf } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import { emailKey } from "../../src/domain/organization.ts";
import type { Person } from "../../src/domain/person.ts";
import { badInput, GatewayError } from "../../src/errors.ts";
import { builder } from "../framework/builder.ts";
import { identityIn } from "../framework/measured-id.ts";
import { ofOrganization, tenantArg } from "../framework/organization.ts";
import { refuseProbing } from "../framework/permission.ts";
import { isPerson, noPerson } from "../gateway/viewer.ts";
import { ofMembers } from "./member-lookup.ts";
import { asReadable, mayReadOthers, ownPerson, readablePerson } from "./own-person.ts";
import { User } from "./user.ts";
import { parseUserId } from "./user-id.ts";

/** Names the field that lists people who have left, for viewers who may read cost. */
function notFound(by: "id" | "email", { viewer }: Context): never {
  const elsewhere = "; people who have left are listed by `cost(groupBy: [USER])`";
  throw new GatewayError(
    "NOT_FOUND",
    `No current member has this ${by}${viewer.scopes.has("spend:read") ? elsewhere : ""}.`,
  );
}

interface LookupArgs {
  readonly id?: string | null | undefined;
  readonly email?: string | null | undefined;
}

builder.queryField("user", (t) =>
  t.field({
    requires: ["people", "self", "peopleOfTeam"],
    type: User,
    nullable: true,
    description:
      "One current member, by `id` or by `email`; without both, the caller, found by the verified address of their token. A team lead reads themselves so, or by their own address, as a member does; by `id` as one of their people. Errors: NOT_FOUND, BAD_USER_INPUT, UPSTREAM_*.",
    args: {
      id: t.arg.id({ description: "The person's `id` in this graph, or the bare `user_...`." }),
      email: t.arg.string({
        description: "The address, ignoring case, or an alias of it.",
        requires: ["identity:read", "self", "namesOfTeam", "pseudonyms"],
      }),
      ...tenantArg,
    },
    ...ofMembers,
    context: (args, ctx) => {
      const self = ofOrganization.context(args, contextOfSelf(ctx));
      return isOfSelf(args, self) ? self : ofOrganization.context(args, ctx);
    },
    resolve: async (_root, { id, email }, ctx) => {
      const byId = id !== null && id !== undefined;
      const byEmail = email !== null && email !== undefined;
      if (byId && byEmail) throw badInput("Pass `id` or `email`, not both.");
      if (byEmail) return (await userByEmail(ctx, email)) ?? notFound("email", ctx);
      if (!byId && (!mayReadOthers(ctx) || isPerson(ctx)))
        return asReadable(ctx, await ownPerson(ctx, null, null));
      if (!byId) throw noPerson(ctx);
      if (!mayReadOthers(ctx)) return readablePerson(ctx, { userId: userIdOf(id, ctx) });
      return (await personById(ctx, userIdOf(id, ctx))) ?? notFound("id", ctx);
    },
  }),
);

/** True if a viewer looks themselves up, by their address or by naming no person. */
function isOfSelf({ id, email }: LookupArgs, { viewer, orgDirectory }: Context): boolean {
  if (typeof id === "string") return false;
  if (typeof email !== "string") return true;
  const { aliases } = orgDirectory;
  return viewer.email !== null && emailKey(email, aliases) === emailKey(viewer.email, aliases);
}

/** Returns the member with this address, or null. Throws where the viewer may not learn which of the two it is. */
export async function userByEmail(ctx: Context, email: string): Promise<Person | null> {
  if (!mayReadOthers(ctx)) return readablePerson(ctx, { email });
  refuseProbing(ctx, email);
  return personByEmail(ctx, email);
}

function userIdOf(id: string, ctx: Context): string {
  return id.startsWith("user_") ? id : parseUserId(identityIn(id, "User", ctx)).userId;
}
