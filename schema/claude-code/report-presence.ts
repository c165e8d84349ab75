import {
  CODE_PRESENCES,
  type CodePerson,
  type CodePresence,
  type CodeReports,
  codeReports,
} from "../../src/analytics/code-reports.ts";
import { personByEmail } from "../../src/analytics/join.ts";
import { rankedBy } from "../../src/analytics/ranking.ts";
import { overCounted } from "../../src/loaders/activity/counted-range.ts";
import { isRelative, resolveRange } from "../../src/planning/range-input.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { CodeActivityType } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { connectRanking, forward } from "../framework/connection.ts";
import { describedValues } from "../framework/described-values.ts";
import { ofOrganization, tenantArg } from "../framework/organization.ts";
import { COUNTED_DAYS, DateRange } from "../framework/range.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { User } from "../people/user.ts";
import { ClaudeCodeTotals } from "./totals.ts";

const CodePresenceEnum = builder.enumType("ClaudeCodePresence", {
  description: "Reports that a person's Claude Code is in.",
  values: describedValues(CODE_PRESENCES, (text) => text),
});

const records = (what: string) =>
  ({
    type: ClaudeCodeTotals,
    nullable: true,
    description: `${what} Never add it to \`activity\`, which is counted by other definitions. Null: none.`,
  }) as const;

const ClaudeCodePerson = builder.objectRef<CodePerson>("ClaudeCodePerson").implement({
  description: "A person's Claude Code by both reports over a range.",
  fields: (t) => ({
    email: t.exposeString("email", {
      requires: ["identity:read", "pseudonyms"],
      nullable: true,
      description:
        "The person's address, as one of the reports shows it. Null: the account was erased, or the figures are too old to name it.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The member. Null: no organization has a member with the address.",
      ...ofMembers,
      resolve: ({ userId, email }, _args, ctx) => {
        if (userId !== null) return { organization: "ENTERPRISE" as const, userId };
        return email === null ? null : personByEmail(ctx, email);
      },
    }),
    presence: t.expose("presence", { type: CodePresenceEnum, description: "Reports that they are in." }),
    records: t.expose("records", records("Sum of the person's records in the Console's report.")),
    apiRecords: t.expose(
      "apiRecords",
      records("Sum of the records that are paid as API usage (`customerType` `api`)."),
    ),
    subscriptionRecords: t.expose(
      "subscriptionRecords",
      records("Sum of the records under a subscription (`customerType` `subscription`)."),
    ),
    activity: t.expose("activity", {
      type: CodeActivityType,
      nullable: true,
      description:
        "The person's Claude Code under their Enterprise seat. Never add it to records, which count other people by other definitions. Null: none.",
    }),
  }),
});

/** Facts about an answer beside its rows; the type of connections has no room for them. */
function reportsOf(answer: object): CodeReports {
  return (answer as { readonly reports: CodeReports }).reports;
}

const people = (presence: CodePresence, what: string) =>
  ({
    type: "Count",
    description: `${what} Each person counts once over the range, by address. Exact; not additive.`,
    resolve: (answer: object) =>
      reportsOf(answer).people.filter((person) => person.presence === presence).length,
  }) as const;

const ClaudeCodePersonConnection = builder.connectionObject(
  {
    type: ClaudeCodePerson,
    name: "ClaudeCodePersonConnection",
    description:
      "People with Claude Code, by address. Counts are of everyone in either report, whatever `presence` lists.",
    fields: (t) => ({
      both: t.field(people("BOTH", "People in both reports.")),
      recordsOnly: t.field(people("RECORDS_ONLY", "People only in the Console's records.")),
      activityOnly: t.field(people("ACTIVITY_ONLY", "People only in the activity of Enterprise members.")),
      apiKeys: t.field({
        type: ClaudeCodeTotals,
        nullable: true,
        description:
          "Sum of the records of API keys, which name no person. Additive over days. Null: no such record.",
        resolve: (answer) => reportsOf(answer).keys,
      }),
    }),
  },
  { name: "ClaudeCodePersonEdge", description: "A person and their cursor." },
);

builder.queryField("claudeCodePeople", (t) =>
  t.field({
    requires: ["people"],
    type: ClaudeCodePersonConnection,
    nullable: true,
    description:
      "People with Claude Code in the Console's records or in the activity of Enterprise members, and who is in one and not in the other: upstream's records can miss people who sign in by subscription. Matched by address, aliases included. Needs keys of both organizations. One upstream request per day and thousand records, and one run of pages of people. Errors: BAD_USER_INPUT, NOT_CONFIGURED, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_INVALID, CURSOR_EXPIRED, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE", "USER_ACTIVITY"],
    args: {
      range: t.arg({
        type: DateRange,
        required: true,
        description: `UTC days that both reports cover. ${COUNTED_DAYS}`,
      }),
      presence: t.arg({
        type: [CodePresenceEnum],
        description: "People to list, by the reports that they are in. By default all.",
      }),
      ...tenantArg,
      ...forward,
    },
    ...ofOrganization,
    requests: ({ range }, ctx) => codeReports.requests(ctx, range),
    resolve: (_root, { range: rangeInput, presence, first, after }, ctx) => {
      const requested = resolveRange(rangeInput, ctx.now());
      const listed = presence && [...new Set(presence)].sort();
      return overCounted(userActivity, requested, isRelative(rangeInput), ctx, async (range) => {
        let reports: CodeReports | undefined;
        const list = { field: "claudeCodePeople", range, dataset: "CLAUDE_CODE", args: listed } as const;
        const connection = await connectRanking(ctx, { first, after }, list, async () => {
          reports = await codeReports.read(ctx, range);
          const shown = reports.people.filter((person) => listed?.includes(person.presence) ?? true);
          const ranked = await rankedBy(
            shown,
            () => null,
            ({ key }) => key,
            ctx.upstream.turn,
          );
          return { ranked, sources: reports.sources, nodeOf: (person: CodePerson) => person };
        });
        return { ...connection, reports };
      });
    },
  }),
);
