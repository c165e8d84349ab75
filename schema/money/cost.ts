import { costReport } from "../../src/analytics/cost.ts";
import { costAsOf } from "../../src/analytics/recorded/as-of.ts";
import { CONSOLE_DATASETS } from "../../src/domain/dataset.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import type { SpendAmounts } from "../../src/domain/money.ts";
import type { Dimension } from "../../src/domain/report.ts";
import { costOfUser } from "../../src/loaders/user-totals.ts";
import { builder } from "../framework/builder.ts";
import { type Compared, CountChange, changeOf, comparedRange, MoneyChange } from "../framework/change.ts";
import { Money, Spend } from "../framework/money.ts";
import { dimensions, splitBy } from "../framework/selection.ts";
import type { Measures } from "../framework/series.ts";
import { SHARED_DIMENSIONS } from "./dimension.ts";
import { recordedArgs } from "./report-args.ts";
import { reportFilter } from "./report-filter.ts";
import { reportList } from "./report-list.ts";

const CostDimension = builder.enumType("CostDimension", {
  description: "Dimensions of cost. Sources differ; the error names the dimensions of each source.",
  values: dimensions({
    ...SHARED_DIMENSIONS,
    USER: {
      description:
        "Person. Usage without a person is missing, so rows add up to less than `total`. Older reports have no series by person in time order, so the first page reads all of it.",
    },
    COST_TYPE: { description: "Cost component: tokens, web search, code execution." },
    TOKEN_TYPE: { description: "Token kind, for rows with the cost type tokens." },
    API_KEY: { description: "API key that authenticated the requests (UNIFIED)." },
    SERVICE_TIER: { description: "Service tier (UNIFIED)." },
    DESCRIPTION: {
      description: "Line of the Console cost report; fills model, tier, cost type and token type too.",
    },
  } satisfies { [D in Dimension]?: { description: string } }),
});

const COST_MEASURES = {
  NET: { description: "The amount charged.", of: ({ net }) => net.cents },
  LIST: { description: "The amount at list price.", of: ({ list }) => list?.cents ?? null },
  REQUESTS: {
    description: "Requests, if the source counts them.",
    of: ({ requests }) => (requests === null ? null : decimalOf(requests)),
  },
} as const satisfies Measures<SpendAmounts>;

export const CostFilter = reportFilter("CostFilter");

const CostComparison = builder.objectRef<Compared<SpendAmounts>>("CostComparison").implement({
  description: "Cost compared with another period.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    net: t.field({
      type: MoneyChange,
      description: "The amount charged.",
      resolve: ({ now, before }) => ({ now: now.net, before: before.net }),
    }),
    list: t.field({
      type: MoneyChange,
      nullable: true,
      description: "The amount at list price. Null where the source states none (Console).",
      resolve: ({ now, before }) => changeOf(now.list, before.list),
    }),
    requests: t.field({
      type: CountChange,
      nullable: true,
      description: "Requests. Additive. Null where the source does not count them.",
      resolve: ({ now, before }) => changeOf(now.requests, before.requests),
    }),
  }),
});

reportList<SpendAmounts>({
  noun: "Cost",
  field: "cost",
  report: costReport,
  requires: ["spend:read"],
  overlapRequires: ["spenders"],
  DimensionEnum: CostDimension,
  filter: CostFilter,
  recordedArgs,
  reportAsOf: costAsOf,
  measures: COST_MEASURES,
  mainMeasure: "NET",
  type: Spend,
  comparison: CostComparison,
  descriptions: {
    query:
      "Cost of usage: a ranking of groups over the whole range, largest first, or with `bucket` a time series, oldest first.",
    connection:
      "Cost by bucket and group: oldest first, or largest first without buckets. A bucket without usage has no row.",
    bucket: "The cost of one group in one time bucket.",
  },
  fields: (t) => ({
    net: t.field({
      type: Money,
      description: "Charged: after discount, before credits. Additive.",
      resolve: ({ measure }) => measure.net,
    }),
    list: t.field({
      type: Money,
      nullable: true,
      description: "At list price, before discount. Additive. Null where the source states none (Console).",
      lackedBy: CONSOLE_DATASETS,
      resolve: ({ measure }) => measure.list,
    }),
    requests: t.field({
      type: "Count",
      nullable: true,
      description:
        "Number of requests. Additive. Null when grouped by COST_TYPE or TOKEN_TYPE, and in the Console.",
      nullBy: ["COST_TYPE", "TOKEN_TYPE"],
      lackedBy: CONSOLE_DATASETS,
      resolve: ({ measure }) => measure.requests,
    }),
    costType: t.exposeString("costType", splitBy("COST_TYPE", "Cost component.")),
    tokenType: t.exposeString("tokenType", splitBy("TOKEN_TYPE", "Token kind.")),
    description: t.exposeString("description", splitBy("DESCRIPTION", "Line of the Console cost report.")),
  }),
  ofPerson: {
    description:
      "Cost of the person's usage of the Enterprise organization over the range. Additive over days and people. Null: no spend recorded, or the person is not in that organization. NOT_CONFIGURED without its key. One run of upstream pages per month for all people of a list.",
    what: "costs of one person except by `cost(groupBy: [ACTOR])`",
    totals: costOfUser,
  },
});
