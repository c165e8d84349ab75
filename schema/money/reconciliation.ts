import { costReport } from "../../src/analytics/cost.ts";
import { nameOf, organizationNamed } from "../../src/analytics/organizations.ts";
import {
  DIFFERENCE_REASONS,
  type ReconciliationPart,
  type Reconciliation as ReconciliationShape,
  reconciliations,
} from "../../src/analytics/reconciliation.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { describedValues } from "../framework/described-values.ts";
import { Freshness } from "../framework/freshness.ts";
import { Spend } from "../framework/money.ts";
import { ofOrganization, organizationArg } from "../framework/organization.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { ClosedReasonEnum } from "../gateway/dataset-access.ts";
import { SourceEnum } from "./report-args.ts";

const DifferenceReasonEnum = builder.enumType("DifferenceReason", {
  description: "Reasons why the parts of a cost do not add up to it.",
  values: describedValues(DIFFERENCE_REASONS, (text) => text),
});

const part = (name: ReconciliationPart, what: string) =>
  ({
    type: Spend,
    nullable: true,
    description: `${what} Exact; additive over ranges that do not overlap. Null: the source does not state it.`,
    resolve: ({ parts }: ReconciliationShape) => parts[name],
  }) as const;

const Reconciliation = builder.objectRef<ReconciliationShape>("Reconciliation").implement({
  description:
    "Cost of an organization's usage in one source, by kind of identity: `people`, `deletedPeople`, `keysAndServiceAccounts`, `unattributed` and `difference` add up exactly to `total`. Sources are not compared with each other, nor with estimates of Claude Code.",
  fields: (t) => ({
    source: t.expose("source", {
      type: SourceEnum,
      description: "Reports of the organization that were read.",
    }),
    organization: t.string({
      description: "Organization of the cost, by the name that `organization` arguments take.",
      resolve: ({ organization }, _args, ctx) => nameOf(ctx, organization),
    }),
    range: t.expose("range", {
      type: ResolvedRange,
      description: "The days it covers, without future days.",
    }),
    closed: t.expose("closed", {
      type: ClosedReasonEnum,
      nullable: true,
      description:
        "Reason why the gateway cannot read this source, such as NOT_ENROLLED; it then has no amounts. Null: it can.",
    }),
    total: t.expose("total", {
      type: Spend,
      nullable: true,
      description:
        "Cost of the organization's usage. Exact; additive over ranges that do not overlap. Null: upstream has no figures.",
    }),
    people: t.field(part("people", "Usage of people with a current account.")),
    deletedPeople: t.field(part("deletedPeople", "Usage of people who have left or have an erased account.")),
    keysAndServiceAccounts: t.field(
      part(
        "keysAndServiceAccounts",
        "Usage of service accounts, cloud identities, and API keys without a known identity behind them. Keys are distinguished by id, never by name.",
      ),
    ),
    unattributed: t.field(
      part(
        "unattributed",
        "Usage without an identity, such as Code Review and Claude Tag in channels, and usage of identities that upstream hides.",
      ),
    ),
    difference: t.expose("difference", {
      type: Spend,
      nullable: true,
      description:
        "Amount of the total that is in none of the parts; zero if they add up, negative if they exceed it. Exact; additive over ranges that do not overlap. Null: no total.",
    }),
    reason: t.expose("reason", {
      type: DifferenceReasonEnum,
      nullable: true,
      description: "The likely reason for a difference. Null: no difference.",
    }),
    explanation: t.string({
      nullable: true,
      description: "The reason as a sentence. Null: no difference.",
      resolve: ({ reason }) => reason && DIFFERENCE_REASONS[reason],
    }),
    reports: t.expose("reports", {
      type: [Freshness],
      description:
        "The compared reports, the one of the total first, each with the age of its figures: `refreshedAt` is its watermark.",
    }),
  }),
});

builder.queryField("reconciliation", (t) =>
  t.field({
    requires: ["spenders"], // its parts can be what one person used who has left
    type: [Reconciliation],
    nullable: { list: true, items: true },
    description:
      "Checks whether an organization's cost adds up, with an entry for UNIFIED and one for LEGACY. Each takes one run of upstream pages per month for the total and another one for its parts. A source that fails is null beside its error. Errors: NOT_COVERED, NOT_YET_AVAILABLE, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: costReport.datasets,
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days, any number." }),
      ...organizationArg,
    },
    ...ofOrganization,
    requests: ({ range, args }, ctx) =>
      reconciliations.requests(ctx, organizationNamed(ctx, args.organization), range),
    resolve: (_root, { range: rangeInput, organization }, ctx) => {
      const range = resolveRange(rangeInput, ctx.now());
      return reconciliations.read(ctx, organizationNamed(ctx, organization), range);
    },
  }),
);
