import type { Context } from "../context.ts";
import type { CodeActivity, UserActivityRow } from "../domain/activity.ts";
import { ActivitySum } from "../domain/activity-sum.ts";
import { type ClaudeCodeRecord, CodeSum, type SumOfRecords } from "../domain/claude-code.ts";
import { emailKey } from "../domain/organization.ts";
import { inPieces } from "../domain/pieces.ts";
import type { DayRange } from "../domain/range.ts";
import { codeDayRequests, recordsOfDays } from "../loaders/claude-code.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { collect, type PageProvenance, pagesOf } from "../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { windowQuestions } from "./team-figures.ts";

/** Reports that a person's Claude Code is in. */
export const CODE_PRESENCES = {
  BOTH: "In the Console's records and in the activity of Enterprise members.",
  RECORDS_ONLY:
    "Only in the Console's records: the person works with an API key or a Console account, or has no Enterprise seat.",
  ACTIVITY_ONLY:
    "Only in the activity of Enterprise members: the person works under a seat, which the Console's records can miss.",
} as const;

export type CodePresence = keyof typeof CODE_PRESENCES;

/** A person's Claude Code by both reports. Their figures are defined differently, and are never added up. */
export interface CodePerson {
  /** Unique among the people of an answer. */
  readonly key: string;
  /** Null: the activity has no address, since the account was erased. */
  readonly email: string | null;
  /** Id in the Enterprise organization; null without activity. */
  readonly userId: string | null;
  readonly presence: CodePresence;
  /** All records, those of API customers, and those of subscriptions; null where there are none. */
  readonly records: SumOfRecords | null;
  readonly apiRecords: SumOfRecords | null;
  readonly subscriptionRecords: SumOfRecords | null;
  readonly activity: CodeActivity | null;
}

/** Everyone with Claude Code in either report. */
export interface CodeReports {
  readonly people: readonly CodePerson[];
  /** Records of API keys, which no person is named behind; null where there are none. */
  readonly keys: SumOfRecords | null;
  readonly sources: readonly PageProvenance[];
}

/** Sets the Console's records against the activity of Enterprise members, person by person and matched by address. */
export const codeReports = {
  async read(ctx: Context, range: DayRange): Promise<CodeReports> {
    const { aliases } = ctx.orgDirectory;
    const { turn } = ctx.upstream;
    const [records, members] = await Promise.all([
      recordsOfDays(ctx, range),
      collect(pagesOf(ctx.upstream, userActivity, windowQuestions(userActivity, range, ctx))),
    ]);
    const people = new Map<string, PersonSums>();
    const keys = new RecordSums();
    await inPieces(records.rows, turn, (record) => {
      if (record.actor.kind !== "user") return keys.add(record);
      const { email } = record.actor;
      people.getOrInsertComputed(emailKey(email, aliases), () => new PersonSums(email)).addRecord(record);
    });
    await inPieces(members.rows, turn, (row) => {
      if (!hasCode(row.claudeCode)) return;
      const email = row.email ?? null;
      const address = email ?? row.formerEmail ?? null;
      const key = address === null ? `id ${row.userId}` : emailKey(address, aliases);
      people.getOrInsertComputed(key, () => new PersonSums(email)).addActivity(row);
    });
    return {
      people: [...people].map(([key, sums]) => sums.person(key)),
      keys: keys.total,
      sources: [...records.sources, ...members.sources],
    };
  },
  requests: (ctx: Context, range: DayRange): readonly FieldRequests[] => [
    codeDayRequests(ctx, range),
    requestsFor(userActivity, windowQuestions(userActivity, range, ctx)),
  ],
};

function hasCode({ sessions, toolActions, ...counts }: CodeActivity): boolean {
  return (
    (sessions ?? 0) > 0 ||
    Object.values(counts).some((count) => count > 0) ||
    toolActions.some(({ accepted, rejected }) => accepted + rejected > 0)
  );
}

class RecordSums {
  readonly #sum = new CodeSum();
  #records = 0;

  add(record: ClaudeCodeRecord): void {
    this.#sum.add(record);
    this.#records++;
  }

  /** Null: there are none. */
  get total(): SumOfRecords | null {
    return this.#records === 0 ? null : { ...this.#sum.totals, records: this.#records };
  }
}

class PersonSums {
  readonly #email: string | null;
  readonly #records = new RecordSums();
  readonly #api = new RecordSums();
  readonly #subscription = new RecordSums();
  readonly #activity = new ActivitySum();
  #userId: string | null = null;

  constructor(email: string | null) {
    this.#email = email;
  }

  addRecord(record: ClaudeCodeRecord): void {
    this.#records.add(record);
    if (record.customerType === "api") this.#api.add(record);
    if (record.customerType === "subscription") this.#subscription.add(record);
  }

  addActivity(row: UserActivityRow): void {
    this.#userId ??= row.userId;
    this.#activity.add(row);
  }

  person(key: string): CodePerson {
    const records = this.#records.total;
    const activity = this.#activity.activity?.claudeCode ?? null;
    return {
      key,
      email: this.#email,
      userId: this.#userId,
      presence: records === null ? "ACTIVITY_ONLY" : activity === null ? "RECORDS_ONLY" : "BOTH",
      records,
      apiRecords: this.#api.total,
      subscriptionRecords: this.#subscription.total,
      activity,
    };
  }
}
