import { usageReport } from "../../src/analytics/usage.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import type { Dimension } from "../../src/domain/report.ts";
import { type TokenCounts, totalTokens } from "../../src/domain/tokens.ts";
import { usageOfUser } from "../../src/loaders/user-totals.ts";
import { builder } from "../framework/builder.ts";
import { type Compared, CountChange, changeOf, comparedRange } from "../framework/change.ts";
import { TokenUsage } from "../framework/money.ts";
import { dimensions } from "../framework/selection.ts";
import type { Measures } from "../framework/series.ts";
import { SHARED_DIMENSIONS } from "./dimension.ts";
import { reportFilter } from "./report-filter.ts";
import { reportList } from "./report-list.ts";

const UsageDimension = builder.enumType("UsageDimension", {
  description: "Dimensions of tokens. Sources differ; the error names the dimensions of each source.",
  values: dimensions({
    ...SHARED_DIMENSIONS,
    USER: {
      description:
        "Person. In the Enterprise reports usage without a person is missing; in the Console's it is a row without one. Older Enterprise reports have no series by person in time order, so the first page reads all of it.",
    },
    TEAM: {
      description: `${SHARED_DIMENSIONS.TEAM.description} In the older Console report people who have left are without a team, since only current members have an address there.`,
    },
    SERVICE_TIER: { description: "Service tier (UNIFIED, and LEGACY of the Console)." },
    API_KEY: {
      description:
        "API key (UNIFIED, and LEGACY of the Console). Usage without a key is one row: use by seat on Enterprise, the Playground on the Console.",
    },
    SERVICE_ACCOUNT: { description: "Service account (LEGACY, Console)." },
  } satisfies { [D in Dimension]?: { description: string } }),
});

const counted = (description: string, of: (usage: TokenCounts) => number | null) =>
  ({
    description,
    of: (usage: TokenCounts) => {
      const count = of(usage);
      return count === null ? null : decimalOf(count);
    },
  }) as const;

const USAGE_MEASURES = {
  TOTAL_TOKENS: counted("Tokens of all kinds.", totalTokens),
  UNCACHED_INPUT_TOKENS: counted(
    "Input tokens not served from the cache.",
    ({ uncachedInputTokens }) => uncachedInputTokens,
  ),
  CACHE_READ_INPUT_TOKENS: counted(
    "Input tokens served from the cache.",
    ({ cacheReadInputTokens }) => cacheReadInputTokens,
  ),
  CACHE_CREATION_5M_INPUT_TOKENS: counted(
    "Input tokens written to the cache for five minutes.",
    ({ cacheCreation5mInputTokens }) => cacheCreation5mInputTokens,
  ),
  CACHE_CREATION_1H_INPUT_TOKENS: counted(
    "Input tokens written to the cache for one hour.",
    ({ cacheCreation1hInputTokens }) => cacheCreation1hInputTokens,
  ),
  OUTPUT_TOKENS: counted("Output tokens.", ({ outputTokens }) => outputTokens),
  WEB_SEARCH_REQUESTS: counted("Server-side web searches.", ({ webSearchRequests }) => webSearchRequests),
  REQUESTS: counted("Requests, if the source counts them.", ({ requests }) => requests),
} as const satisfies Measures<TokenCounts>;

const tokenChange = (description: string, of: (usage: TokenCounts) => number) =>
  ({
    type: CountChange,
    description: `${description} Additive.`,
    resolve: ({ now, before }: Compared<TokenCounts>) => ({ now: of(now), before: of(before) }),
  }) as const;

const UsageComparison = builder.objectRef<Compared<TokenCounts>>("UsageComparison").implement({
  description: "Tokens compared with another period.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    totalTokens: t.field(tokenChange("Tokens of all kinds.", totalTokens)),
    uncachedInputTokens: t.field(
      tokenChange("Input tokens not served from the cache.", (usage) => usage.uncachedInputTokens),
    ),
    cacheReadInputTokens: t.field(
      tokenChange("Input tokens served from the cache.", (usage) => usage.cacheReadInputTokens),
    ),
    cacheCreation5mInputTokens: t.field(
      tokenChange(
        "Input tokens written to the cache for five minutes.",
        (usage) => usage.cacheCreation5mInputTokens,
      ),
    ),
    cacheCreation1hInputTokens: t.field(
      tokenChange(
        "Input tokens written to the cache for one hour.",
        (usage) => usage.cacheCreation1hInputTokens,
      ),
    ),
    outputTokens: t.field(tokenChange("Output tokens.", (usage) => usage.outputTokens)),
    webSearchRequests: t.field(tokenChange("Server-side web searches.", (usage) => usage.webSearchRequests)),
    requests: t.field({
      type: CountChange,
      nullable: true,
      description: "Requests. Additive. Null where the source does not count them.",
      resolve: ({ now, before }) => changeOf(now.requests, before.requests),
    }),
  }),
});

reportList<TokenCounts>({
  noun: "Usage",
  field: "usage",
  report: usageReport,
  requires: ["activity:read"],
  overlapRequires: ["people"],
  DimensionEnum: UsageDimension,
  filter: reportFilter("UsageFilter"),
  measures: USAGE_MEASURES,
  mainMeasure: "TOTAL_TOKENS",
  type: TokenUsage,
  comparison: UsageComparison,
  descriptions: {
    query:
      "Tokens used: a ranking of groups over the whole range, most tokens first, or with `bucket` a time series, oldest first.",
    connection:
      "Tokens by bucket and group: oldest first, or most tokens first without buckets. A bucket without usage has no row.",
    bucket: "The tokens of one group in one time bucket.",
  },
  fields: (t) => ({
    tokens: t.field({ type: TokenUsage, description: "Tokens by kind.", resolve: ({ measure }) => measure }),
  }),
  ofPerson: {
    description:
      "Tokens the person used in the Enterprise organization over the range. Null: no usage recorded, or the person is not in that organization. NOT_CONFIGURED without its key. One run of upstream pages per month for all people of a list.",
    what: "tokens of one person except by `usage(groupBy: [ACTOR])`",
    totals: usageOfUser,
  },
});
