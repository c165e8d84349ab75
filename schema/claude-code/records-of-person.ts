import { completeValue, type MaybePromise } from "@pothos/core";
import { joinEmailOf } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import type { ClaudeCodeRecord as RecordShape, SumOfRecords } from "../../src/domain/claude-code.ts";
import { emailKey } from "../../src/domain/organization.ts";
import type { PersonOver } from "../../src/domain/person.ts";
import {
  codeDayRequests,
  recordsOfEmail,
  recordsOfPeople,
  sumOfEmail,
} from "../../src/loaders/claude-code.ts";
import { accountOfRecords, accountRequests, sumOfAccount } from "../../src/loaders/record-accounts.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { isRelative } from "../../src/planning/range-input.ts";
import { rowsGiven } from "../../src/planning/rows.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { type PageRun, pagesOfRows } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { connect, forward } from "../framework/connection.ts";
import { memberLookup, ofMembers } from "../people/member-lookup.ts";
import { personFigures, personOver } from "../people/user.ts";
import { userListArgs } from "../people/user-list.ts";
import { ClaudeCodeRecordConnection, recordSubject } from "./record.ts";
import { ClaudeCodeTotals } from "./totals.ts";

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
  /** Their sum; null where there are none. */
  sum(ctx: Context, person: PersonOver): MaybePromise<SumOfRecords | null> {
    return completeValue(joinEmailOf(ctx, person), (email) => {
      if (email === null) return null;
      const { range, userId, activity } = person;
      const key = emailKey(email, ctx.orgDirectory.aliases);
      if (activity === undefined) return sumOfEmail(ctx, { range }).load(key);
      const found = sumOfAccount(ctx, { range }).load(key);
      return completeValue(found, (of) => (of?.userId === userId ? of.sum : null));
    });
  },
  requests: (input: PlanInput, ctx: Context): readonly FieldRequests[] => {
    const { range, type } = input;
    const days = { ...codeDayRequests(ctx, range), refusesItself: true } as const;
    return [
      // First, as what the rows below come from.
      isOfList(input, ctx) ? { ...days, ahead: () => recordsOfPeople(ctx, range) } : days,
      type === "UserSummary" ? { ...accountRequests(ctx, range), refusesItself: true } : memberLookup(ctx),
    ];
  },
};

/**
 * True below a list that has rows, as far as can be known before it is read: upstream answers it, for stated days, and it is the first
 * of all people, with as many rows as a list may have.
 */
function isOfList({ argsOf, type }: PlanInput, ctx: Context): boolean {
  const list = type === "UserSummary" ? argsOf(userListArgs) : null;
  if (list === null || list.filter || isRelative(list.range)) return false;
  if ((list.after ?? null) !== null || rowsGiven(list, ctx) === 0) return false;
  return ctx.upstream.accessStatus("USER_ACTIVITY")?.refusal === null;
}

personFigures((t, range) => ({
  claudeCode: t.field({
    requires: ["activity:read", "own", "peopleOfTeam"],
    type: ClaudeCodeTotals,
    nullable: true,
    description:
      "The sum of the person's records, matched by email. In a list each record belongs to one row, so rows add up. If several accounts share an address (aliases included), it belongs to the account of the address itself, then to the one last active. Each `User` with the address has all records. Null: no record, which does not prove inactivity, since subscription users can be missing upstream. Upstream has no filter, so each day is read for all people, at one request per thousand records. If that exceeds what the operation has left, days stored within the last day answer, marked stale. Otherwise only this field fails, before it makes a request. Errors: TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE", ...ofMembers.sources],
    args: range,
    requests: recordsOfPerson.requests,
    resolve: (person, { range }, ctx) => recordsOfPerson.sum(ctx, personOver(person, range, ctx)),
  }),
  claudeCodeRecords: t.field({
    requires: ["activity:read", "own", "peopleOfTeam"],
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
      return connect(ctx, slice, question, records, recordSubject);
    },
  }),
}));
