import {
  type CombinedCost as CombinedCostShape,
  combinedCost,
  type OrganizationCost as OrganizationCostShape,
} from "../../src/analytics/combined-cost.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { Spend, spendOnly } from "../framework/money.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { warnChildren } from "../framework/selection.ts";
import { SourceEnum } from "./report-args.ts";

const OrganizationCost = builder.objectRef<OrganizationCostShape>("OrganizationCost").implement({
  description: "Cost of one organization.",
  fields: (t) => ({
    organization: t.exposeString("name", { description: "Its name, as `organization` arguments take it." }),
    cost: t.expose("cost", {
      type: Spend,
      nullable: true,
      description:
        "Cost of its usage. Exact; additive over ranges that do not overlap. Null: upstream has no figures.",
    }),
    source: t.expose("source", { type: SourceEnum, description: "Reports that answered." }),
    notIncluded: t.exposeString("notIncluded", {
      nullable: true,
      description:
        "Usage that a reader may expect in the cost but that it can lack: children with HIPAA readiness, of a parent organization. Null: nothing is known to be missing.",
    }),
  }),
});

const CombinedCost = builder.objectRef<CombinedCostShape>("CombinedCost").implement({
  description:
    "Cost of several organizations. Only amounts are added up: people of two organizations can be the same.",
  fields: (t) => ({
    range: t.expose("range", { type: ResolvedRange, description: "Days that it covers." }),
    organizations: t.expose("organizations", {
      type: [OrganizationCost],
      description: "The cost of each, in the order of the argument.",
    }),
    total: t.expose("total", {
      type: Spend,
      nullable: true,
      description:
        "The exact sum of all of them. A list price that one of them does not state leaves that of the sum null. Additive over ranges that do not overlap. Null: none has figures.",
    }),
  }),
});

builder.queryField("combinedCost", (t) =>
  t.field({
    ...spendOnly(CombinedCost),
    description:
      "Cost of the named organizations and its sum; it fails as a whole where one of them cannot be read, and where one would be counted twice: a child beside its parent, or two keys of one organization (`reason` SAME_ORGANIZATION). One run of upstream pages per month for each, and one look-up where several are of one kind or one is a parent. Errors: BAD_USER_INPUT, NOT_CONFIGURED, NOT_COVERED, NOT_YET_AVAILABLE, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: [
      "UNIFIED_ENTERPRISE_COST",
      "UNIFIED_CONSOLE_COST",
      "ENTERPRISE_COST",
      "CONSOLE_COST",
      "ENTERPRISE_ORGANIZATION",
      "CONSOLE_ORGANIZATION",
    ],
    args: {
      organizations: t.arg.stringList({ required: true, description: "Names of organizations, each once." }),
      range: t.arg({ type: DateRange, required: true, description: "UTC days, any number." }),
    },
    requests: ({ args, range }, ctx) => combinedCost.requests(ctx, args.organizations, range),
    resolve: async (_root, { organizations, range }, ctx, info) => {
      const answer = await combinedCost.read(ctx, organizations, resolveRange(range, ctx.now()));
      for (const each of answer.organizations) warnChildren(ctx, info, each.notIncluded);
      return answer;
    },
  }),
);
