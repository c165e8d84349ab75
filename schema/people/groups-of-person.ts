import { groupsOfUser } from "../../src/loaders/groups.ts";
import { membershipRequests } from "../../src/loaders/teams.ts";
import { builder } from "../framework/builder.ts";
import { Group, groupNode } from "./group.ts";
import { UserProfile } from "./user.ts";

builder.interfaceField(UserProfile, "groups", (t) =>
  t.field({
    requires: ["activity:read", "own"],
    type: [Group],
    nullable: true,
    description:
      "The RBAC groups the person is in now. Null: not in the Enterprise organization. Upstream lists members by group only, so they come from the directory, which is read once a day. Errors: DIRECTORY_NOT_READY, UPSTREAM_*.",
    sources: ["GROUPS", "GROUP_MEMBERS"],
    requests: (_input, ctx) => membershipRequests(ctx),
    resolve: async ({ organization, userId }, _args, ctx) => {
      if (organization !== "ENTERPRISE") return null;
      return ((await groupsOfUser(ctx, {}).load(userId)) ?? []).map(groupNode);
    },
  }),
);
