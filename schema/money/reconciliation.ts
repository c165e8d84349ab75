import { organizationNamed } from "../../src/analytics/organizations.ts";
import {
  costSources,
  DIFFERENCE_REASONS,
  type DifferenceReason,
  type Part,
  type Reconciliation as ReconciliationShape,
  reconcile,
  reconciliationRequests,
} from "../../src/analytics/reconciliation.ts";
import { nameOf } from "../../src/domain/organization.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { Freshness } from "../framework/freshness.ts";
import { Spend } from "../framework/money.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { ClosedReasonEnum } from "../gateway/dataset.ts";
import { organizationArg, SourceEnum } from "./report.ts";

const DifferenceReasonEnum = builder.enumType("DifferenceReason", {
  description: "Why the parts of a cost do not add up to it.",
  values: Object.fromEntries(
    Object.entries(DIFFERENCE_REASONS).map(([name, description]) => [name, { description }]),
  ) as { [R in DifferenceReason]: { description: string } },
});

const part = (name: Part, what: string) =>
  ({
    type: Spend,
    nullable: true,
    description: `${what} Exact; additive over ranges that do not overlap. Null: the source does not tell.`,
    resolve: ({ parts }: ReconciliationShape) => parts[name],
  }) as const;

const Reconciliation = builder.objectRef<ReconciliationShape>("Reconciliation").implement({
  description:
    "What one source says an organization's usage cost, and how much of it belongs to whom: `people`, `deletedPeople`, `keysAndServiceAccounts`, `unattributed` and `difference` add up to `total`, exactly. Sources are not compared with each other, and estimates of Claude Code never with any of them.",
  fields: (t) => ({
    source: t.expose("source", {
      type: SourceEnum,
      description: "Which of the organization's reports these are.",
    }),
    organization: t.string({
      description: "Whose cost it is, by the name that `organization` arguments take.",
      resolve: ({ organization }) => nameOf(organization),
    }),
    range: t.expose("range", {
      type: ResolvedRange,
      description: "The days it is about, without days that have not come yet.",
    }),
    closed: t.expose("closed", {
      type: ClosedReasonEnum,
      nullable: true,
      description:
        "Why upstream does not let the gateway read this source, such as NOT_ENROLLED; there are no amounts then. Null: it does.",
    }),
    total: t.expose("total", {
      type: Spend,
      nullable: true,
      description:
        "What the organization's usage cost. Exact; additive over ranges that do not overlap. Null: upstream has no figures.",
    }),
    people: t.field(part("people", "What people with a current account used.")),
    deletedPeople: t.field(
      part("deletedPeople", "What people used who have left, or whose account is erased."),
    ),
    keysAndServiceAccounts: t.field(
      part(
        "keysAndServiceAccounts",
        "What service accounts and cloud identities used, and API keys that no one else is known behind. Keys are told apart by id, never by name.",
      ),
    ),
    unattributed: t.field(
      part(
        "unattributed",
        "What is attributed to nobody, such as Code Review and Claude Tag in channels, and to identities that upstream hides.",
      ),
    ),
    difference: t.expose("difference", {
      type: Spend,
      nullable: true,
      description:
        "What of the total is in none of the parts; zero where they add up, negative where they come to more. Exact; additive over ranges that do not overlap. Null: there is no total.",
    }),
    reason: t.expose("reason", {
      type: DifferenceReasonEnum,
      nullable: true,
      description: "The likely reason of a difference. Null: there is none.",
    }),
    explanation: t.string({
      nullable: true,
      description: "The same as a sentence. Null: there is no difference.",
      resolve: ({ reason }) => reason && DIFFERENCE_REASONS[reason],
    }),
    reports: t.expose("reports", {
      type: [Freshness],
      description:
        "The reports compared, that of the total first, each with how old its figures are: `refreshedAt` is its watermark.",
    }),
  }),
});

builder.queryField("reconciliation", (t) =>
  t.field({
    authScopes: { spenders: true }, // its parts can be what one person used who has left
    type: [Reconciliation],
    nullable: { list: true, items: true },
    description:
      "Whether an organization's cost adds up: an entry for UNIFIED and one for LEGACY. Each takes one upstream walk a month for the total and another one for its parts. A source that fails is null beside its error. Sources: UNIFIED_ENTERPRISE_COST, ENTERPRISE_COST, USER_COST, UNIFIED_CONSOLE_COST, CONSOLE_COST. Errors: NOT_COVERED, NOT_YET_AVAILABLE, TOO_EXPENSIVE, UPSTREAM_*.",
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days, however many." }),
      ...organizationArg,
    },
    requests: ({ range, args }, ctx) =>
      reconciliationRequests(ctx, organizationNamed(ctx, args.organization), range),
    resolve: (_root, { range: asked, organization }, ctx) => {
      const range = resolveRange(asked, ctx.now());
      return costSources(organizationNamed(ctx, organization)).map((source) => reconcile(ctx, source, range));
    },
  }),
);
