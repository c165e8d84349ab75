import { LEFT_OUT_OF_PARENT } from "../../src/analytics/children.ts";
import { organizationNamed } from "../../src/analytics/organizations.ts";
import { type AlertPlace, DELIVERY_STATES, type Delivery } from "../../src/cache/alert-store.ts";
import type { Context } from "../../src/context.ts";
import { ALERT_EVENTS } from "../../src/domain/alert.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import { type AlertOfBudget, visibleAlerts } from "../../src/loaders/visible-budgets.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { connectKept, forward } from "../framework/connection.ts";
import { describedValues } from "../framework/described-values.ts";
import { DerivedMoney, Money } from "../framework/money.ts";
import { ofOrganization, tenantArg } from "../framework/organization.ts";
import { ResolvedRange } from "../framework/range.ts";
import { BudgetSubjectEnum, OperatorBudget } from "./budget.ts";

const AlertEventEnum = builder.enumType("AlertEvent", {
  description: "Events that alerts are about.",
  values: describedValues(ALERT_EVENTS, (text) => text),
});

const AlertDeliveryState = builder.enumType("AlertDeliveryState", {
  description: "States of the delivery of an alert to one receiver.",
  values: describedValues(DELIVERY_STATES, (text) => text),
});

const AlertDelivery = builder.objectRef<Delivery>("AlertDelivery").implement({
  description: "The delivery of an alert to one receiver.",
  fields: (t) => ({
    receiver: t.exposeString("target", {
      description: "Name of the webhook in the operator's file, or `log`.",
    }),
    state: t.expose("state", { type: AlertDeliveryState, description: "How it stands." }),
    attempts: t.expose("attempts", {
      type: "Count",
      description: "Attempts that have ended, of all replicas together. Additive.",
    }),
    attemptedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the last attempt ended. Null: none has.",
      resolve: ({ at }) => dateTime(at),
    }),
  }),
});

const Alert = builder.objectRef<AlertOfBudget>("Alert").implement({
  description:
    "An event about spend that the operator wants to know of. It is recorded once, and its figures stay as they were then. Spend is net: after discount, before credits.",
  fields: (t) => ({
    alertId: t.string({
      description: "Its id, which webhooks receive as `webhook-id`.",
      resolve: ({ alert }) => alert.id,
    }),
    event: t.field({
      type: AlertEventEnum,
      description: "What has happened.",
      resolve: ({ alert }) => alert.event,
    }),
    organization: t.string({
      description: "Organization of the figures, by the name that `organization` arguments take.",
      resolve: ({ alert }) => alert.organization,
    }),
    budget: t.expose("budget", {
      type: OperatorBudget,
      nullable: true,
      description:
        "The budget, with its spend of now. Null: the event is about none, or the operator has removed or renamed it.",
    }),
    subject: t.field({
      type: BudgetSubjectEnum,
      description: "What the spend is of.",
      resolve: ({ alert }) => alert.subject,
    }),
    subjectId: t.string({
      nullable: true,
      description:
        "Id of the team, workspace or API key, or name of the model. Null for an organization, and for a person: no record of alerts names one.",
      resolve: ({ alert }) => alert.subjectId,
    }),
    percent: t.field({
      type: "Count",
      nullable: true,
      description:
        "The threshold that was reached, in percent of `expected`. Null for other events. Not additive.",
      resolve: ({ alert }) => alert.percent,
    }),
    range: t.field({
      type: ResolvedRange,
      description: "The UTC days of the budget's period, the day that rose, or the month.",
      resolve: ({ alert }) => alert.range,
    }),
    spent: t.field({
      type: Money,
      description:
        "Net spend of the range when the alert was recorded, exact. A lower bound then, but for a final month. Additive over ranges.",
      resolve: ({ alert }) => alert.spent,
    }),
    expected: t.field({
      type: DerivedMoney,
      nullable: true,
      description:
        "The amount of the budget when the alert was recorded, or the mean of the same weekday in four weeks. Null for a month.",
      resolve: ({ alert }) => alert.expected,
    }),
    projected: t.field({
      type: DerivedMoney,
      nullable: true,
      description:
        "Spend of the whole period at the average of its complete days when the alert was recorded. Null for other events than a projection.",
      resolve: ({ alert }) => alert.projected,
    }),
    notIncluded: t.string({
      nullable: true,
      description:
        "Usage that `spent` can lack: children with HIPAA readiness, in the reports of a parent organization. Null: nothing is known to be missing.",
      resolve: ({ alert }) => (alert.lacksChildren ? LEFT_OUT_OF_PARENT : null),
    }),
    otherRises: t.field({
      type: "Count",
      description:
        "Sudden rises of the same day and kind of subject that have no alert, since the largest have one. 0 for other events. Not additive.",
      resolve: ({ alert }) => alert.otherRises,
    }),
    recordedAt: t.field({
      type: "DateTime",
      description: "When it was recorded.",
      resolve: ({ alert }) => dateTime(alert.recordedAt),
    }),
    refreshedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When upstream exported the figures. Null: upstream does not say.",
      resolve: ({ alert }) => dateTime(alert.watermark),
    }),
    deliveries: t.field({
      requires: ["operate"],
      type: [AlertDelivery],
      nullable: true,
      description: "Its deliveries, by receiver: the log and the webhooks of the time when it was recorded.",
      maxRows: () => 11,
      resolve: ({ deliveries }) => [...deliveries],
    }),
  }),
});

const AlertConnection = builder.connectionObject(
  { type: Alert, name: "AlertConnection", description: "Alerts, newest first." },
  { name: "AlertEdge", description: "An alert and its cursor." },
);

/** Alerts that are read at once: of some of them the viewer may see none. */
const PAGE = 200;

builder.queryField("alerts", (t) =>
  t.field({
    ...ofOrganization,
    args: { ...tenantArg, ...forward },
    requires: ["spend:read", "self", "spendOfTeam"],
    type: AlertConnection,
    nullable: true,
    description:
      "Alerts about budgets, sudden rises and final months of organizations with the same people, newest first; none where the operator has no file of them (BUDGETS_FILE). An alert is listed for callers who see its budget in `budgets`, or see individuals where it is about an API key, or the team; so for team leads those of their own budgets and, with `spend:read`, of their teams. They are recorded for all replicas when a new export is known, and kept for at least a year. Takes no upstream request but for the sizes of teams. `freshness` is that of records: open, without an export. Sources: UNIFIED_ENTERPRISE_COST, UNIFIED_CONSOLE_COST, ENTERPRISE_COST, USER_COST, CONSOLE_COST, GROUPS, GROUP_MEMBERS. Errors: BAD_USER_INPUT, CURSOR_INVALID, DIRECTORY_NOT_READY, UPSTREAM_*.",
    resolve(_root, { organization: _organization, ...slice }, ctx) {
      const organization = organizationNamed(ctx, null);
      ctx.upstream.dependOn(null); // replicas record alerts at any time
      return connectKept(
        ctx,
        slice,
        { field: "alerts", range: null, dataset: DATASET[organization], organization },
        placeIn,
        (after, limit) => readAlerts(ctx, after, limit),
        ({ alert }) => `${alert.recordedAt} ${alert.id}`,
      );
    },
  }),
);

const DATASET = {
  ENTERPRISE: "UNIFIED_ENTERPRISE_COST",
  CONSOLE: "UNIFIED_CONSOLE_COST",
} as const satisfies Record<string, Dataset>;

async function readAlerts(
  ctx: Context,
  after: AlertPlace | null,
  limit: number,
): Promise<readonly AlertOfBudget[]> {
  const found: AlertOfBudget[] = [];
  let place = after;
  while (ctx.alerts !== null && found.length < limit) {
    const records = await ctx.alerts.list(place, PAGE);
    const last = records.at(-1);
    if (last === undefined) break;
    found.push(...(await visibleAlerts(ctx, records)));
    place = last.alert;
  }
  return found.slice(0, limit);
}

function placeIn(mark: string): AlertPlace | null {
  const [, recordedAt, id] = /^(\d{1,15}) (\w[\w-]{0,63})$/.exec(mark) ?? [];
  return recordedAt === undefined || id === undefined ? null : { recordedAt: Number(recordedAt), id };
}
