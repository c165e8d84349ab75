import { describe, expect, test } from "vitest";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { CALLERS, codesOf, guarded, MIN_PEOPLE, messagesOf } from "./callers.ts";
import { SINGLE } from "./every-field.ts";
import { type Answer, NOW } from "./gateway.ts";

const PSEUDONYM = "OWNER by pseudonym";
const GROUPS = "OWNER of groups";
const MONTH = `range: { period: LAST_MONTH }`;
const WEEK = `range: { last: { days: 3 } }`;

type Guarded = ReturnType<typeof guarded>;

/** Everybody's ids, addresses and names, in both organizations. */
function identities({ organization }: Guarded): Set<string> {
  const found = new Set<string>();
  for (const kind of ["enterprise", "console"] as const) {
    const directory = organization.directories[kind];
    for (let i = 0; i < organization.personCount; i++) {
      const person = organization.person(i);
      if (!directory.has(person)) continue;
      const { id, email, name } = directory.account(person, Date.parse(NOW));
      for (const each of [id, email, name]) if (each !== null) found.add(each);
    }
  }
  return found;
}

/** A text, and all that is readable in what it encodes: ids and cursors, and cursors in cursors. */
function readable(text: string): string {
  const encoded = text.match(/[\w-]{16,}={0,2}/g) ?? [];
  return [text, ...encoded.map((each) => Buffer.from(each, "base64url").toString("latin1"))].join("\n");
}

/** Which of the identities can be read in a text. */
function namedIn(text: string, who: ReadonlySet<string>): string[] {
  const whole = readable(text).toLowerCase();
  const addresses = whole.match(/[\w.+-]+@(?!pseudonym\.invalid)[\w-]+\.[\w.]+/g) ?? [];
  const ids = whole.match(/user_(?!p_)[a-z\d]{10,}/g) ?? [];
  const names = [...who].filter((each) => each.includes(" ") && whole.includes(each.toLowerCase()));
  return [...addresses, ...ids, ...names];
}

describe("by pseudonym", () => {
  test("the scan would find every identity an owner is shown", async () => {
    const opened = guarded();
    const text = await opened.textAs(
      "OWNER",
      `{ users(${MONTH}) { edges { cursor } nodes { id userId email name } } }`,
    );
    const named = namedIn(text, identities(opened));
    expect(named.filter((each) => each.includes("@")).length).toBeGreaterThan(15);
    expect(named.filter((each) => each.includes(" ")).length).toBeGreaterThan(15);
    expect(named.filter((each) => each.startsWith("user_")).length).toBeGreaterThan(30);
  });

  const HIDDEN_FROM = [
    PSEUDONYM,
    "ANALYST",
    GROUPS,
    "SERVICE-activity-read",
    "SERVICE-spend-read",
    "SERVICE-keys-read",
  ] as const;
  const EVERYTHING = [...SINGLE, ...queryLibrary()];

  test.for(HIDDEN_FROM)("no field names anybody to %s", { tags: "deep" }, async (name) => {
    const opened = guarded();
    const who = identities(opened);
    const told: string[] = [];
    for (const query of EVERYTHING)
      for (const each of namedIn(await opened.textAs(name, query), who)) told.push(`${each}: ${query}`);
    expect(told).toEqual([]);
  });

  test("files name no person", async () => {
    const opened = guarded();
    const who = identities(opened);
    for (const file of [
      "spend.csv?period=LAST_MONTH",
      "focus.ndjson?period=LAST_MONTH",
      "users.csv?range.period=LAST_MONTH&fields=id,userId,email,name,identities",
      "cost.csv?range.last.days=3&groupBy=USER&fields=user,net.usd",
      "claudeCodeRecords.csv?range.last.days=2&fields=id,actor,user,sessions",
      "idleSeats.csv?days=30&fields=userId,email,name",
      "projects.csv?range.period=LAST_MONTH&fields=name,createdBy",
    ]) {
      const response = await opened.fileAs(PSEUDONYM, file);
      const text = await response.text();
      expect(response.status, `${file} ${text.slice(0, 200)}`).toBe(200);
      expect(text.split("\n").length, file).toBeGreaterThan(1);
      expect(namedIn(text, who), file).toEqual([]);
    }
  }, 60_000);

  /** What leads to a person, and figures to know them by. */
  const EVERYBODY = `{
    users(${MONTH}, first: 100) { nodes { id userId email identities { organization userId matchedBy }
      activity { chat { messages } webSearches } cost { net { usd } } user { claudeCode(${WEEK}) { commits sessions } } skills { name invocations user { userId } } } }
    cost(${MONTH}, bucket: NONE, groupBy: [USER], first: 100) { nodes { user { userId email } net { usd } } }
    claudeCode(${WEEK}, bucket: NONE, groupBy: [USER], first: 100) { nodes { email user { userId } sessions } }
    projects(${MONTH}, first: 100) { nodes { projectId createdBy { userId email } } }
    claudeCodeRecords(${WEEK}, first: 100) { nodes { actor { ... on UserActor { email user { userId } } } sessions linesAdded } }
  }`;

  test("the same person is the same everywhere, and the figures are those of the owner", async () => {
    const opened = guarded({ settings: { MAX_UPSTREAM_REQUESTS: "200" } });
    const { data: named, errors } = await opened.askAs("OWNER", EVERYBODY);
    const { data: masked, errors: none } = await opened.askAs(PSEUDONYM, EVERYBODY);
    expect([errors, none]).toEqual([undefined, undefined]);
    // Two people with the same figures would be taken for each other.
    const keyOf = (row: { activity: unknown; cost: unknown }) => JSON.stringify([row.activity, row.cost]);
    const people = new Map(named.users.nodes.map((row: never) => [keyOf(row), row]));
    expect(people.size).toBe(named.users.nodes.length);
    const replaced = new Map<string, string>();
    const put = (from: string, to: string) => {
      expect(replaced.get(from) ?? to).toBe(to);
      replaced.set(from, to);
    };
    for (const row of masked.users.nodes) {
      const own = people.get(keyOf(row)) as typeof row;
      put(own.userId, row.userId);
      put(own.email.toLowerCase(), row.email);
      for (const [i, each] of own.identities.entries()) put(each.userId, row.identities[i].userId);
    }
    expect(new Set(replaced.values()).size).toBe(replaced.size);
    const translated = (value: unknown): unknown => {
      if (typeof value === "string") return replaced.get(value) ?? replaced.get(value.toLowerCase()) ?? value;
      if (Array.isArray(value)) return value.map(translated).sort((a, b) => order(a, b));
      if (typeof value !== "object" || value === null) return value;
      const kept = Object.entries(value).filter(([key]) => key !== "id");
      return Object.fromEntries(kept.map(([key, each]) => [key, translated(each)]));
    };
    const order = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    // People who left before are not in the list, so that their pseudonyms are not known here.
    const known = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value, (_key, each) =>
          typeof each === "string" && /user_|@/.test(each) && ![...replaced.values()].includes(each)
            ? "?"
            : each,
        ),
      );
    for (const field of Object.keys(named)) {
      const sorted = translated(known(translated(masked[field])));
      expect(sorted, field).toEqual(translated(known(translated(named[field]))));
    }
  });

  test("lists are not in an order that tells who is who", async () => {
    const { askAs } = guarded();
    const query = `{ users(${MONTH}, first: 100) { nodes { userId activity { chat { messages } } } } idleSeats(days: 2, first: 100) { nodes { userId } } groups(first: 1) { nodes { members(first: 100) { nodes { user { userId } } } } } claudeCodeRecords(${WEEK}, first: 100) { nodes { actor { ... on UserActor { email } } } } }`;
    const { data } = await askAs(PSEUDONYM, query);
    const members = data.groups.nodes[0].members.nodes.map(({ user }: { user: object }) => user);
    for (const ids of [data.users.nodes, data.idleSeats.nodes, members].map((rows) =>
      rows.map(({ userId }: { userId: string }) => userId),
    )) {
      expect(ids.length).toBeGreaterThan(2);
      expect(ids).toEqual([...ids].sort());
    }
    const { data: backwards } = await askAs(
      PSEUDONYM,
      `{ users(${MONTH}, first: 100, orderBy: { field: EMAIL, direction: DESC }) { nodes { userId } } }`,
    );
    expect(backwards.users.nodes.map(({ userId }: { userId: string }) => userId)).toEqual(
      data.users.nodes.map(({ userId }: { userId: string }) => userId),
    );
  });

  test("a list is read on by its cursors, which belong to one caller", async () => {
    const { askAs } = guarded();
    const query = `query ($after: String) { users(${MONTH}, first: 7, after: $after) { nodes { userId } pageInfo { hasNextPage endCursor } } }`;
    const ids: string[] = [];
    for (let after: string | null = null; ; ) {
      const { data, errors } = await askAs(PSEUDONYM, query, { after });
      expect(errors).toBeUndefined();
      ids.push(...data.users.nodes.map(({ userId }: { userId: string }) => userId));
      if (!data.users.pageInfo.hasNextPage) break;
      after = data.users.pageInfo.endCursor;
    }
    const all = await askAs(PSEUDONYM, `{ users(${MONTH}, first: 100) { nodes { userId } } }`);
    expect(ids).toEqual(all.data.users.nodes.map(({ userId }: { userId: string }) => userId));
    const own = await askAs("OWNER", query);
    const taken = await askAs(PSEUDONYM, query, { after: own.data.users.pageInfo.endCursor });
    expect(codesOf(taken)[0]).toMatch(/^CURSOR_/);
    // Rows as upstream sends them have its tokens in their cursors.
    const skills = `query ($after: String) { projects(${MONTH}, first: 2, after: $after) { nodes { projectId } pageInfo { endCursor } } }`;
    const [one, two] = [await askAs("OWNER", skills), await askAs(PSEUDONYM, skills)];
    expect(two.data.projects.nodes).toEqual(one.data.projects.nodes);
    const [first, second] = [
      await askAs("OWNER", skills, { after: one.data.projects.pageInfo.endCursor }),
      await askAs(PSEUDONYM, skills, { after: two.data.projects.pageInfo.endCursor }),
    ];
    expect(second.data.projects.nodes).toEqual(first.data.projects.nodes);
  });

  test("a cloud identity is not known by its cursor to who can guess it", async () => {
    const { askAs } = guarded();
    const query = `{ usage(${MONTH}, organization: "console", bucket: NONE, groupBy: [ACTOR, WORKSPACE], first: 1000) { edges { cursor node { actor { ... on FederatedActor { account subject } } } } } }`;
    const ids = ({ data }: Answer) =>
      data.usage.edges
        .filter(({ node }: { node: { actor: object | null } }) => "account" in (node.actor ?? {}))
        .map(({ cursor }: { cursor: string }) =>
          Buffer.from(cursor, "base64url").toString().split(" ").at(-1),
        );
    const named = ids(await askAs("OWNER", query));
    const masked = ids(await askAs(PSEUDONYM, query));
    expect(named.length).toBeGreaterThan(1);
    expect(masked).toHaveLength(named.length);
    expect(masked.filter((id: string) => named.includes(id))).toEqual([]);
  });

  test("people are found by what answers show of them, and by nothing else", async () => {
    const { askAs, requestsOf } = guarded();
    const people = `{ users(${MONTH}, first: 3) { nodes { id userId email activity { chat { messages } } cost { net { usd } } } } }`;
    const real = (await askAs("OWNER", people)).data.users.nodes;
    const [shown] = (await askAs(PSEUDONYM, people)).data.users.nodes;
    for (const by of [
      `id: "${shown.id}"`,
      `id: "${shown.userId}"`,
      `email: "${shown.email}"`,
      `email: "${shown.email.toUpperCase()}"`,
    ]) {
      const { data, errors } = await askAs(
        PSEUDONYM,
        `{ user(${by}) { userId email cost(${MONTH}) { net { usd } } } }`,
      );
      expect(errors, by).toBeUndefined();
      expect(data.user).toEqual({ userId: shown.userId, email: shown.email, cost: shown.cost });
    }
    expect(
      (await askAs(PSEUDONYM, `{ node(id: "${shown.id}") { id ... on UserSummary { email } } }`)).data.node,
    ).toEqual({ id: shown.id, email: shown.email });
    for (const filter of [
      `users(${MONTH}, filter: { users: ["${shown.id}"] })`,
      `users(${MONTH}, filter: { users: ["${shown.userId}"] })`,
    ]) {
      const { data } = await askAs(
        PSEUDONYM,
        `{ ${filter} { nodes { userId activity { chat { messages } } } } }`,
      );
      expect(data.users.nodes).toEqual([{ userId: shown.userId, activity: shown.activity }]);
    }
    for (const source of ["LEGACY", "UNIFIED"]) {
      const { data } = await askAs(
        PSEUDONYM,
        `{ cost(${MONTH}, source: ${source}, bucket: NONE, groupBy: [USER], filter: { ${source === "UNIFIED" ? "actors" : "users"}: ["${shown.userId}"] }) { nodes { user { userId } net { usd } } } }`,
      );
      expect(data.cost.nodes).toEqual([
        { user: { userId: shown.userId }, net: shown.cost?.net ?? { usd: "0" } },
      ]);
    }
    const [other] = real;
    const id = other.userId;
    for (const question of [
      `users(${MONTH}, filter: { users: ["${other.id}"] }) { nodes { userId } }`,
      `users(${MONTH}, filter: { users: ["${id}"] }) { nodes { userId } }`,
      `skills(${MONTH}, filter: { users: ["${id}"] }) { nodes { name } }`,
      `cost(${MONTH}, source: LEGACY, groupBy: [USER], filter: { users: ["${id}"] }, bucket: DAY) { nodes { net { usd } } }`,
      `cost(${MONTH}, source: UNIFIED, groupBy: [MODEL], filter: { actors: ["${id}"] }, bucket: DAY) { nodes { net { usd } } }`,
      `usage(${MONTH}, organization: "console", source: LEGACY, groupBy: [MODEL], filter: { users: ["${id}"] }, bucket: DAY) { nodes { model } }`,
      `user(email: "${other.email}") { userId }`,
      `user(email: "nobody@example.com") { userId }`,
      `claudeCodeRecords(${WEEK}, filter: { emails: ["${other.email}"] }) { nodes { sessions } }`,
      `claudeCode(${WEEK}, filter: { emails: ["${other.email}"] }, bucket: DAY) { nodes { sessions } }`,
    ]) {
      const [answer, requests] = await requestsOf(() => askAs(PSEUDONYM, `{ ${question} }`));
      expect(codesOf(answer), question).toEqual(["BAD_USER_INPUT"]);
      expect(requests, question).toEqual([]);
      expect(messagesOf(answer)).not.toContain(other.email);
    }
    // Whether somebody has an id is not told either.
    const sentences = new Set<string>();
    for (const by of [
      other.userId,
      Buffer.from(`User~p:${other.userId}`).toString("base64url"),
      "user_nobody",
    ]) {
      const answer = await askAs(PSEUDONYM, `{ user(id: "${by}") { userId } }`);
      expect(codesOf(answer)).toEqual(["NOT_FOUND"]);
      sentences.add(messagesOf(answer));
    }
    expect(sentences.size).toBe(1);
    const refused = await askAs(PSEUDONYM, `{ user(id: "${other.id}") { userId } }`);
    expect(codesOf(refused)).toEqual(["BAD_USER_INPUT"]);
  });

  test("pseudonyms outlive a restart and hold on every replica, until the secret is another", async () => {
    const people = `{ users(${MONTH}, first: 5) { nodes { id userId email name } } }`;
    const ask = async (settings: object) =>
      (await guarded({ settings }).askAs(PSEUDONYM, people)).data.users.nodes;
    const usual = await ask({});
    expect(await ask({})).toEqual(usual);
    const secret = { PSEUDONYM_KEY: "a secret of thirty-two characters" };
    const own = await ask(secret);
    expect(await ask({ ...secret, ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-rotated" })).toEqual(own);
    const all = new Set([usual, own].flat().map(({ userId }: { userId: string }) => userId));
    expect(all.size).toBe(10);
  });

  test("an owner and an analyst share what is kept, and not what is shown", async () => {
    const { askAs, requestsOf } = guarded();
    const query = `{ users(${MONTH}, first: 100) { nodes { userId email } } }`;
    const [first] = await requestsOf(() => askAs("OWNER", query));
    const [second, requests] = await requestsOf(() => askAs("ANALYST", query));
    expect(requests).toEqual([]);
    expect(second.data.users.nodes).toHaveLength(first.data.users.nodes.length);
  });
});

describe("in groups", () => {
  const THINGS = [
    ["skills", "name users"],
    ["connectors", "name users"],
    ["projects", "projectId users"],
    ["plugins", "name users"],
  ] as const;

  test.each(THINGS)("%s are those that enough people used", async (field, fields) => {
    const { askAs } = guarded({ sandbox: { users: 60 } });
    const query = `{ ${field}(${MONTH}, first: 1000) { nodes { ${fields} } pageInfo { hasNextPage } } }`;
    const all = (await askAs("OWNER", query)).data[field].nodes as { users: number }[];
    const shown = (await askAs(GROUPS, query)).data[field].nodes;
    expect(shown).toEqual(all.filter(({ users }) => users >= MIN_PEOPLE));
    expect(all.length).toBeGreaterThan(shown.length);
  });

  test("the parts of a thing, and groups by what they did, are of enough people", async () => {
    const { askAs } = guarded({ sandbox: { users: 60 } });
    const query = `{ skills(${MONTH}, first: 1000) { nodes { name byGroup { groupId users } byProduct { product users } } } activityByGroup(${MONTH}) { groupId users } artifacts(${WEEK}, first: 1000) { nodes { users } } }`;
    const { data, errors } = await askAs(GROUPS, query);
    expect(errors).toBeUndefined();
    const counts = [
      ...data.skills.nodes.flatMap(({ byGroup, byProduct }: { byGroup: []; byProduct: [] }) => [
        ...byGroup,
        ...byProduct,
      ]),
      ...data.artifacts.nodes,
    ].map(({ users }) => users);
    counts.push(...data.activityByGroup.map(({ users }: { users: number }) => users));
    expect(counts.length).toBeGreaterThan(10);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(MIN_PEOPLE);
    const all = await askAs("OWNER", query);
    expect(all.data.activityByGroup.length).toBeGreaterThan(data.activityByGroup.length);
  });

  test("a thing that few used is not found by its id, and a small group not by its own", async () => {
    const { askAs } = guarded({ sandbox: { users: 60 } });
    const { data } = await askAs(
      "OWNER",
      `{ skills(${MONTH}, first: 1000) { nodes { id users } } groups(first: 100) { nodes { id members(first: 100) { totalCount } activity { users } } } teams(${MONTH}, first: 100) { nodes { id name memberCount } } }`,
    );
    const few = data.skills.nodes.find(({ users }: { users: number }) => users < MIN_PEOPLE);
    const many = data.skills.nodes.find(({ users }: { users: number }) => users >= MIN_PEOPLE);
    const asGroups = (id: string) =>
      Buffer.from(Buffer.from(id, "base64url").toString().replace(":", "~n:")).toString("base64url");
    expect(codesOf(await askAs(GROUPS, `{ node(id: "${asGroups(few.id)}") { id } }`))).toEqual(["NOT_FOUND"]);
    expect((await askAs(GROUPS, `{ node(id: "${asGroups(many.id)}") { id } }`)).data.node.id).toBe(
      asGroups(many.id),
    );
    expect(codesOf(await askAs(GROUPS, `{ node(id: "${many.id}") { id } }`))).toEqual(["BAD_USER_INPUT"]);
    const shown = await askAs(
      GROUPS,
      `{ groups(first: 100) { nodes { id } } teams(${MONTH}, first: 100) { nodes { id memberCount } } }`,
    );
    const large = data.groups.nodes.filter(
      ({ members }: { members: { totalCount: number } }) => members.totalCount >= MIN_PEOPLE,
    );
    expect(shown.data.groups.nodes.map(({ id }: { id: string }) => id)).toEqual(
      large.map(({ id }: { id: string }) => asGroups(id)),
    );
    expect(large.length).toBeLessThan(data.groups.nodes.length);
    for (const { members, id } of data.groups.nodes) {
      const answer = await askAs(GROUPS, `{ node(id: "${asGroups(id)}") { id } }`);
      expect(answer.data.node === null, id).toBe(members.totalCount < MIN_PEOPLE);
    }
    const sizes = shown.data.teams.nodes.flatMap(
      ({ memberCount }: { memberCount: number | null }) => memberCount ?? [],
    );
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(MIN_PEOPLE);
    for (const team of data.teams.nodes) {
      const isShown = shown.data.teams.nodes.some(({ id }: { id: string }) => id === asGroups(team.id));
      expect((await askAs(GROUPS, `{ node(id: "${asGroups(team.id)}") { id } }`)).data.node !== null).toBe(
        isShown,
      );
    }
  }, 60_000);

  test("cost by team is that of teams which are shown, and what is left is of as many people", async () => {
    const { askAs } = guarded({ sandbox: { users: 60 }, settings: { MAX_UPSTREAM_REQUESTS: "200" } });
    const query = `{ cost(${MONTH}, bucket: NONE, groupBy: [TEAM], first: 100) { nodes { team isUnassigned net { usd } } total { net { usd } } } }`;
    const all = (await askAs("OWNER", query)).data.cost;
    const { data, errors } = await askAs(GROUPS, query);
    expect(errors).toBeUndefined();
    expect(data.cost.total).toEqual(all.total);
    const teams = (await askAs(GROUPS, `{ teams(${MONTH}, first: 100) { nodes { name } } }`)).data.teams
      .nodes;
    const names = new Set(teams.map(({ name }: { name: string | null }) => name));
    expect(data.cost.nodes.some(({ isUnassigned }: { isUnassigned: boolean }) => isUnassigned)).toBe(false);
    expect(data.cost.nodes).toEqual(
      all.nodes.filter(
        (row: { team: string; isUnassigned: boolean }) => !row.isUnassigned && names.has(row.team),
      ),
    );
    expect(data.cost.nodes.length).toBeLessThan(all.nodes.length);
  }, 60_000);

  const SUNDAY = `range: { between: { from: "2026-11-15", until: "2026-11-16" } }`;

  test("figures of a group of a team that may be one person are hidden", async () => {
    const { askAs } = guarded({ sandbox: { users: 60 }, settings: { MAX_UPSTREAM_REQUESTS: "200" } });
    const told: number[] = [];
    for (const range of [SUNDAY, `range: { last: { days: 4 } }`]) {
      const query = `{ teams(${range}, first: 100) { nodes { teamId activity { users } cost { net { usd } } claudeCode { records } } } }`;
      const all = (await askAs("OWNER", query)).data.teams.nodes;
      const spenders = (
        await askAs(
          "OWNER",
          `{ cost(${range}, bucket: NONE, groupBy: [TEAM, USER], first: 1000) { nodes { teamId user { userId } } } }`,
        )
      ).data.cost.nodes;
      const coders = (
        await askAs(
          "OWNER",
          `{ claudeCode(${range}, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { teams { teamId } } } } }`,
        )
      ).data.claudeCode.nodes;
      const { data, errors = [] } = await askAs(GROUPS, query);
      for (const shown of data.teams.nodes) {
        if (shown.teamId === null) continue;
        const isOfThis = ({ teamId }: { teamId: string }) => teamId === shown.teamId;
        const team = all.find(isOfThis);
        const isEnough = {
          activity: (team.activity?.users ?? 0) >= MIN_PEOPLE,
          cost: spenders.filter(isOfThis).length >= MIN_PEOPLE,
          claudeCode:
            coders.filter(({ user }: { user: { teams: { teamId: string }[] } | null }) =>
              user?.teams.some(isOfThis),
            ).length >= MIN_PEOPLE,
        };
        for (const [field, enough] of Object.entries(isEnough))
          expect(shown[field], `${field} ${range}`).toEqual(enough ? team[field] : null);
        told.push(Object.values(isEnough).filter(Boolean).length);
      }
      expect(codesOf({ data, errors } as Answer)).toEqual(["FORBIDDEN"]);
    }
    expect(Math.min(...told)).toBe(0);
    expect(Math.max(...told)).toBe(3);
  }, 60_000);

  test.each(["cost", "usage"])(
    "%s by team has no row that so few are behind",
    async (field) => {
      const { askAs } = guarded({ sandbox: { users: 60 }, settings: { MAX_UPSTREAM_REQUESTS: "200" } });
      const measure = field === "cost" ? "net { usd }" : "tokens { totalTokens }";
      const hidden: number[] = [];
      for (const bucket of ["DAY", "WEEK", "NONE"]) {
        for (const split of ["", ", MODEL"]) {
          const args = `range: { last: { days: 9 } }, bucket: ${bucket}`;
          const fields = `from team teamId ${split && "model"}`;
          const query = `{ ${field}(${args}, groupBy: [TEAM${split}], first: 1000) { nodes { ${fields} ${measure} } } }`;
          const all = (await askAs("OWNER", query)).data[field].nodes;
          const people = (
            await askAs(
              "OWNER",
              `{ ${field}(${args}, groupBy: [TEAM, USER${split}], first: 1000) { nodes { ${fields} } pageInfo { hasNextPage } } }`,
            )
          ).data[field];
          expect(people.pageInfo.hasNextPage).toBe(false);
          type Cell = { from: string; teamId: string | null; model?: string };
          const keyOf = ({ from, teamId, model }: Cell) => JSON.stringify([from, teamId, model]);
          const behind = Map.groupBy<string, Cell>(people.nodes, keyOf);
          const teams = (await askAs(GROUPS, `{ teams(${MONTH}, first: 100) { nodes { teamId } } }`)).data
            .teams;
          const names = teams.nodes.map(({ teamId }: Cell) => teamId);
          const { data, errors } = await askAs(GROUPS, query);
          expect(errors).toBeUndefined();
          const shown = data[field].nodes.filter(({ teamId }: Cell) => teamId !== null);
          const enough = all.filter(
            (row: Cell) =>
              row.teamId !== null &&
              names.includes(row.teamId) &&
              (behind.get(keyOf(row))?.length ?? 0) >= MIN_PEOPLE,
          );
          expect(shown, `${bucket}${split}`).toEqual(enough);
          expect(shown.length).toBeGreaterThan(0);
          hidden.push(
            all.filter(({ teamId }: Cell) => teamId !== null && names.includes(teamId)).length - shown.length,
          );
        }
      }
      expect(Math.max(...hidden)).toBeGreaterThan(10);
    },
    60_000,
  );

  test.each([
    ["people", `users(${MONTH}) { nodes { id } }`],
    ["one person", `user(id: "user_x") { id }`],
    ["idle seats", `idleSeats { nodes { id } }`],
    ["records", `claudeCodeRecords(${WEEK}) { nodes { sessions } }`],
    ["a filter by people", `skills(${MONTH}, filter: { users: ["user_x"] }) { nodes { name } }`],
    ["cost by person", `cost(${MONTH}, groupBy: [USER], bucket: DAY) { nodes { net { usd } } }`],
    [
      "cost by key",
      `cost(${MONTH}, organization: "console", groupBy: [API_KEY], bucket: DAY) { nodes { net { usd } } }`,
    ],
    [
      "cost by group, of unknown size",
      `cost(${MONTH}, groupBy: [GROUP], bucket: DAY) { nodes { net { usd } } }`,
    ],
    [
      "the cost of some people",
      `cost(${MONTH}, filter: { users: ["user_x"] }, bucket: DAY) { nodes { net { usd } } }`,
    ],
    [
      "… as one of several",
      `cost(${MONTH}, groupBy: [MODEL], filter: { any: [{ apiKeys: ["x"] }] }, bucket: DAY) { nodes { net { usd } } }`,
    ],
    [
      "tokens by actor",
      `usage(${MONTH}, source: UNIFIED, groupBy: [ACTOR], bucket: DAY) { nodes { actorType } }`,
    ],
    ["artifacts by person", `artifacts(${WEEK}, groupBy: [USER]) { nodes { created } }`],
    ["Claude Code by person", `claudeCode(${WEEK}, groupBy: [USER], bucket: NONE) { nodes { sessions } }`],
    [
      "Claude Code of some",
      `claudeCode(${WEEK}, filter: { emails: ["x@example.com"] }, bucket: DAY) { nodes { sessions } }`,
    ],
    [
      "Claude Code by terminal, which one may use alone",
      `claudeCode(${WEEK}, groupBy: [TERMINAL], bucket: NONE) { nodes { sessions } }`,
    ],
    [
      "… as a filter",
      `claudeCode(${WEEK}, filter: { terminalTypes: ["WarpTerminal"] }, bucket: DAY) { nodes { sessions } }`,
    ],
    [
      "the rest beside some teams",
      `cost(${MONTH}, bucket: NONE, groupBy: [TEAM], overlap: SPLIT, top: 3) { nodes { team } }`,
    ],
    [
      "the activity of a team before",
      `usage(${WEEK}, bucket: NONE, groupBy: [TEAM], compare: PREVIOUS_PERIOD) { nodes { team } }`,
    ],
    ["the cost of people who left", `reconciliation(${MONTH}) { difference { net { usd } } }`],
    ["a person by id", `node(id: "${Buffer.from("User~n:user_x").toString("base64url")}") { id }`],
  ])("refuses %s before any upstream request", async (_what, question) => {
    const { askAs, requestsOf } = guarded();
    const [answer, requests] = await requestsOf(() => askAs(GROUPS, `{ ${question} }`));
    expect(codesOf(answer)).toEqual(["FORBIDDEN"]);
    expect(answer.errors?.[0]?.extensions.identity).toBe("pseudonym");
    expect(requests).toEqual([]);
  });

  test("no file is of people", async () => {
    const { fileAs, seen } = guarded();
    for (const file of [
      "spend.csv?period=LAST_MONTH",
      "users.csv?range.period=LAST_MONTH",
      "cost.csv?range.period=LAST_MONTH&groupBy=USER",
    ])
      expect((await fileAs(GROUPS, file)).status, file).toBe(403);
    expect(seen).toEqual([]);
  });
});

test("callers see people as their token, else their role says", async () => {
  const people = `{ users(${MONTH}, first: 1) { nodes { email } } }`;
  const { askAs } = guarded({ settings: { IDENTITY: "admin:pseudonym,analyst:none" } });
  expect((await askAs("OWNER", people)).data.users.nodes[0].email).not.toContain("pseudonym");
  expect((await askAs("ADMIN", people)).data.users.nodes[0].email).toContain("@pseudonym.invalid");
  expect(codesOf(await askAs("ANALYST", people))).toEqual(["FORBIDDEN"]);
  expect(CALLERS["OWNER of groups"]?.identity).toBe("none");
});
