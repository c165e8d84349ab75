import type { SpendLimitRequestRow } from "../../src/domain/spend-limit.ts";
import type { SpendLimitReading } from "../../src/loaders/spend-limits.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { spendLimitRequests } from "../../src/upstream/endpoints/spend-limit-requests.ts";
import { mapPages, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { connect, forward } from "../framework/connection.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { Actor } from "../people/actor.ts";
import { User } from "../people/user.ts";
import { SpendLimit } from "./spend-limit.ts";

/** A request with the time its limit was read. */
interface RequestNode extends Omit<SpendLimitRequestRow, "limit"> {
  readonly limit: SpendLimitReading | null;
}

const REQUEST_STATUSES = {
  PENDING: { value: "pending", description: "Not decided." },
  APPROVED: { value: "approved", description: "Approved, or the limit was raised in another way." },
  DENIED: { value: "denied", description: "Denied." },
} as const;

const SpendLimitRequestStatus = builder.enumType("SpendLimitRequestStatus", {
  description: "States of a request that can be filtered on.",
  values: REQUEST_STATUSES,
});

const SpendLimitRequest = builder.objectRef<RequestNode>("SpendLimitRequest").implement({
  description:
    "A member's request for a higher spend limit, made in claude.ai. It does not say how much is wanted.",
  fields: (t) => ({
    requestId: t.exposeString("requestId", { description: "Its upstream id, `slir_...`." }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The member who asks. Null: the request is not a person's.",
      resolve: ({ actor }) =>
        actor.kind === "person" ? { organization: "ENTERPRISE" as const, userId: actor.user.userId } : null,
    }),
    actor: t.field({
      type: Actor,
      description: "Who asks, as the request shows them.",
      resolve: ({ actor }) => ({ ...actor, organization: "ENTERPRISE" as const }),
    }),
    createdAt: t.field({
      type: "DateTime",
      description: "When the member asked.",
      resolve: ({ createdAt }) => dateTime(createdAt),
    }),
    period: t.exposeString("period", { description: "Kind of period of the limit that stopped the member." }),
    status: t.exposeString("status", {
      description: "`pending`, `approved` or `denied`; new ones may appear. The last two are final.",
    }),
    resolvedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it was decided. Null: pending.",
      resolve: ({ resolvedAt }) => dateTime(resolvedAt),
    }),
    resolvedBy: t.field({
      type: Actor,
      nullable: true,
      description:
        "Who decided: an admin, or the key of a program. Null: pending, or Anthropic's support decided; `status` says which.",
      resolve: ({ resolvedBy }) => resolvedBy && { ...resolvedBy, organization: "ENTERPRISE" as const },
    }),
    limit: t.expose("limit", {
      type: SpendLimit,
      nullable: true,
      description:
        "The limit that stopped the member, as it is now. Null: the request is decided, or there is no limit for its period any more.",
    }),
  }),
});

const SpendLimitRequestConnection = builder.connectionObject(
  {
    type: SpendLimitRequest,
    name: "SpendLimitRequestConnection",
    description: "Requests for a higher spend limit, newest first.",
  },
  { name: "SpendLimitRequestEdge", description: "A request and its cursor." },
);

/** The question that all spellings of a filter share. */
function questionOf(status: readonly string[] | null | undefined) {
  return { statuses: [...new Set(status ?? [])].sort() };
}

builder.queryField("spendLimitRequests", (t) =>
  t.field({
    requires: ["limits"],
    type: SpendLimitRequestConnection,
    nullable: true,
    description:
      "Requests of current members for a higher spend limit, newest first. Requests of people who have left are missing, so counts of old requests shrink. One upstream request per 1,000. Errors: BAD_USER_INPUT, NOT_CONFIGURED, NOT_ENTITLED, CURSOR_INVALID, CURSOR_EXPIRED, UPSTREAM_*.",
    sources: ["SPEND_LIMIT_REQUESTS"],
    args: {
      status: t.arg({
        type: [SpendLimitRequestStatus],
        description: "States to include; by default all.",
      }),
      ...enterpriseArg,
      ...forward,
    },
    ...ofEnterprise("spend limits"),
    requests: ({ args }, _ctx) =>
      requestsFor(spendLimitRequests, [questionOf(args.status)], rowsWanted(args)),
    resolve(_root, { status, ...slice }, ctx) {
      const question = questionOf(status);
      const list = {
        field: "spendLimitRequests",
        range: null,
        dataset: "SPEND_LIMIT_REQUESTS",
        args: question,
      } as const;
      const pages = mapPages(pagesOf(ctx.upstream, spendLimitRequests, [question]), ({ rows, fetchedAt }) =>
        rows.map((row): RequestNode => ({ ...row, limit: row.limit && { ...row.limit, readAt: fetchedAt } })),
      );
      return connect(ctx, slice, list, pages, ({ requestId }) => requestId);
    },
  }),
);
