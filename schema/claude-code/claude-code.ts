import { joinEmailOf, personByEmail } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import {
  type CodeModel as CodeModelShape,
  type CodeTotals as CodeTotalsShape,
  estimatedCost,
  type ClaudeCodeRecord as RecordShape,
  type SumOfRecords,
  sumOfRecords,
} from "../../src/domain/claude-code.ts";
import { type Day, parseDay } from "../../src/domain/day.ts";
import { linesPerSession, moneyPer } from "../../src/domain/measures.ts";
import { type Aliases, emailKey } from "../../src/domain/organization.ts";
import type { PersonOver } from "../../src/domain/person.ts";
import { type DayRange, oneDay } from "../../src/domain/range.ts";
import { shortHash } from "../../src/domain/short-hash.ts";
import { badInput, GatewayError } from "../../src/errors.ts";
import { codeDayRequests, recordsOfEmail, recordsOfPeople } from "../../src/loaders/claude-code.ts";
import { accountOfRecords, accountRequests } from "../../src/loaders/record-accounts.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { collect, mapPages, type PageRun, pagesOf, pagesOfRows } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../../src/upstream/plan.ts";
import { sumField, ToolActions } from "../engagement/activity.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { connect, forward } from "../framework/connection.ts";
import { Money, spendOrOwn } from "../framework/money.ts";
import { refuseProbing, requirePermission } from "../framework/permission.ts";
import { DateRange } from "../framework/range.ts";
import { Actor } from "../people/actor.ts";
import { memberLookup, ofMembers } from "../people/member-lookup.ts";
import { personFigures, personOver, User } from "../people/user.ts";
import { derived, TOKEN_COUNTS, WORK_COUNTS } from "./measures.ts";

export const ClaudeCodeModel = builder.objectRef<CodeModelShape>("ClaudeCodeModel").implement({
  description: "Tokens and estimated cost of one model.",
  fields: (t) => ({
    model: t.exposeString("model", { description: "Name of the model; new names may appear." }),
    inputTokens: t.expose("inputTokens", sumField(TOKEN_COUNTS.inputTokens)),
    outputTokens: t.expose("outputTokens", sumField(TOKEN_COUNTS.outputTokens)),
    cacheReadTokens: t.expose("cacheReadTokens", sumField(TOKEN_COUNTS.cacheReadTokens)),
    cacheCreationTokens: t.expose("cacheCreationTokens", sumField(TOKEN_COUNTS.cacheCreationTokens)),
    estimated: t.expose("estimated", {
      ...spendOrOwn(Money),
      description: "Upstream's estimate of the cost; not the bill. Additive.",
    }),
  }),
});

/** The counts that a record and a person's totals share. */
const totals = builder.interfaceRef<CodeTotalsShape>("ClaudeCodeCounts").implement({
  description: "Claude Code activity. Counts and estimates are additive over records, days and people.",
  fields: (t) => ({
    sessions: t.expose("sessions", sumField(WORK_COUNTS.sessions)),
    linesAdded: t.expose("linesAdded", sumField(WORK_COUNTS.linesAdded)),
    linesRemoved: t.expose("linesRemoved", sumField(WORK_COUNTS.linesRemoved)),
    commits: t.expose("commits", sumField(WORK_COUNTS.commits)),
    pullRequests: t.expose("pullRequests", sumField(WORK_COUNTS.pullRequests)),
    toolActions: t.expose("toolActions", {
      type: [ToolActions],
      description: "Proposals accepted and rejected, per tool.",
    }),
    models: t.expose("models", {
      type: [ClaudeCodeModel],
      description: "Tokens and estimated cost, per model.",
    }),
    estimated: t.field({
      ...spendOrOwn(Money),
      description:
        "Upstream's estimate of the cost over all models; not the bill, and not comparable with `net` or `list`. Additive over days, people and models.",
      resolve: estimatedCost,
    }),
    linesPerSession: t.field({ ...derived.linesPerSession, resolve: linesPerSession }),
    estimatedPerCommit: t.field({
      ...derived.estimatedPerCommit,
      resolve: (totals) => moneyPer(estimatedCost(totals), totals.commits),
    }),
    estimatedPerPullRequest: t.field({
      ...derived.estimatedPerPullRequest,
      resolve: (totals) => moneyPer(estimatedCost(totals), totals.pullRequests),
    }),
  }),
});

const ClaudeCodeRecord = builder.node(builder.objectRef<RecordShape>("ClaudeCodeRecord"), {
  description:
    "One actor's Claude Code activity on one UTC day for one combination of terminal, local or remote, and customer type. An actor has several records on most days; add them up.",
  sources: ["CLAUDE_CODE"],
  interfaces: [totals],
  id: { resolve: (record, _args, ctx) => recordId(ctx, record) },
  lookup: { requests: (id, ctx) => requestsFor(claudeCode, daysOf(oneDay(partsOfId(id).day), ctx)) },
  loadOne: nodeLoader("ClaudeCodeRecord", recordById),
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The UTC day." }),
    actor: t.field({
      type: Actor,
      description: "Actor that ran it.",
      resolve: ({ actor }) => ({ ...actor, organization: "CONSOLE" as const }),
    }),
    user: t.field({
      type: User,
      nullable: true,
      description:
        "The member with the actor's address. Null: an API key, or no organization has a member with the address.",
      ...ofMembers,
      resolve: ({ actor }, _args, ctx) => (actor.kind === "user" ? personByEmail(ctx, actor.email) : null),
    }),
    customerType: t.exposeString("customerType", {
      description: "How the usage is paid: `api` or `subscription`; new values may appear.",
    }),
    terminalType: t.exposeString("terminalType", {
      nullable: true,
      description: "Free-form name of the terminal or editor.",
    }),
    subscriptionType: t.exposeString("subscriptionType", {
      nullable: true,
      description: "Plan of subscription usage, such as `team`. Null for API customers and on older data.",
    }),
    isRemote: t.exposeBoolean("isRemote", {
      nullable: true,
      description: "True if sessions ran remotely, as on the web. Null: older data.",
    }),
  }),
});

export const ClaudeCodeTotals = builder.objectRef<SumOfRecords>("ClaudeCodeTotals").implement({
  description: "The Claude Code activity of a person or a team over a range: the sum of their records.",
  interfaces: [totals],
  fields: (t) => ({
    records: t.expose("records", { type: "Count", description: "Records added up. Additive." }),
  }),
});

const ClaudeCodeRecordConnection = builder.connectionObject(
  {
    type: ClaudeCodeRecord,
    name: "ClaudeCodeRecordConnection",
    description: "Claude Code records, day by day, oldest first.",
  },
  { name: "ClaudeCodeRecordEdge", description: "A record and its cursor." },
);

export const ClaudeCodeFilter = builder.inputType("ClaudeCodeFilter", {
  description:
    "Filter of records: matches any value of each list and all lists. The gateway filters, since upstream cannot.",
  fields: (t) => ({
    emails: t.stringList({
      requires: ["individuals"],
      description: "Addresses of people, ignoring case. An alias stands for all addresses of its person.",
    }),
    customerTypes: t.stringList({ description: "How the usage is paid, such as `api` or `subscription`." }),
    terminalTypes: t.stringList({
      requires: ["individuals"],
      description: "Names of terminals or editors.",
    }),
    isRemote: t.boolean({ description: "Only remote, or only local, sessions." }),
  }),
});

/** Throws where the filter looks for people that the viewer does not see by address, or by what one of them alone may use. */
export function refuseStrangers(ctx: Context, filter: FilterShape | null | undefined): void {
  const emails = filter?.emails ?? [];
  if (emails.length > 0) requirePermission(ctx, "individuals", "`filter.emails`");
  if (filter?.terminalTypes) requirePermission(ctx, "individuals", "`filter.terminalTypes`");
  for (const email of emails) refuseProbing(ctx, email);
}

/** A question for each day; the same for everyone who asks of it. */
function daysOf(range: DayRange, { now }: Context): { readonly range: DayRange }[] {
  return windowsOf(claudeCode, range, now()).ranges.map((window) => ({ range: window }));
}

builder.queryField("claudeCodeRecords", (t) =>
  t.field({
    authScopes: { people: true },
    type: ClaudeCodeRecordConnection,
    nullable: true,
    description:
      "Claude Code records of all actors, day by day; each day is one upstream request per thousand records. Errors: CURSOR_INVALID, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE"],
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days." }),
      filter: t.arg({ type: ClaudeCodeFilter, description: "Records to include." }),
      ...forward,
    },
    requests: ({ args, range }, ctx) => codeDayRequests(ctx, range, rowsWanted(args)),
    resolve: (_root, { range: asked, filter, ...slice }, ctx) => {
      refuseStrangers(ctx, filter);
      const { range } = windowsOf(claudeCode, resolveRange(asked, ctx.now()), ctx.now());
      const days = pagesOf(ctx.upstream, claudeCode, daysOf(range, ctx));
      const records = mapPages(days, ({ rows }) =>
        rows.filter(keeps(filter ?? {}, ctx.orgDirectory.aliases)),
      );
      return connect(
        ctx,
        slice,
        { field: "claudeCodeRecords", range, dataset: "CLAUDE_CODE", args: filter },
        records,
        subjectOf,
      );
    },
  }),
);

/** The records of a person; on a row of a list those that no other row has. */
const recordsOfPerson = {
  async read(ctx: Context, person: PersonOver): Promise<readonly RecordShape[]> {
    const { range, userId, activity } = person;
    const email = await joinEmailOf(ctx, person);
    if (email === null) return [];
    const key = emailKey(email, ctx.orgDirectory.aliases);
    const records = (await recordsOfEmail(ctx, { range }).load(key)) ?? [];
    if (activity === undefined || records.length === 0) return records;
    return (await accountOfRecords(ctx, { range }).load(key)) === userId ? records : [];
  },
  requests: ({ range, type }: PlanInput, ctx: Context): readonly FieldRequests[] => [
    { ...codeDayRequests(ctx, range), refusesItself: true }, // first, as what the rows below come from
    type === "UserSummary" ? { ...accountRequests(ctx, range), refusesItself: true } : memberLookup(ctx),
  ],
};

personFigures((t, range) => ({
  claudeCode: t.field({
    authScopes: { "activity:read": true, own: true },
    type: ClaudeCodeTotals,
    nullable: true,
    description:
      "The sum of the person's records, matched by email. In a list each record belongs to one row, so rows add up. If several accounts share an address (aliases included), it belongs to the account of the address itself, then to the one last active. Each `User` with the address has all records. Null: no record, which does not prove inactivity, since subscription users can be missing upstream. Upstream has no filter, so each day is read for all people, at one request per thousand records. If that exceeds what the operation has left, days stored within the last day answer, marked stale. Otherwise only this field fails, before it makes a request. Errors: TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE", ...ofMembers.sources],
    args: range,
    requests: recordsOfPerson.requests,
    resolve: async (person, { range }, ctx) =>
      sumOfRecords(await recordsOfPerson.read(ctx, personOver(person, range, ctx))),
  }),
  claudeCodeRecords: t.field({
    authScopes: { "activity:read": true, own: true },
    type: ClaudeCodeRecordConnection,
    nullable: true,
    description:
      "The person's records, oldest first, matched by email and assigned to rows of a list as in `claudeCode`. They are read, or fail, in the same way. Errors: CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE", ...ofMembers.sources],
    args: { ...range, ...forward },
    requests: recordsOfPerson.requests,
    resolve: async (person, { range: own, ...slice }, ctx) => {
      const over = personOver(person, own, ctx);
      const { range, ranges } = windowsOf(claudeCode, over.range, ctx.now());
      const records: PageRun<RecordShape> = async function* (from) {
        const byDay = Map.groupBy(
          await recordsOfPerson.read(ctx, { ...over, range }),
          (record) => record.date,
        );
        const { sources } = await recordsOfPeople(ctx, range);
        const days = ranges.flatMap((window) => {
          const about = sources.find(({ range }) => range?.from === window.from);
          const rows = byDay.get(window.from) ?? [];
          return about === undefined ? [] : [{ rows, about }];
        });
        yield* pagesOfRows(days)(from);
      };
      const question = {
        field: "User.claudeCodeRecords",
        range,
        dataset: "CLAUDE_CODE",
        args: person.userId,
      } as const;
      return connect(ctx, slice, question, records, subjectOf);
    },
  }),
}));

interface FilterShape {
  readonly emails?: readonly string[] | null | undefined;
  readonly customerTypes?: readonly string[] | null | undefined;
  readonly terminalTypes?: readonly string[] | null | undefined;
  readonly isRemote?: boolean | null | undefined;
}

/** Which records a filter lets through. */
export function keeps(
  { emails, customerTypes, terminalTypes, isRemote }: FilterShape,
  aliases: Aliases,
): (record: RecordShape) => boolean {
  const keys = emails && new Set(emails.map((email) => emailKey(email, aliases)));
  return ({ actor, ...record }) =>
    (!keys || (actor.kind === "user" && keys.has(emailKey(actor.email, aliases)))) &&
    (!customerTypes || customerTypes.includes(record.customerType)) &&
    (!terminalTypes || (record.terminalType !== null && terminalTypes.includes(record.terminalType))) &&
    (isRemote === null || isRemote === undefined || record.isRemote === isRemote);
}

/**
 * Records have no id upstream, and two keys of one name can leave records that differ in their figures only. The id names the
 * day, who and where, and last the figures: what tells twins apart, and what may change while the day is still settling. The digest
 * of the figures takes a secret: with a plain one, a client without `spend:read` could try amounts until they come to the same id.
 */
function recordId({ secretDigest }: Context, record: RecordShape): string {
  const { sessions, commits, pullRequests, linesAdded, linesRemoved, toolActions, models } = record;
  const figures = [sessions, commits, pullRequests, linesAdded, linesRemoved, toolActions, models];
  return `${subjectOf(record)}:${secretDigest(textOf(figures))}`;
}

/** The day, who and where: what a record is about. */
function subjectOf(record: RecordShape): string {
  const { date, actor, customerType, terminalType, subscriptionType, isRemote, organizationId } = record;
  const place = [actor, customerType, terminalType, subscriptionType, isRemote, organizationId];
  return `${date}:${shortHash(textOf(place), 12)}`;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? `${inner}` : inner));
}

/** The day of a record, and who and where. */
function partsOfId(id: string): { readonly day: Day; readonly identity: string } {
  const [date = "", identity] = id.split(":");
  const day = parseDay(date);
  if (day === null || identity === undefined) throw badInput("This is not the id of a ClaudeCodeRecord.");
  return { day, identity };
}

async function recordById(id: string, ctx: Context): Promise<RecordShape> {
  const { day, identity } = partsOfId(id);
  const { range } = windowsOf(claudeCode, oneDay(day), ctx.now());
  const { rows } = await collect(pagesOf(ctx.upstream, claudeCode, [{ range }]));
  const alike = rows.filter((record) => subjectOf(record) === `${day}:${identity}`);
  const record =
    alike.find((each) => recordId(ctx, each) === id) ?? (alike.length === 1 ? alike[0] : undefined);
  if (record === undefined)
    throw new GatewayError("NOT_FOUND", `No Claude Code record of ${day} has this id.`);
  return record;
}
