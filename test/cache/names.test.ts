import { describe, expect, test } from "vitest";
import { gateway } from "../gateway.ts";
import { sqlite } from "../stores/stores.ts";

/** One account of the sandbox is erased on 2026-08-15. */
const BEFORE = "2026-08-14T12:00:00Z";
const AFTER = "2026-08-16T12:00:00Z";
const JUNE = `range: { between: { from: "2026-06-01", until: "2026-07-01" } }`;

const LISTS = {
  "people by what they did": `{ users(${JUNE}, first: 1000) { nodes { userId email name activity { chat { messages } } } freshness { state } } }`,
  "creators of projects": `{ projects(${JUNE}, first: 1000) { nodes { messages createdBy { userId email name } } freshness { state } } }`,
  "people by what they cost": `{ cost(${JUNE}, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { userId email name } net { cents } } freshness { state } } }`,
  "people by the tokens of the older reports": `{ usage(${JUNE}, source: LEGACY, groupBy: [USER], first: 1000, bucket: DAY) { nodes { from user { userId email name } tokens { totalTokens } } freshness { state } } }`,
  "whom cost is attributed to": `{ cost(${JUNE}, bucket: NONE, groupBy: [ACTOR], first: 1000) { nodes { actor { ... on UserActor { user { userId email name } } } net { cents } } freshness { state } } }`,
};

describe.each(Object.entries(LISTS))("final figures of %s", (_what, question) => {
  test("do not name an account that has been erased since, and lose no figure", async () => {
    const { ask, at, requestsOf, organization } = gateway({ sandbox: { users: 60 }, now: BEFORE });
    const { enterprise } = organization.directories;
    const person = organization.person(7);
    const { email, name } = enterprise.account(person, Date.parse(BEFORE));
    const before = await ask(question);
    expect(JSON.stringify(before)).toContain(email);
    expect(JSON.stringify(before)).toContain('"FINAL"');

    at(AFTER);
    const [after, requests] = await requestsOf(() => ask(question));
    expect(after.errors).toBeUndefined();
    expect(JSON.stringify(after)).not.toContain(email);
    expect(JSON.stringify(after)).not.toContain(name);
    expect(JSON.stringify(after)).toContain(enterprise.userId(7));
    expect(withoutNames(after.data)).toEqual(withoutNames(before.data));
    expect(requests.map((url) => url.pathname)).toEqual(["/v1/organizations/users"]);
  });

  test("name every current member, and after a restart too", async () => {
    const settings = { ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}` };
    const open = async (now: string) =>
      gateway({ sandbox: { users: 60 }, now, settings, store: await sqlite.open() });
    const first = await open(BEFORE);
    const before = JSON.stringify(await first.ask(question));
    await first.app.dispose();
    const second = await open(AFTER);
    const after = JSON.stringify(await second.ask(question));
    const { organization } = second;
    const { enterprise } = organization.directories;
    const members = Array.from({ length: organization.members }, (_, i) => organization.person(i))
      .filter((person) => enterprise.isCurrent(person, Date.parse(AFTER)))
      .map((person) => enterprise.account(person, Date.parse(AFTER)).email ?? "")
      .filter((email) => before.includes(email));
    expect(members.length).toBeGreaterThan(5);
    for (const email of members) expect(after).toContain(email);
    expect(after).not.toContain(enterprise.account(organization.person(7), Date.parse(BEFORE)).email);
    expect(second.seen.map((url) => url.pathname)).toEqual(["/v1/organizations/users"]);
    await second.app.dispose();
  });
});

function withoutNames(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data, (key, value) => (key === "email" || key === "name" ? null : value)));
}
