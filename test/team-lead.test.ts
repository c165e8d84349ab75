import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sqliteAlerts } from "../src/cache/sqlite-alerts.ts";
import { addDays, day } from "../src/domain/day.ts";
import { newPath } from "./alerts/world.ts";
import { answerOf } from "./answer.ts";
import { withBudgets } from "./budgets/files.ts";
import { codesOf, guarded } from "./callers.ts";
import { SELF, SINGLE } from "./every-field.ts";
import { ENTRIES, gatewayOfThree, organizationsFile } from "./organizations/three.ts";
import { emailOf, organizationOf, USERS } from "./team-truth.ts";

const ORGANIZATION = organizationOf(3);
const LEAD = "lead@ternplover.example";
const MOVE = day("2026-11-10");
const RANGE = `range: { between: { from: "2026-11-01", until: "2026-11-18" } }`;
const OLD = `range: { between: { from: "2026-11-01", until: "${addDays(MOVE, 1)}" } }`;
const NEW = `range: { between: { from: "${MOVE}", until: "2026-11-18" } }`;

/** Atlas is the lead's, Cedar is below it, and Birch is another's. Of those in Birch, some join Atlas in mid-month. */
function teamOf(index: number): "Atlas" | "Birch" | "Cedar" | "moved" | null {
  const kinds = ["Atlas", "Birch", "Cedar", "moved", null] as const;
  return kinds[index % 5] ?? null;
}

const PEOPLE = Array.from({ length: USERS }, (_, i) => ORGANIZATION.person(i));
const emailsIn = (...teams: readonly unknown[]) =>
  PEOPLE.filter(({ index }) => teams.includes(teamOf(index))).flatMap((person) => {
    const isMember = ORGANIZATION.directories.enterprise.isCurrent(
      person,
      Date.parse("2026-11-22T12:00:00Z"),
    );
    return isMember ? [emailOf(ORGANIZATION, person) ?? []].flat() : [];
  });

const folder = mkdtempSync(join(tmpdir(), "lead-"));

function teamsFile(manager = LEAD): string {
  const lines = ["email,team,manager,parent,cost centre,from,until"];
  for (const email of emailsIn("Atlas")) lines.push(`${email},Atlas,${manager.toUpperCase()},,CC-A,,`);
  for (const email of emailsIn("Birch")) lines.push(`${email},Birch,boss@x.example,,CC-SECRET,,`);
  for (const email of emailsIn("Cedar")) lines.push(`${email},Cedar,mid@x.example,Atlas,CC-C,,`);
  for (const email of emailsIn("moved"))
    lines.push(
      `${email},Birch,boss@x.example,,CC-SECRET,,${MOVE}`,
      `${email},Atlas,${manager},,CC-A,${MOVE},`,
    );
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  writeFileSync(path, lines.join("\n"));
  return path;
}

const BUDGETS = withBudgets([
  { name: "atlas", team: "Atlas", amountUsd: 10 },
  { name: "birch", team: "Birch", amountUsd: 10 },
  { name: "everything", amountUsd: 10 },
]);

function opened(email = LEAD, teams = teamsFile()) {
  return guarded({
    sandbox: { users: USERS, seed: ORGANIZATION.seed },
    email,
    settings: { TEAMS_FILE: teams, MAX_UPSTREAM_REQUESTS: "1000", FEDERATION: "on", ...BUDGETS },
    alertStore: sqliteAlerts({ path: newPath() }),
  });
}

const FIGURES =
  "activity { users activity { chat { messages } } } claudeCode { commits estimated { usd } } memberCount costCentre manager";
const TEAMS = (cost: string) =>
  `teams(${RANGE}) { totalCount nodes { id team { id } name ${FIGURES} ${cost} members(first: 100) { nodes { email user { userId } } } } }`;
const COST = "cost { net { cents } }";

interface TeamRow {
  readonly id: string;
  readonly team: { readonly id: string };
  readonly name: string;
}

interface OtherPerson {
  readonly userId: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly cost: { readonly net: { readonly cents: string } } | null;
}

describe("a team lead", () => {
  test("reads of their teams, and those below, what an owner reads, and of no other", async () => {
    const { app, askAs } = opened();
    const all = (await askAs("OWNER", `{ ${TEAMS(COST)} }`)).data.teams.nodes as readonly TeamRow[];
    const { data, errors } = await askAs("LEAD with spend", `{ ${TEAMS(COST)} }`);
    expect(errors).toBeUndefined();
    expect(data.teams.totalCount).toBe(2);
    expect(data.teams.nodes).toEqual(all.filter(({ name }) => name === "Atlas" || name === "Cedar"));
    const withoutSpend = await askAs("LEAD", `{ ${TEAMS("").replace("estimated { usd }", "")} }`);
    expect(withoutSpend.errors).toBeUndefined();
    expect(codesOf(await askAs("LEAD", `{ ${TEAMS(COST)} }`))).toEqual(["FORBIDDEN"]);

    const other = all.find(({ name }) => name === "Birch") as TeamRow;
    const [own] = data.teams.nodes as readonly TeamRow[];
    for (const id of [other.id, other.team.id]) {
      const found = await askAs("LEAD with spend", `{ node(id: "${id}") { id } }`);
      expect(codesOf(found)).toEqual(["NOT_FOUND"]);
    }
    const found = await askAs("LEAD with spend", `{ nodes(ids: ["${own?.id}", "${own?.team.id}"]) { id } }`);
    expect(found.errors).toBeUndefined();
    const entities = await askAs(
      "LEAD with spend",
      "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Team { name } } }",
      { of: ["Atlas", "Birch", "Nowhere"].map((teamId) => ({ __typename: "Team", teamId })) },
    );
    expect(entities.data._entities).toEqual([{ name: "Atlas" }, null, null]);
    const budgets = await askAs("LEAD with spend", "{ budgets { name spent { cents } } }");
    expect(budgets.data.budgets.map(({ name }: { name: string }) => name)).toEqual(["atlas"]);
    await app.runAlerts();
    const alerts = async (name: string) =>
      (
        await askAs(
          name,
          "{ alerts { totalCount nodes { event subjectId budget { name } spent { cents } } } }",
        )
      ).data.alerts;
    const recorded = await alerts("OWNER");
    const ofTeam = recorded.nodes.filter((each: { subjectId: string | null }) => each.subjectId === "Atlas");
    expect(ofTeam.length).toBeGreaterThan(1);
    expect(recorded.nodes.length).toBeGreaterThan(ofTeam.length * 2);
    expect((await alerts("LEAD with spend")).nodes).toEqual(ofTeam);
    expect((await alerts("LEAD")).nodes).toEqual([]);
  });

  test("does not learn by parts of spend in how many teams a person is", async () => {
    const { askAs } = opened();
    const parts = `teams(${RANGE}, overlap: SPLIT) { nodes { id } }`;
    const { data } = await askAs("OWNER", `{ ${parts} }`);
    const own = (await askAs("LEAD with spend", `{ teams(${RANGE}) { nodes { team { id } } } }`)).data.teams;
    for (const call of [
      parts,
      `node(id: "${data.teams.nodes[0].id}") { id }`,
      `node(id: "${own.nodes[0].team.id}") { ... on Team { cost(${RANGE}, overlap: SPLIT) { net { cents } } } }`,
      `teams(${RANGE}) { overlap { net { cents } } }`,
    ])
      expect(codesOf(await askAs("LEAD with spend", `{ ${call} }`)), call).toEqual(["FORBIDDEN"]);
    expect(await askAs("LEAD with spend", `{ ${parts} }`)).toMatchObject({
      errors: [
        {
          message: expect.stringContaining("reaches beyond your teams"),
          extensions: { scope: "activity:read" },
        },
      ],
    });
  });

  test("reads the people of their teams on the days in these, and of other people not even whether they exist", async () => {
    const { askAs } = opened();
    const [cedar = "", moved = "", birch = "", none = ""] = ["Cedar", "moved", "Birch", null].map(
      (team) => emailsIn(team)[0],
    );
    const fields = (range: string) =>
      `userId name teams { name } cost(${range}) { net { cents } } activity(${range}) { chat { messages } } claudeCode(${range}) { commits } skills(${range}) { invocations } spendLimits { period user { userId } }`;
    const ofPerson = (email: string, range: string) => `{ user(email: "${email}") { ${fields(range)} } }`;
    for (const [email, range] of [
      [cedar, RANGE],
      [moved, NEW],
    ] as const) {
      const [own, all] = await Promise.all(
        ["LEAD with spend", "OWNER"].map((name) => askAs(name, ofPerson(email, range))),
      );
      expect(own?.errors).toBeUndefined();
      expect(own?.data).toEqual(all?.data);
    }
    const early = await askAs("LEAD with spend", ofPerson(moved, OLD));
    expect(early.data.user).toMatchObject({ cost: null, activity: null, claudeCode: null, skills: null });
    expect(early.errors?.[0]?.message).toContain(`from ${MOVE}`);
    const before = await askAs(
      "LEAD with spend",
      `{ user(email: "${moved}") { activityComparison(${NEW}, to: PREVIOUS_PERIOD) { range { from } } } }`,
    );
    expect(codesOf(before)).toEqual(["FORBIDDEN"]);

    const { data } = await askAs(
      "OWNER",
      `{ other: user(email: "${birch}") { id userId } own: user(email: "${cedar}") { id userId } }`,
    );
    const refused = await Promise.all(
      [
        `user(email: "${birch}") { userId }`,
        `user(email: "${none}") { userId }`,
        `user(email: "no.one@x.example") { userId }`,
        `user(id: "${data.other.id}") { userId }`,
        `user(id: "user_nowhere") { userId }`,
        `node(id: "${data.other.id}") { id }`,
      ].map((call) => askAs("LEAD with spend", `{ ${call} }`)),
    );
    expect(refused.map(codesOf)).toEqual(refused.map(() => ["FORBIDDEN"]));
    expect(new Set(refused.map(({ errors }) => errors?.[0]?.message)).size).toBe(1);
    expect((await askAs("LEAD with spend", `{ node(id: "${data.own.id}") { id } }`)).errors).toBeUndefined();
  });

  test("reads at no entry a name, an address, an id or an amount of others", async () => {
    const owner = opened();
    const { data } = await owner.askAs(
      "OWNER",
      `{ users(${RANGE}, first: 1000) { nodes { userId email name cost { net { cents } } } }
        cost(${RANGE}) { total { net { cents } } } teams(${RANGE}) { nodes { name cost { net { cents } } } } }`,
    );
    const own = new Set(emailsIn("Atlas", "Cedar", "moved").map((email) => email.toLowerCase()));
    const others = data.users.nodes.filter(
      ({ email }: { email: string | null }) => !own.has(email?.toLowerCase() ?? ""),
    );
    // Two people can have one name.
    const namesOfOwn = new Set(
      data.users.nodes
        .filter((each: OtherPerson) => !others.includes(each))
        .map((each: OtherPerson) => each.name),
    );
    const isLong = (text: string | null) => text !== null && text.length > 6;
    const secrets: string[] = [
      "CC-SECRET",
      "boss@x.example",
      data.cost.total.net.cents,
      ...data.teams.nodes.flatMap(({ name, cost }: { name: string; cost: { net: { cents: string } } }) =>
        name === "Atlas" || name === "Cedar" ? [] : [cost.net.cents],
      ),
      ...others.flatMap(({ userId, email, name, cost }: OtherPerson) => [
        userId,
        email,
        namesOfOwn.has(name) ? null : name,
        cost?.net.cents ?? null,
      ]),
    ].filter(isLong);
    expect(secrets.length).toBeGreaterThan(30);

    const name = "LEAD with spend";
    const { app, headersOf, textAs, fileAs } = owner;
    const at = async (path: string, init: RequestInit = {}) =>
      (
        await app.fetch(`http://gateway.test${path}`, {
          ...init,
          headers: { ...headersOf(name), ...init.headers },
        })
      ).text();
    const answers: [string, string][] = [];
    const { documents } = JSON.parse(await at("/q/")) as { documents: readonly string[] };
    expect(documents.length).toBeGreaterThan(40);
    for (const document of documents) {
      answers.push([document, await at(`/q/${document}`)]);
      answers.push([document, await at(`/chart/${document}.svg`)]);
    }
    for (const call of SINGLE.filter((_, i) => i % 4 === 0)) answers.push([call, await textAs(name, call)]);
    const lists = JSON.parse(await at("/export/")) as { exports?: readonly { name: string }[] };
    for (const list of [
      "teams",
      "users",
      "cost",
      "usage",
      "skills",
      "spend",
      "focus",
      "claudeCodeRecords",
      "groups",
    ])
      answers.push([
        list,
        await (await fileAs(name, `${list}.csv?range.last.days=7&period=LAST_MONTH`)).text(),
      ]);
    expect(lists).toBeDefined();
    const accept = { accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18" };
    const agent = async (method: string, params: object) => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      const text = await at("/mcp", { method: "POST", headers: accept, body });
      answers.push([`${method} ${JSON.stringify(params)}`, text]);
      return text;
    };
    const tools = await agent("tools/list", {});
    for (const document of documents) {
      const called = await agent("tools/call", { name: document, arguments: {} });
      expect(called.includes('"isError":true') || called.includes('"error"'), called.slice(0, 300)).toBe(
        !tools.includes(`"name":"${document}"`) || document.startsWith("My"), // this lead has no seat
      );
    }
    expect(tools).toContain('"name":"TeamSpenders"');
    answers.push([
      "link",
      await at("/links", { method: "POST", body: JSON.stringify({ document: "CostByDay" }) }),
    ]);
    const leaks = answers.flatMap(([entry, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${entry}: ${secret}`),
    );
    expect(leaks).toEqual([]);
    expect(answers.filter(([, text]) => text.includes("FORBIDDEN")).length).toBeGreaterThan(60);
  });

  test("without a team reads only their own figures, and with a changed list at once what it says", async () => {
    const [self = ""] = emailsIn("Birch");
    const { askAs } = opened(self);
    const { data, errors } = await askAs(
      "LEAD with spend",
      `{ user { email } teams(${RANGE}) { totalCount } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.user.email.toLowerCase()).toBe(self.toLowerCase());
    expect(data.teams.totalCount).toBe(0);
    expect(
      codesOf(await askAs("LEAD with spend", `{ user(email: "${emailsIn("Cedar")[0]}") { email } }`)),
    ).toEqual(["FORBIDDEN"]);
  });

  const LEADS = ["LEAD", "LEAD with spend", "LEAD by pseudonym", "LEAD of groups"];

  test.for(LEADS)("reads of themselves every field that a member does: %s", async (name) => {
    const [self = ""] = emailsIn("Birch");
    const { askAs } = opened(self);
    const other: string[] = [];
    let refused = 0;
    for (const query of SELF) {
      const [member, lead] = await Promise.all([askAs("MEMBER", query), askAs(name, query)]);
      const shown = ({ data, errors }: typeof lead) => JSON.stringify([data, errors]);
      if (shown(member) !== shown(lead)) other.push(`${query}: ${shown(lead)} for ${shown(member)}`);
      if (codesOf(lead).includes("FORBIDDEN")) refused++;
    }
    expect(other).toEqual([]);
    expect(SELF.length).toBeGreaterThan(100);
    expect(refused).toBeLessThan(SELF.length / 2);
  });

  test.for(LEADS)(
    "reads their own figures by their own address too, and by no other address: %s",
    async (name) => {
      const [self = "", other = ""] = emailsIn("Birch");
      const { askAs } = opened(self);
      const fields = `${COST.replace("cost", `cost(${RANGE})`)} spendLimits { state limit { minorUnits } } claudeCode(${RANGE}) { estimated { cents } } activity(${RANGE}) { chat { messages } }`;
      const asked = (by: string) => `{ user${by} { userId name email ${fields} } }`;
      const { data } = await askAs("MEMBER", asked(""));
      expect(data.user.cost.net.cents).toMatch(/^\d/);
      for (const by of [
        "",
        `(email: "${self.toUpperCase()}")`,
        `(email: "${self}", organization: "enterprise")`,
      ]) {
        const answer = await askAs(name, asked(by));
        expect([answer.errors, answer.data.user], by).toEqual([undefined, data.user]);
      }
      expect(codesOf(await askAs(name, asked(`(email: "${other}")`)))).toEqual(["FORBIDDEN"]);
      // The same operation still reads other people and teams as a lead.
      const both = await askAs(
        name,
        `{ user { ${COST.replace("cost", `cost(${RANGE})`)} } teams(${RANGE}) { nodes { name } } costCentres: user(email: "${other}") { userId } }`,
      );
      expect(both.data).toMatchObject({
        user: { cost: data.user.cost },
        teams: { nodes: [] },
        costCentres: null,
      });
    },
  );

  test("reads the budgets and alerts that state their own address, and of no other person", async () => {
    const [self = "", other = ""] = emailsIn("Birch");
    const { app, askAs } = guarded({
      sandbox: { users: USERS, seed: ORGANIZATION.seed },
      email: self,
      settings: {
        TEAMS_FILE: teamsFile(),
        MAX_UPSTREAM_REQUESTS: "1000",
        ...withBudgets([
          { name: "own", person: self.toUpperCase(), amountUsd: 1, thresholds: [1] },
          { name: "other", person: other, amountUsd: 1, thresholds: [1] },
          { name: "birch", team: "Birch", amountUsd: 10 },
          { name: "everything", amountUsd: 10 },
        ]),
      },
      alertStore: sqliteAlerts({ path: newPath() }),
    });
    await app.runAlerts();
    const query =
      "{ budgets { name spent { cents } share state } alerts { nodes { budget { name } event spent { cents } } } }";
    const member = await askAs("MEMBER", query);
    expect(member.data.budgets).toMatchObject([
      { name: "own", spent: { cents: expect.stringMatching(/^\d/) } },
    ]);
    expect(member.data.alerts.nodes.length).toBeGreaterThan(0);
    for (const name of LEADS) {
      const { data, errors } = await askAs(name, query);
      expect([errors, data], name).toEqual([undefined, member.data]);
    }
  });

  test("by pseudonym reads their teams without names, and in groups no individual", async () => {
    const { askAs } = opened();
    const { data, errors } = await askAs(
      "LEAD by pseudonym",
      `{ teams(${RANGE}) { nodes { name memberCount members(first: 3) { nodes { email user { name activity(${NEW}) { chat { messages } } } } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.teams.nodes.map(({ name }: TeamRow) => name)).toEqual(["Atlas", "Cedar"]);
    expect(JSON.stringify(data)).not.toMatch(/ternplover/);
    expect(
      codesOf(await askAs("LEAD of groups", `{ teams(${RANGE}) { nodes { members { nodes { email } } } } }`)),
    ).toEqual(["FORBIDDEN"]);
  });

  test("never gets an answer that was kept for another lead", async () => {
    const teams = teamsFile();
    const [one, two] = [opened(LEAD, teams), opened("boss@x.example", teams)];
    const names = async ({ askAs }: ReturnType<typeof opened>) =>
      (await askAs("LEAD", `{ teams(${RANGE}) { nodes { name } } }`)).data.teams.nodes.map(
        ({ name }: TeamRow) => name,
      );
    expect([await names(one), await names(two)]).toEqual([["Atlas", "Cedar"], ["Birch"]]);
    const { viewerKey } = await import("../src/server/answers/viewer-key.ts");
    const { viewerOf } = await import("./callers.ts");
    const viewer = viewerOf("LEAD");
    const keys = [
      viewer,
      { ...viewer, teams: new Set(["Atlas"]) },
      { ...viewer, email: LEAD },
      { ...viewer, teamScopes: new Set() },
    ].map((each) => viewerKey(each as typeof viewer));
    expect(new Set(keys).size).toBe(4);
  });

  test("reads in each organization the teams that its list has them manage", async () => {
    const entries = ENTRIES.map((entry) =>
      entry.kind === "enterprise"
        ? { ...entry, teams: teamsFile(entry.name === "emea" ? LEAD : "boss@x.example") }
        : entry,
    );
    const sha256 = createHash("sha256").update("lead").digest("hex");
    const path = organizationsFile([{ name: "lead", role: "LEAD", email: LEAD, sha256 }]);
    const { app } = gatewayOfThree({ entries, settings: { AUTH: "tokens", TOKENS_FILE: path } });
    const teamsIn = async (organization: string) => {
      const query = `{ teams(organization: "${organization}", ${RANGE}) { nodes { name } } }`;
      const response = await app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { authorization: "Bearer lead", "content-type": "application/json" },
        body: JSON.stringify({ query }),
      });
      return (await answerOf(response)).data.teams.nodes.map(({ name }: TeamRow) => name);
    };
    expect([await teamsIn("emea"), await teamsIn("us")]).toEqual([["Atlas", "Cedar"], []]);
  });
});
