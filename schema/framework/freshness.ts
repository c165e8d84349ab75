import type { FreshnessState } from "../../src/analytics/freshness.ts";
import { DATASETS } from "../../src/domain/dataset.ts";
import { builder, dateTime } from "./builder.ts";
import { describedValues } from "./described-values.ts";

export const DatasetEnum = builder.enumType("Dataset", {
  description: "The upstream resources that figures come from.",
  values: describedValues(DATASETS, ({ is }) => is),
});

export const FinalityEnum = builder.enumType("Finality", {
  description: "Whether figures can still change.",
  values: {
    OPEN: { description: "It includes days that upstream's export does not cover yet; figures will grow." },
    SETTLING: {
      description: "All days are covered; late arrivals and revisions can still change figures slightly.",
    },
    FINAL: {
      description:
        "Older than 30 days by upstream's export and, for money, at least 7 days past the end of the month; does not change.",
    },
  },
});

export const Freshness = builder.objectRef<FreshnessState>("Freshness").implement({
  description: "Age of an answer, and how far it can still change.",
  fields: (t) => ({
    state: t.expose("state", {
      type: FinalityEnum,
      description: "The least settled state of the parts of the answer.",
    }),
    refreshedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time of upstream's export. Null: upstream does not state it.",
      resolve: ({ refreshedAt }) => dateTime(refreshedAt),
    }),
    completeThrough: t.expose("completeThrough", {
      type: "Date",
      nullable: true,
      description:
        "The last UTC day that is certainly complete. Null: upstream does not state it, or its export covers none of the days yet.",
    }),
    stale: t.boolean({
      description:
        "True if some of it is older than promised: the gateway is fetching it again in the background, or could not. Final figures are never stale.",
      resolve: ({ stale }) => stale !== null,
    }),
    staleBecause: t.string({
      nullable: true,
      description:
        "REVALIDATING while newer figures are being fetched for the next query, otherwise the error code of that fetch, such as UPSTREAM_UNAVAILABLE. Null: not stale.",
      resolve: ({ stale }) => stale,
    }),
    source: t.expose("source", { type: DatasetEnum, description: "Where the figures come from." }),
  }),
});
