import { type Closed, closed, probeRequests } from "../../src/analytics/datasets.ts";
import type { Context } from "../../src/context.ts";
import { CLOSED_REASONS } from "../../src/domain/dataset.ts";
import type { DatasetEndpoint } from "../../src/upstream/dataset-endpoints.ts";
import { builder } from "../framework/builder.ts";
import { describedValues } from "../framework/described-values.ts";
import { DatasetInfo } from "./dataset.ts";

export const ClosedReasonEnum = builder.enumType("ClosedReason", {
  description: "Reasons why a dataset cannot be read.",
  values: describedValues(CLOSED_REASONS, (text) => sentence(text.replace("{scope}", "it needs"))),
});

/** A field of what the keys open: finding that out is its request, and what it shows. */
function ofAccess<Value>(of: (why: Closed | null) => Value) {
  return {
    requests: (_input: object, ctx: Context) => probeRequests(ctx),
    resolve: async (endpoint: DatasetEndpoint, _args: object, ctx: Context) =>
      of(await closed(ctx, endpoint)),
  };
}

function sentence(text: string): string {
  return text.replace(/^./, (first) => first.toUpperCase());
}

builder.objectFields(DatasetInfo, (t) => ({
  scope: t.string({
    nullable: true,
    description: "The scope that an Enterprise key needs for it. Null: no scope is required.",
    resolve: ({ scope }) => scope,
  }),
  enabled: t.boolean({
    nullable: true,
    description:
      "True if upstream gives this gateway access. May take a request. Null with the reason UNAVAILABLE: upstream does not answer now, so it is unknown.",
    ...ofAccess((why) => (why?.reason === "UNAVAILABLE" ? null : why === null)),
  }),
  reason: t.field({
    type: ClosedReasonEnum,
    nullable: true,
    description:
      "Reason why it cannot be read, from upstream's status. Sources differ in their statuses, so 401, 403 and 404 can stand for each other. May take a request. Null: it is enabled.",
    ...ofAccess((why) => why?.reason ?? null),
  }),
  explanation: t.string({
    nullable: true,
    description: "The reason as a sentence, with what would give access. Null: it is enabled.",
    ...ofAccess((why) => why && sentence(why.why)),
  }),
  requestsLeft: t.int({
    nullable: true,
    description:
      "Upstream requests that can be sent now for it, within the limit per minute of its organization. Not additive over datasets: those of one key and kind share the limit, as replicas do. Null: the gateway has no key for it.",
    async resolve(endpoint, _args, { upstream }) {
      upstream.dependOn(null); // any request changes it
      return upstream.has(endpoint.key) ? (await upstream.availability(endpoint, 0)).left : null;
    },
  }),
}));
