import { personByEmail } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import type { ClaudeCodeRecord as RecordShape } from "../../src/domain/claude-code.ts";
import { type Day, parseDay } from "../../src/domain/day.ts";
import { type DayRange, oneDay } from "../../src/domain/range.ts";
import { shortHash } from "../../src/domain/short-hash.ts";
import { badInput, GatewayError } from "../../src/errors.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { collect, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { Actor } from "../people/actor.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { readableOrNull } from "../people/own-person.ts";
import { User } from "../people/user.ts";
import { ClaudeCodeCounts } from "./totals.ts";

const ClaudeCodeRecord = builder.node(builder.objectRef<RecordShape>("ClaudeCodeRecord"), {
  description:
    "One actor's Claude Code activity on one UTC day for one combination of terminal, local or remote, and customer type. An actor has several records on most days; add them up.",
  sources: ["CLAUDE_CODE"],
  interfaces: [ClaudeCodeCounts],
  id: { resolve: (record, _args, ctx) => recordId(ctx, record) },
  lookup: { requests: (id, ctx) => requestsFor(claudeCode, recordDays(oneDay(partsOfId(id).day), ctx)) },
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
      resolve: ({ actor }, _args, ctx) =>
        actor.kind === "user" ? readableOrNull(ctx, personByEmail(ctx, actor.email)) : null,
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

export const ClaudeCodeRecordConnection = builder.connectionObject(
  {
    type: ClaudeCodeRecord,
    name: "ClaudeCodeRecordConnection",
    description: "Claude Code records, day by day, oldest first.",
  },
  { name: "ClaudeCodeRecordEdge", description: "A record and its cursor." },
);

/** One upstream query per day, which every list of records over that day shares. */
export function recordDays(range: DayRange, { now }: Context): { readonly range: DayRange }[] {
  return windowsOf(claudeCode, range, now()).ranges.map((window) => ({ range: window }));
}

/**
 * Records have no id upstream, and two keys of one name can leave records that differ in their figures only. The id names the
 * day, who and where, and last the figures: what tells twins apart, and what may change while the day is still settling. The digest
 * of the figures takes a secret: with a plain one, a client without `spend:read` could try amounts until they come to the same id.
 */
function recordId({ secretDigest }: Context, record: RecordShape): string {
  const { sessions, commits, pullRequests, linesAdded, linesRemoved, toolActions, models } = record;
  const figures = [sessions, commits, pullRequests, linesAdded, linesRemoved, toolActions, models];
  return `${recordSubject(record)}:${secretDigest(textOf(figures))}`;
}

/** The day, actor and place of a record. */
export function recordSubject(record: RecordShape): string {
  const { date, actor, customerType, terminalType, subscriptionType, isRemote, organizationId } = record;
  const place = [actor, customerType, terminalType, subscriptionType, isRemote, organizationId];
  return `${date}:${shortHash(textOf(place), 12)}`;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? `${inner}` : inner));
}

/** The day in the id of a record, and the digest of its actor and place. */
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
  const alike = rows.filter((record) => recordSubject(record) === `${day}:${identity}`);
  const record =
    alike.find((each) => recordId(ctx, each) === id) ?? (alike.length === 1 ? alike[0] : undefined);
  if (record === undefined)
    throw new GatewayError("NOT_FOUND", `No Claude Code record of ${day} has this id.`);
  return record;
}
