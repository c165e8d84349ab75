import { describe, expect, test } from "vitest";
import { addDays, type Day, day, daysBetween, startOf } from "../../src/domain/day.ts";
import { DAY_MS, dayNumber, dayNumberOf, HOUR_MS, timestamp } from "../../src/sandbox/calendar.ts";
import type { Engagement, Fact } from "../../src/sandbox/ledger/fact.ts";
import { days, NOON, sandbox, total, type Wire } from "./asking.ts";

const { organization, ledger, rows, ask } = sandbox({ users: 80 });
const { enterprise } = organization.directories;

/** What is aggregated by noon of 22 November: everything that had arrived by ten. */
const SEEN = NOON - 2 * HOUR_MS;
const DAY = day("2026-11-18");
const FIRST = day("2026-10-05");
const LAST = day("2026-10-26");
const RANGE = `starting_date=${FIRST}&ending_date=${LAST}`;

function factsOf(from: Day, until: Day): Fact[] {
  return [...ledger.facts("enterprise", { from: startOf(from), until: startOf(until) }, SEEN)];
}

function distinct<T>(items: Iterable<T>): number {
  return new Set(items).size;
}

const engaged = (facts: readonly Fact[], surface: Engagement["surface"]): Engagement[] =>
  facts.flatMap(({ engagement }) => (engagement?.surface === surface ? [engagement] : []));

const calls = ({ reads, writes, unclassifiedCalls }: Engagement) => reads + writes + unclassifiedCalls;

/** The member a fact is the activity of. */
const actorOf = ({ engagement, person, tag }: Fact) => (engagement === null ? (tag?.linked ?? null) : person);

function isAbout(estimate: number, exact: number): boolean {
  return Math.abs(estimate - exact) <= exact * 0.02;
}

test("a range after its last revision says the same ever after, estimates included", async () => {
  const at = async (now: string) => {
    const later = sandbox({ users: 80, now: Date.parse(now) });
    return later.rows("/analytics/users?starting_date=2026-05-01&ending_date=2026-07-01&limit=1000");
  };
  expect(await at("2026-08-05T12:00:00Z")).toEqual(await at("2026-08-12T12:00:00Z"));
});

describe("user activity", () => {
  test.each([
    ["of a day", `date=${DAY}`, DAY, addDays(DAY, 1)],
    ["of a range", RANGE, FIRST, LAST],
  ])("%s is what the facts say of each member", async (_, query, from, until) => {
    const known = Map.groupBy(factsOf(from, until), actorOf);
    const sent = await rows(`/analytics/users?${query}&limit=1000`);
    const shown = [...known.keys()].filter(
      (index) => index !== null && enterprise.account(organization.person(index), NOON).email !== null,
    );
    expect(sent.map(({ user }) => user.id).sort()).toEqual(
      shown.map((index) => enterprise.userId(index ?? -1)).sort(),
    );
    const emails = sent.map(({ user }) => user.email_address);
    expect(emails).toEqual(emails.toSorted());
    for (const row of sent) {
      const own = known.get(enterprise.personIndex(row.user.id)) ?? [];
      const chat = engaged(own, "chat");
      expect(row.chat_metrics).toMatchObject({
        message_count: total(chat, ({ messages }) => messages),
        thinking_message_count: total(chat, ({ thinkingMessages }) => thinkingMessages),
        connectors_used_count: total(chat, calls),
        distinct_artifacts_created_count: total(chat, ({ artifacts }) => artifacts.length),
        distinct_projects_created_count: total(chat, ({ projectsCreated }) => projectsCreated),
        shared_conversations_viewed_count: total(
          chat,
          ({ sharedConversationsViewed }) => sharedConversationsViewed,
        ),
      });
      const conversations = distinct(chat.map(({ thread }) => thread));
      expect(isAbout(row.chat_metrics.distinct_conversation_count, conversations)).toBe(true);
      if (query.startsWith("date")) expect(row.chat_metrics.distinct_conversation_count).toBe(conversations);

      const code = own.flatMap((fact) => fact.code ?? []);
      expect(row.claude_code_metrics.core_metrics).toMatchObject({
        commit_count: total(code, ({ commits }) => commits),
        pull_request_count: total(code, ({ pullRequests }) => pullRequests),
        distinct_session_count: distinct(code.map(({ session }) => session)),
        lines_of_code: {
          added_count: total(code, ({ linesAdded }) => linesAdded),
          removed_count: total(code, ({ linesRemoved }) => linesRemoved),
        },
      });
      expect(row.claude_code_metrics.tool_actions.edit_tool).toEqual({
        accepted_count: total(code, ({ accepted }) => accepted.edit),
        rejected_count: total(code, ({ rejected }) => rejected.edit),
      });
      const cowork = engaged(own, "cowork");
      expect(row.cowork_metrics).toMatchObject({
        message_count: total(cowork, ({ messages }) => messages),
        action_count: total(cowork, ({ actions }) => actions),
        dispatch_turn_count: total(cowork, ({ dispatchTurns }) => dispatchTurns),
        skills_used_count: total(cowork, ({ skillCalls }) => skillCalls),
        file_edit_count: null,
        plugins_used_count: total(cowork, ({ pluginCalls }) => pluginCalls),
      });
      const office = engaged(own, "office_agent");
      for (const app of ["excel", "outlook", "powerpoint", "word"]) {
        expect(row.office_metrics[app].message_count).toBe(
          total(
            office.filter((did) => did.app === app),
            ({ messages }) => messages,
          ),
        );
      }
      const tag = own.filter((fact) => fact.tag !== null);
      expect(row.claude_tag_metrics).toEqual({
        active_day_count: distinct(tag.map(({ at }) => dayNumberOf(at))),
        active_message_count: total(tag, (fact) => fact.tag?.messages ?? 0),
      });
      const searches = own.filter(({ engagement }) => engagement !== null);
      expect(row.web_search_count).toBe(total(searches, (fact) => fact.searches));
      const last = Math.max(...own.map(({ at }) => at));
      expect(row.last_activity_date).toBe(timestamp(last).slice(0, 10));
      expect(row.distinct_user_count).toBeNull();
      expect(row).not.toHaveProperty("chat_cowork_unified_metrics");
    }
  });

  test("in groups counts each member once per group held that day", async () => {
    const known = new Map<string | null, Set<number>>();
    for (const fact of factsOf(FIRST, LAST)) {
      const person = actorOf(fact);
      if (person === null) continue;
      const groups = organization.groups.of(organization.person(person), dayNumberOf(fact.at));
      for (const id of groups.length === 0 ? [null] : groups.map((group) => group.id)) {
        known.set(id, (known.get(id) ?? new Set()).add(person));
      }
    }
    const sent = await rows(`/analytics/users?${RANGE}&group_by[]=rbac_group_id&limit=1000`);
    expect(sent.map(({ rbac_group_id }) => rbac_group_id)).toHaveLength(known.size);
    for (const row of sent) {
      expect(row.user).toBeNull();
      expect(row.distinct_user_count).toBe(known.get(row.rbac_group_id)?.size);
      const group = row.rbac_group_id === null ? null : organization.groups.find(row.rbac_group_id);
      expect(row.rbac_group_name).toBe(group?.name ?? null);
    }
  });

  test("the name of a group that is gone no longer resolves", async () => {
    const { rows: ask400 } = sandbox({ users: 400 });
    const sent = await ask400("/analytics/users?date=2026-05-20&group_by[]=rbac_group_id&limit=1000");
    expect(
      sent.filter(({ rbac_group_id, rbac_group_name }) => rbac_group_id && !rbac_group_name),
    ).toHaveLength(1);
  });

  test("in a project is the chat in that project and nothing else", async () => {
    const [busiest] = await rows(`/analytics/apps/chat/projects?${RANGE}&order_by=message_count&limit=1000`);
    const sent = await rows(`/analytics/users?${RANGE}&filter[]=project_id:${busiest.project_id}&limit=1000`);
    expect(total(sent, (row) => row.chat_metrics.message_count)).toBe(busiest.message_count);
    expect(sent).toHaveLength(busiest.distinct_user_count);
    expect(total(sent, (row) => row.claude_code_metrics.core_metrics.commit_count)).toBe(0);
    expect(total(sent, (row) => row.cowork_metrics.message_count)).toBe(0);
    expect(await rows(`/analytics/users?${RANGE}&filter[]=project_id:claude_proj_unknown`)).toEqual([]);
  });

  test("filtered by group counts only days in the group", async () => {
    const mover = Array.from({ length: organization.members }, (_, index) => organization.person(index)).find(
      (person) => {
        const at = (date: Day) =>
          organization.groups
            .of(person, dayNumber(date))
            .map(({ id }) => id)
            .join();
        return (
          person.joined < 0 && at(day("2026-02-01")) !== at(day("2026-10-01")) && at(day("2026-02-01")) !== ""
        );
      },
    );
    if (mover === undefined) throw new Error("nobody ever moves");
    const query = "starting_date=2026-02-01&ending_date=2026-10-01";
    const user = `filter[]=user_id:${enterprise.userId(mover.index)}`;
    for (const group of organization.groups.all) {
      const own = factsOf(day("2026-02-01"), day("2026-10-01")).filter(
        (fact) =>
          actorOf(fact) === mover.index &&
          organization.groups.of(mover, dayNumberOf(fact.at)).includes(group),
      );
      const sent = await rows(`/analytics/users?${query}&${user}&filter[]=rbac_group_id:${group.uuid}`);
      expect(sent).toHaveLength(own.length === 0 ? 0 : 1);
      for (const row of sent) {
        expect(row.chat_metrics.message_count).toBe(total(engaged(own, "chat"), ({ messages }) => messages));
      }
    }
  });

  test.each([
    ["chat_messages", (row: Wire) => row.chat_metrics.message_count],
    ["cowork_messages", (row: Wire) => row.cowork_metrics.message_count],
    ["lines_added", (row: Wire) => row.claude_code_metrics.core_metrics.lines_of_code.added_count],
    ["commits", (row: Wire) => row.claude_code_metrics.core_metrics.commit_count],
    ["web_searches", (row: Wire) => row.web_search_count],
  ])("ranks by %s, largest first by default", async (metric, read) => {
    const values = (await rows(`/analytics/users?date=${DAY}&order_by=${metric}&limit=1000`)).map(read);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    const rising = (await rows(`/analytics/users?date=${DAY}&order_by=${metric}&order=asc&limit=1000`)).map(
      read,
    );
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
  });
});

describe("summaries", () => {
  const WINDOWS = { daily: 1, weekly: 7, monthly: 30 };

  function active(until: Day, window: number, ofFact: (fact: Fact) => number | string | null): number {
    const from = addDays(until, -window);
    return distinct(
      factsOf(from < "2026-01-01" ? day("2026-01-01") : from, until)
        .map(ofFact)
        .filter((who) => who !== null),
    );
  }

  test.each(["2026-01-10", "2026-11-12"])("around %s recount every window exactly", async (first) => {
    const sent = (
      await ask(`/analytics/summaries?starting_date=${first}&ending_date=${addDays(day(first), 6)}`)
    ).data;
    expect(sent.map((row: Wire) => row.starting_at.slice(0, 10))).toEqual(days(day(first), 6));
    for (const row of sent) {
      const until = day(row.ending_at.slice(0, 10));
      for (const [name, window] of Object.entries(WINDOWS)) {
        const people = (surface: string | null) => (fact: Fact) =>
          fact.engagement !== null && (surface === null || fact.engagement.surface === surface)
            ? fact.person
            : null;
        expect(row[`${name}_active_user_count`]).toBe(active(until, window, people(null)));
        for (const surface of ["chat", "claude_code", "cowork", "office_agent", "claude_design", "science"]) {
          expect(row[`${surface}_${name}_active_user_count`]).toBe(active(until, window, people(surface)));
        }
        const reach = name === "monthly" ? 28 : window;
        expect(row[`claude_tag_${name}_active_user_count`]).toBe(
          active(until, reach, ({ tag }) => tag?.slackUser ?? null),
        );
      }
      expect(row.daily_adoption_rate).toBeCloseTo(
        (row.daily_active_user_count / row.assigned_seat_count) * 100,
        2,
      );
    }
  });

  test("of a group have neither seats, invites, adoption nor Claude Tag", async () => {
    const group = organization.groups.all.find(({ name }) => name === "Engineering");
    const whole = (await ask(`/analytics/summaries?starting_date=${DAY}&ending_date=2026-11-19`)).data[0];
    const [row] = (
      await ask(
        `/analytics/summaries?starting_date=${DAY}&ending_date=2026-11-19&filter[]=rbac_group_id:${group?.id}`,
      )
    ).data;
    expect(row.daily_active_user_count).toBeLessThan(whole.daily_active_user_count);
    expect(row.daily_active_user_count).toBeGreaterThan(0);
    expect(row).toMatchObject({
      assigned_seat_count: null,
      pending_invite_count: null,
      daily_adoption_rate: null,
      monthly_adoption_rate: null,
      science_entitled_user_count: null,
      claude_tag_daily_active_user_count: null,
    });
  });

  test("end with the newest available day, from ten o'clock on", async () => {
    const { clock, ask: askAt } = sandbox({ users: 20 });
    const newestAt = async (now: number) => {
      clock.now = now;
      const { data, next_page } = await askAt("/analytics/summaries?starting_date=2026-11-01");
      expect(next_page).toBeNull();
      return data.at(-1).starting_at.slice(0, 10);
    };
    const ten = startOf(day("2026-11-22")) + 10 * HOUR_MS;
    expect(await newestAt(ten - 1)).toBe("2026-11-20");
    expect(await newestAt(ten)).toBe("2026-11-21");
    expect(await newestAt(ten + DAY_MS - 1)).toBe("2026-11-21");
  });

  test("show the shutdown as a day of zeros", async () => {
    const [row] = (await ask("/analytics/summaries?starting_date=2026-05-01&ending_date=2026-05-02")).data;
    expect(row.daily_active_user_count).toBe(0);
    expect(row.weekly_active_user_count).toBeGreaterThan(0);
    expect(await rows("/analytics/users?date=2026-05-01")).toEqual([]);
  });
});

test("a range up to today can be requested at any hour", async () => {
  const { clock, rows: at } = sandbox({ users: 20 });
  for (const hour of [0, 9, 10, 23]) {
    clock.now = startOf(day("2026-11-22")) + hour * HOUR_MS;
    const sent = await at("/analytics/users?starting_date=2026-11-20&ending_date=2026-11-22");
    expect(daysBetween(day("2026-11-20"), day(sent[0].last_activity_date))).toBeLessThan(hour < 10 ? 1 : 2);
  }
});
