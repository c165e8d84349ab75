import { joinEmailOf } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import { dayOf } from "../../src/domain/day.ts";
import type { Person, PersonOver } from "../../src/domain/person.ts";
import { ledTeams, TEAM_SOURCES, teamRequests, teamsNow } from "../../src/loaders/teams.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { builder } from "../framework/builder.ts";
import { memberLookup, ofMembers } from "./member-lookup.ts";
import { type TeamNode, TeamType } from "./team.ts";
import { UserProfile } from "./user.ts";

/** Options of a field of a person's teams: for the address, which rows of people show, and for the teams. */
const ofTeamsOfPerson = {
  sources: [...TEAM_SOURCES, ...ofMembers.sources],
  requests: ({ type }, ctx) => [...(type === "UserSummary" ? [] : [memberLookup(ctx)]), ...teamRequests(ctx)],
} as const satisfies FieldPlanOptions;

async function teamsOfPerson(ctx: Context, person: Person | PersonOver) {
  const userId = person.organization === "ENTERPRISE" ? person.userId : null;
  const teams = await teamsNow(ctx);
  const led = await ledTeams(ctx);
  return teams
    .of({ userId, email: await joinEmailOf(ctx, person) }, dayOf(ctx.now()))
    .filter(({ teamId }) => led?.has(teamId) ?? true);
}

builder.interfaceFields(UserProfile, (t) => ({
  team: t.string({
    requires: ["activity:read", "own", "ofTeam"],
    nullable: true,
    description:
      "Name of the person's current team; of several the first by name, and `teams` has all. Null: no team. If the RBAC groups are the teams, their members come from the directory, which is read once a day. Errors: DIRECTORY_NOT_READY, UPSTREAM_*.",
    ...ofTeamsOfPerson,
    resolve: async (person, _args, ctx) => (await teamsOfPerson(ctx, person))[0]?.name ?? null,
  }),
  teams: t.field({
    requires: ["activity:read", "own", "ofTeam"],
    type: [TeamType],
    nullable: true,
    description: "The person's current teams, by name. Empty: no team. Otherwise as `team`.",
    ...ofTeamsOfPerson,
    resolve: async (person, _args, ctx) =>
      (await teamsOfPerson(ctx, person)).map((team): TeamNode => ({ placement: { kind: "team", team } })),
  }),
}));
