import { hasKeyOf } from "../../src/analytics/organizations.ts";
import { limitsOfUser } from "../../src/loaders/spend-limits.ts";
import { spendLimits } from "../../src/upstream/endpoints/spend-limits.ts";
import { requestsByKey } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { User } from "../people/user.ts";
import { SpendLimit } from "./spend-limit.ts";

/** Kinds of period that upstream is known to have. */
const PERIODS = 3;

builder.objectField(User, "spendLimits", (t) =>
  t.field({
    requires: ["limits", "own", "limitsOfTeam"],
    type: [SpendLimit],
    nullable: true,
    description:
      "The person's spend limits in the Enterprise organization, one for each kind of period that has one. Empty: no level sets a limit. They are as of now: a team lead reads them of current members, and what is spent includes days of the period before the person joined the team. One upstream request per hundred people of a list. Null: not a member of that organization. Errors: NOT_CONFIGURED, NOT_ENTITLED, UPSTREAM_*.",
    sources: ["SPEND_LIMITS"],
    maxRows: () => PERIODS,
    requests: () => requestsByKey(spendLimits, [null]),
    async resolve({ organization, userId }, _args, ctx) {
      if (organization !== "ENTERPRISE" && hasKeyOf(ctx.upstream, "ENTERPRISE")) return null;
      return (await limitsOfUser(ctx, {}).load(userId)) ?? [];
    },
  }),
);
