import { personByEmail } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import type { Person } from "../../src/domain/person.ts";
import type { TeamMember } from "../../src/domain/team.ts";
import { currentMembers, TEAM_SOURCES } from "../../src/loaders/teams.ts";
import { pagesOfRows } from "../../src/upstream/pages/iterate.ts";
import { builder } from "../framework/builder.ts";
import { type Connection, connect, forward, type ListQuestion, type Slice } from "../framework/connection.ts";
import { memberLookup } from "./member-lookup.ts";
import { asReadable, readableOrNull } from "./own-person.ts";
import { TeamProfile, teamOf } from "./team.ts";
import { User } from "./user.ts";

const TeamMemberType = builder.objectRef<TeamMember>("TeamMember").implement({
  description: "Current membership of one person in one team.",
  fields: (t) => ({
    email: t.exposeString("email", {
      requires: ["identity:read", "namesOfTeam", "pseudonyms"],
      description:
        "Address. For an RBAC group as upstream spells it; for the operator's list in lower case, with aliases resolved.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description:
        "The person. Null: the operator lists an address, and no organization has a member with it.",
      sources: ["ENTERPRISE_MEMBERS", "CONSOLE_MEMBERS"],
      requests: (_input, ctx) => (ctx.orgDirectory.teams === null ? [] : memberLookup(ctx)),
      resolve: ({ userId, email }, _args, ctx): Person | Promise<Person | null> =>
        userId === null
          ? readableOrNull(ctx, personByEmail(ctx, email))
          : asReadable(ctx, { organization: "ENTERPRISE", userId }),
    }),
  }),
});

const TeamMemberConnection = builder.connectionObject(
  { type: TeamMemberType, name: "TeamMemberConnection", description: "Members of a team." },
  { name: "TeamMemberEdge", description: "A member and its cursor." },
);

builder.interfaceField(TeamProfile, "members", (t) =>
  t.field({
    requires: ["identity:read", "namesOfTeam", "pseudonyms"],
    type: TeamMemberConnection,
    nullable: true,
    description: "Current members, active or not. Null: no team. Errors: CURSOR_*.",
    sources: TEAM_SOURCES,
    args: forward,
    resolve: ({ placement }, slice, ctx) => {
      const team = teamOf(placement);
      if (team === null) return null;
      const question = { field: "Team.members", range: null, args: team.teamId };
      return connectFromMemory(ctx, slice, question, currentMembers(ctx, team), ({ email }) => email);
    },
  }),
);

/** Connects rows that are in memory, with the freshness of the memberships. */
export async function connectFromMemory<Row>(
  ctx: Context,
  slice: Slice,
  question: Omit<ListQuestion, "dataset">,
  rows: readonly Row[],
  idOf: (row: Row) => string,
): Promise<Connection<Row>> {
  const { dataset, about } = membershipsOf(ctx);
  const page = await connect(ctx, slice, { ...question, dataset }, pagesOfRows([{ rows, about }]), idOf);
  return { ...page, totalCount: rows.length };
}

/** Where memberships come from: the operator's list, which has no age, or the RBAC groups. */
export function membershipsOf({ orgDirectory, now }: Context) {
  const about = {
    watermark: null,
    fetchedAt: now(),
    asOf: null,
    range: null,
    state: "OPEN",
    stale: null,
  } as const;
  const dataset: Dataset = orgDirectory.teams === null ? "GROUP_MEMBERS" : "ENTERPRISE_MEMBERS";
  return { dataset, about };
}
