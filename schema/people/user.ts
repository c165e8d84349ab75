import { emailOf, memberOf } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import { identityOf, type Person, type PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { spansAll } from "../../src/domain/team.ts";
import { GatewayError, outsideOfTeams } from "../../src/errors.ts";
import { partOfActivity } from "../../src/loaders/user-activity.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { requestsByKey } from "../../src/upstream/plan.ts";
import { engagementFilterOf } from "../engagement/filter.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";
import { figures } from "../framework/figures.ts";
import { formatMeasuredId, parseMeasuredId, rangeOfMeasured } from "../framework/measured-id.ts";
import { ResolvedRange } from "../framework/range.ts";
import { MEMBERS, memberLookup, ofMembers } from "./member-lookup.ts";
import { mayReadOthers, readablePerson } from "./own-person.ts";
import { AccountStatusEnum } from "./reported-person.ts";
import { formatUserId, parseUserId } from "./user-id.ts";

export const SEEN = ["identity:read", "own", "namesOfTeam", "pseudonyms"] as const;
const NAMED = ["identity:read", "own", "namesOfTeam"] as const;

export const UserProfile = builder.interfaceRef<Person | PersonOver>("UserProfile").implement({
  description: "Properties of a person, independent of a range.",
  fields: (t) => ({
    userId: t.exposeString("userId", { description: "Upstream id of the person, `user_...`." }),
    email: t.string({
      requires: SEEN,
      nullable: true,
      description:
        "Address, as upstream spells it. For a `User` from the member list, so null for people who have left; for a row of `users` from the report, which has those too. Null for erased accounts.",
      sources: MEMBERS,
      requests: ({ type }, ctx) => (type === "UserSummary" ? [] : memberLookup(ctx)),
      resolve: (person, _args, ctx) => emailOf(ctx, person),
    }),
    name: t.string({
      requires: SEEN,
      nullable: true,
      description: "Full name from the member list. Null: never set, or the person has left.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => (await memberOf(ctx, person))?.name ?? null,
    }),
    status: t.field({
      requires: NAMED,
      type: AccountStatusEnum,
      nullable: true,
      description:
        "ACTIVE for people on the member list, otherwise UNKNOWN. What a report states of people who have left is in its rows (`accountStatus`). Null only beside an error.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => ((await memberOf(ctx, person)) === null ? "UNKNOWN" : "ACTIVE"),
    }),
    role: t.string({
      requires: NAMED,
      nullable: true,
      description:
        "Role in the organization, such as `user` or `admin`; new roles may appear. Null for people who have left.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => (await memberOf(ctx, person))?.role ?? null,
    }),
    joinedAt: t.field({
      requires: NAMED,
      type: "DateTime",
      nullable: true,
      description: "When the person joined the organization. Null for people who have left.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => dateTime((await memberOf(ctx, person))?.addedAt ?? null),
    }),
  }),
});

/**
 * A person. Other files add what they know of one: activity, cost, usage, Claude Code. Fields that need a request of their own
 * are nullable, so that their failure leaves the rest.
 */
export const User = builder.node(builder.objectRef<Person>("User"), {
  description:
    "A person, joined across the organizations by id and by email, ignoring case and with aliases resolved. The `id` is the same on every path; every figure takes a `range`.",
  interfaces: [UserProfile],
  id: { resolve: formatUserId },
  identifiedBy: ["userId", "email"],
  requires: ["people", "own", "peopleOfTeam"],
  loadOne: nodeLoader("User", async (id, ctx) => {
    const person = parseUserId(id);
    if (!mayReadOthers(ctx)) return readablePerson(ctx, { userId: person.userId });
    // People who have left are on no list, so that nothing but its shape tells whether an id is one.
    if (/^user_./.test(person.userId)) return person;
    throw new GatewayError("NOT_FOUND", "This id identifies no person.");
  }),
});

/** A person in a list over a range. */
export const UserSummary = builder.node(builder.objectRef<PersonOver>("UserSummary"), {
  description:
    "A person in a list over a range: the person and their figures over that range. The `id` identifies the person, the range, and the filter by groups or projects, which restricts only `activity`; `user` is the person alone.",
  sources: ["USER_ACTIVITY"],
  interfaces: [UserProfile],
  id: {
    resolve: (person, _args, ctx) =>
      formatMeasuredId(ctx, {
        own: formatUserId(person),
        range: person.range,
        terms: { filter: person.filter },
      }),
  },
  lookup: { requests: (id) => requestsByKey(userActivity, [rangeOfMeasured(id)]), range: rangeOfMeasured },
  requires: ["people"],
  loadOne: nodeLoader("UserSummary", async (id, ctx) => {
    const { own, range, terms } = await parseMeasuredId(ctx, id, ["filter"]);
    const person = parseUserId(own);
    const filter = engagementFilterOf(ctx, "users", userActivity, terms.filter);
    const [activity] = (await partOfActivity(ctx, { range, filter }).load(person.userId))?.rows ?? [];
    if (activity === undefined)
      throw new GatewayError(
        "NOT_FOUND",
        `No person with this id was active from ${range.from} until ${range.until}.`,
        { dataset: "USER_ACTIVITY" },
      );
    return { ...person, range, filter, activity };
  }),
  fields: (t) => ({
    user: t.field({ type: User, description: "The person.", resolve: identityOf }),
    range: t.expose("range", { type: ResolvedRange, description: "The days that the figures cover." }),
  }),
});

/** Figures of a person: of a `User` over a range that has to be given, of a row over that of its list. */
export function personFigures(fields: Parameters<typeof figures<Person, PersonOver>>[2]): void {
  figures(User, UserSummary, fields);
}

/** Throws FORBIDDEN where a team lead reads days on which the person was not in their teams. */
export function refuseOtherDays({ readableOn = [] }: Person, range: DayRange, { viewer }: Context): void {
  if (viewer.role !== "LEAD" || readableOn.some((span) => spansAll(span, range))) return;
  const days = readableOn.map(
    ({ from, until }) => `${from === null ? "" : ` from ${from}`}${until === null ? "" : ` until ${until}`}`,
  );
  throw outsideOfTeams(
    `The range from ${range.from} until ${range.until}, of a person who is in your teams${days.join(" and") || " on no day"},`,
    "activity:read",
  );
}

/** The person over the days that a figure is about. */
export function personOver(
  person: Person | PersonOver,
  range: RangeInput | undefined,
  ctx: Context,
  resolve = resolveRange,
): PersonOver {
  if (range !== undefined) {
    const over = { ...identityOf(person), range: resolve(range, ctx.now()), filter: {} };
    refuseOtherDays(person, over.range, ctx);
    return over;
  }
  if ("range" in person) return person;
  throw new Error("a figure of a person needs a range");
}
