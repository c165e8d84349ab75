import type { Freshness as FreshnessShape } from "../../src/analytics/freshness.ts";
import { DATASETS, type Dataset } from "../../src/domain/dataset.ts";
import { builder, dateTime } from "./builder.ts";

export const DatasetEnum = builder.enumType("Dataset", {
  description: "The upstream resources figures come from.",
  values: Object.fromEntries(
    Object.entries(DATASETS).map(([name, { is }]) => [name, { description: is }]),
  ) as {
    [D in Dataset]: { description: string };
  },
});

export const FinalityEnum = builder.enumType("Finality", {
  description: "Whether figures can still change.",
  values: {
    OPEN: { description: "Days are included that upstream's export has not covered yet; figures will grow." },
    SETTLING: {
      description: "All days are covered; late arrivals and revisions can still move figures a little.",
    },
    FINAL: {
      description:
        "Older than 30 days by upstream's export and, for money, at least 7 days past the end of the month; does not move.",
    },
  },
});

export const Freshness = builder.objectRef<FreshnessShape>("Freshness").implement({
  description: "How old an answer is and how far it can still move.",
  fields: (t) => ({
    state: t.expose("state", {
      type: FinalityEnum,
      description: "The least settled state of what the answer is made of.",
    }),
    refreshedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When upstream exported the data; null where it does not say.",
      resolve: ({ refreshedAt }) => dateTime(refreshedAt),
    }),
    completeThrough: t.expose("completeThrough", {
      type: "Date",
      nullable: true,
      description:
        "The last UTC day that is surely whole; null where upstream does not say, or its export has reached none of the days yet.",
    }),
    stale: t.boolean({
      description:
        "Whether some of it is older than promised: it is being asked for again behind this answer, or could not be. Final figures never are.",
      resolve: ({ stale }) => stale !== null,
    }),
    staleBecause: t.string({
      nullable: true,
      description:
        "REVALIDATING while newer figures are on their way for whoever asks next, else the code of the error that asking again met, such as UPSTREAM_UNAVAILABLE. Null: not stale.",
      resolve: ({ stale }) => stale,
    }),
    source: t.expose("source", { type: DatasetEnum, description: "Where the figures come from." }),
  }),
});
