import { describe, expect, test } from "vitest";
import { addDays, type Day, day } from "../src/domain/day.ts";
import { dayNumber, dayNumberOf } from "../src/sandbox/calendar.ts";
import { SURFACES } from "../src/sandbox/organization/people.ts";
import { sweep } from "./deep.ts";
import { type Answer, gateway, json, NOW } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";
import { PATHS, tokenPage, wireUser } from "./wire.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

type Organization = ReturnType<typeof gateway>["organization"];

/** Members of today by what they did from `from` until `until`, out of the base table. */
function truth(organization: Organization, from: Day, until: Day) {
  const ledger = ledgerOf(organization);
  const { enterprise } = organization.directories;
  const now = Date.parse(NOW);
  const lists = { active: [] as string[], idle: [] as string[], joined: [] as string[] };
  for (let index = 0; index < organization.personCount; index++) {
    const person = organization.person(index);
    if (!enterprise.has(person) || !enterprise.isCurrent(person, now)) continue;
    const id = enterprise.userId(index);
    const days = Array.from({ length: dayNumber(until) - dayNumber(from) }, (_, i) => dayNumber(from) + i);
    // Slack people who are linked to no member are nobody's activity.
    const counted = person.linked ? -1 : ~(1 << SURFACES.indexOf("claude_tag"));
    const isActive = days.some((each) => (ledger.activity(person, each, now) & counted) !== 0);
    const isNew = dayNumberOf(enterprise.addedAt(person)) > dayNumber(from);
    lists[isActive ? "active" : isNew ? "joined" : "idle"].push(id);
  }
  return lists;
}

describe("idle seats", () => {
  sweep([1, 2, 3, 5, 8, 13, 21, 34, 55, 89])(
    "are the members the base table has nothing of (seed %d)",
    async (seed) => {
      const { ask, organization } = gateway({ sandbox: { users: 80, seed } });
      for (const days of [1, 7, 30, 200]) {
        const { data, errors } = await ask(
          `{ idleSeats(days: ${days}, first: 1000) { range { from until } members activeMembers newMembers totalCount nodes { userId status joinedAt } } }`,
        );
        expect(errors).toBeUndefined();
        const { range, members, activeMembers, newMembers, totalCount, nodes } = data.idleSeats;
        expect(range).toEqual({ from: addDays(day("2026-11-21"), -days), until: "2026-11-21" });
        const { active, idle, joined } = truth(organization, range.from, range.until);
        expect(nodes.map(({ userId }: Loose) => userId).sort()).toEqual(idle.sort());
        expect([activeMembers, newMembers, totalCount]).toEqual([active.length, joined.length, idle.length]);
        expect(members).toBe(activeMembers + newMembers + totalCount);
        expect(nodes.map(({ joinedAt }: Loose) => joinedAt)).toEqual(
          nodes.map(({ joinedAt }: Loose) => joinedAt).toSorted(),
        );
      }
    },
  );

  test.each([
    ["before yesterday is counted", "2026-11-22T08:00:00Z", "2026-11-21"],
    ["while yesterday may be short", "2026-11-22T12:00:00Z", "2026-11-21"],
    ["once yesterday is whole", "2026-11-22T18:00:00Z", "2026-11-22"],
  ])(
    "end with the newest whole day, at three requests, and are read on from: %s",
    async (_when, now, until) => {
      const { ask, seen } = gateway({ sandbox: { users: 80 }, now });
      const question = `query ($first: Int!, $after: String) { idleSeats(days: 3, first: $first, after: $after) { range { until } edges { node { email } } pageInfo { hasNextPage endCursor } } }`;
      const whole = (await ask(question, { first: 1000 })).data.idleSeats;
      expect(whole.range.until).toBe(until);
      expect(seen.map((url) => url.pathname).sort()).toEqual(
        [PATHS.summaries, PATHS.users, PATHS.members].sort(),
      );
      const edges: Loose[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { data }: Answer = await ask(question, { first: 2, after });
        edges.push(...data.idleSeats.edges);
        ({ endCursor: after, hasNextPage: more } = data.idleSeats.pageInfo);
      }
      expect(edges).toEqual(whole.edges);
      expect(edges.length).toBeGreaterThan(4);
    },
  );

  test("are of people whom upstream lists without activity too, and never of people without a last day", async () => {
    const member = (id: string, addedAt: string) => ({
      id,
      email: `${id}@ternplover.example`,
      name: id,
      role: "user",
      added_at: addedAt,
      type: "user",
    });
    const listed = (id: string, row: object) => ({ ...wireUser(id), last_activity_date: null, ...row });
    const { ask } = gateway({
      routes: {
        [PATHS.summaries]: () => json(tokenPage([{ starting_at: "2026-11-20T00:00:00Z" }])),
        [PATHS.users]: () =>
          json(
            tokenPage([
              wireUser("user_dated"),
              listed("user_undated", { web_search_count: 1 }),
              listed("user_nothing", {}),
            ]),
          ),
        [PATHS.members]: () =>
          json({
            data: [
              member("user_new", "2026-11-19T09:00:00Z"),
              member("user_first", "2026-11-18T09:00:00Z"),
              ...["user_dated", "user_undated", "user_nothing", "user_unlisted"].map((id) =>
                member(id, "2026-02-01T09:00:00Z"),
              ),
            ],
            has_more: false,
            first_id: null,
            last_id: null,
          }),
      },
    });
    const { data, errors } = await ask(
      `{ idleSeats(days: 3) { members activeMembers newMembers nodes { userId } range { from } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.idleSeats).toEqual({
      members: 6,
      activeMembers: 2,
      newMembers: 1,
      nodes: ["user_nothing", "user_unlisted", "user_first"].map((userId) => ({ userId })),
      range: { from: "2026-11-18" },
    });
  });

  test.each([
    ["no days", 0, "BAD_USER_INPUT", /1 to 366/],
    ["more than a year", 367, "BAD_USER_INPUT", /1 to 366/],
    ["days before the first", 366, "NOT_COVERED", /begins on 2026-01-01/],
  ])("of %s are refused", async (_name, days, code, sentence) => {
    const { ask } = gateway({ sandbox: { users: 20 } });
    const { data, errors } = await ask(`{ idleSeats(days: ${days}) { totalCount } }`);
    expect(data).toEqual({ idleSeats: null });
    expect(errors?.[0]?.extensions.code).toBe(code);
    expect(errors?.[0]?.message).toMatch(sentence);
  });
});
