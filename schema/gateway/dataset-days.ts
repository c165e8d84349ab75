import { earliestOf, latestOf, probeRequests } from "../../src/analytics/datasets.ts";
import type { DatasetEndpoint } from "../../src/upstream/dataset-endpoints.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { DatasetInfo } from "./dataset.ts";

const FINAL_AFTER = {
  activity: "30 days after the day.",
  money: "30 days after the day, and at least a week after its month has ended.",
  live: "Never: it is looked up as it is now.",
} as const;

function lagOf({ coverage, watermarked, dataset }: DatasetEndpoint): string {
  if (coverage === null) return "None, but names and lists are cached for up to a day.";
  if (!coverage.today)
    return "About a day: a day is counted the next UTC morning and can change by a few percent afterwards.";
  if (watermarked) return "About four hours, at most a day.";
  return dataset === "CLAUDE_CODE" ? "About an hour." : "About five minutes.";
}

builder.objectFields(DatasetInfo, (t) => ({
  earliest: t.field({
    type: "Date",
    nullable: true,
    description: "The first UTC day that can be queried today. Null: it has no days.",
    resolve: (endpoint, _args, ctx) => earliestOf(endpoint, ctx.now()),
  }),
  latest: t.field({
    requests: (_input, ctx) => probeRequests(ctx),
    type: "Date",
    nullable: true,
    description:
      "The newest UTC day with data. For engagement datasets one request to upstream finds it. Null: it has no days, or is not enabled.",
    resolve: (endpoint, _args, ctx) => latestOf(ctx, endpoint),
  }),
  longestRange: t.int({
    nullable: true,
    description: "Maximum number of days of one query. Null: any number.",
    resolve: ({ coverage }) => (coverage?.window === "none" ? coverage.maxDays : null),
  }),
  daysPerRequest: t.int({
    nullable: true,
    description:
      "Maximum number of days of one upstream request. Longer ranges take several, split at the first of each month if it is 31. Null: it has no days.",
    resolve: ({ coverage }) => coverage?.maxDays ?? null,
  }),
  lag: t.string({ description: "Delay of its figures, in words.", resolve: lagOf }),
  finalAfter: t.string({
    description: "When its figures become final, in words.",
    resolve: ({ subject }) => FINAL_AFTER[subject],
  }),
  refreshedAt: t.field({
    type: "DateTime",
    nullable: true,
    description:
      "The newest export that upstream has answered from within the last hour. Null: none yet, or upstream does not state it.",
    resolve({ dataset }, _args, { upstream }) {
      upstream.dependOn(null); // any request may show a newer export
      return dateTime(upstream.accessStatus(dataset)?.refreshedAt ?? null);
    },
  }),
}));
