import { expect, test } from "vitest";
import { type Day, day, startOf } from "../src/domain/day.ts";
import type { OrganizationKind } from "../src/sandbox/organization/directory.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import { codesOf, guarded } from "./callers.ts";
import { sweep } from "./deep.ts";
import { gateway, NOW } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";
import { PATHS } from "./wire.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const [FROM, UNTIL] = [day("2026-11-09"), day("2026-11-14")] as const;
const RANGE = `range: { between: { from: "${FROM}", until: "${UNTIL}" } }`;
const TOTALS = "records sessions commits";
const COUNTS = "both recordsOnly activityOnly";
const PEOPLE = (args = "", first = "first: 1000") =>
  `{ claudeCodePeople(${RANGE}, ${first}${args}) { ${COUNTS} totalCount apiKeys { ${TOTALS} }
     nodes { email presence records { ${TOTALS} } apiRecords { ${TOTALS} } subscriptionRecords { ${TOTALS} } activity { sessions commits } } } }`;

/** Commits of each address in one organization's Claude Code, and of keys, from the base table. */
function commitsIn(organization: Organization, kind: OrganizationKind, [from, until]: readonly [Day, Day]) {
  const now = Date.parse(NOW);
  const commits = new Map<string, Record<string, number>>();
  const facts = ledgerOf(organization).facts(kind, { from: startOf(from), until: startOf(until) }, now);
  for (const { person, code } of facts) {
    if (code === null) continue;
    const email =
      person === null
        ? "keys"
        : organization.directories[kind].account(organization.person(person), now).email?.toLowerCase();
    if (email === undefined) continue; // erased: upstream lists none of their activity
    const sums = commits.getOrInsertComputed(email, () => ({}));
    sums[code.customer] = (sums[code.customer] ?? 0) + code.commits;
  }
  return commits;
}

sweep([1, 2, 3, 5, 8, 13, 21, 34, 55, 89])(
  "people of either report of Claude Code are those of the base table (seed %d)",
  async (seed) => {
    const { ask, organization } = gateway({ sandbox: { users: 60, seed } });
    const { data, errors } = await ask(PEOPLE());
    expect(errors).toBeUndefined();
    const records = commitsIn(organization, "console", [FROM, UNTIL]);
    const activity = commitsIn(organization, "enterprise", [FROM, UNTIL]);
    const { nodes, apiKeys, totalCount, ...counts } = data.claudeCodePeople;
    const total = (sums: Record<string, number> | undefined) =>
      sums === undefined ? null : Object.values(sums).reduce((a, b) => a + b, 0);
    const commitsOf = (totals: { commits: number } | null) => totals?.commits ?? null;
    for (const { email, presence, ...figures } of nodes as Loose[]) {
      const key = email.toLowerCase();
      const [own, seat] = [records.get(key), activity.get(key)];
      expect([
        commitsOf(figures.records),
        commitsOf(figures.apiRecords),
        commitsOf(figures.subscriptionRecords),
        commitsOf(figures.activity),
      ]).toEqual([total(own), own?.api ?? null, own?.subscription ?? null, total(seat)]);
      expect(presence).toBe(
        own === undefined ? "ACTIVITY_ONLY" : seat === undefined ? "RECORDS_ONLY" : "BOTH",
      );
    }
    records.delete("keys");
    expect(new Set(nodes.map(({ email }: Loose) => email.toLowerCase()))).toEqual(
      new Set([...records.keys(), ...activity.keys()]),
    );
    expect(apiKeys?.commits ?? null).toBe(
      total(commitsIn(organization, "console", [FROM, UNTIL]).get("keys")),
    );
    const countOf = (presence: string) => nodes.filter((each: Loose) => each.presence === presence).length;
    expect(counts).toEqual({
      both: countOf("BOTH"),
      recordsOnly: countOf("RECORDS_ONLY"),
      activityOnly: countOf("ACTIVITY_ONLY"),
    });
    expect(totalCount).toBe(nodes.length);
    expect(Math.min(counts.both, counts.activityOnly)).toBeGreaterThan(0);
  },
);

test("people of one report alone are a part of the list, at the same requests", async () => {
  const { ask, seen, requestsOf } = gateway({ sandbox: { users: 60 } });
  const all = (await ask(PEOPLE())).data.claudeCodePeople;
  expect(seen.map(({ pathname }) => pathname).sort()).toEqual([
    PATHS.users,
    ...Array(5).fill("/v1/organizations/usage_report/claude_code"),
  ]);
  const [{ data }, more] = await requestsOf(() => ask(PEOPLE(", presence: [ACTIVITY_ONLY]")));
  expect(more).toEqual([]);
  expect(data.claudeCodePeople.nodes).toEqual(
    all.nodes.filter(({ presence }: Loose) => presence === "ACTIVITY_ONLY"),
  );
  expect(data.claudeCodePeople.both).toBe(all.both);
});

test("the people of both reports are for callers who see people", async () => {
  const { askAs } = guarded({ sandbox: { users: 60 } });
  const owner = await askAs("OWNER", PEOPLE());
  const masked = await askAs("OWNER by pseudonym", PEOPLE());
  expect(masked.errors).toBeUndefined();
  const { nodes, ...counts } = masked.data.claudeCodePeople;
  const { nodes: named, ...all } = owner.data.claudeCodePeople;
  expect(counts).toEqual(all);
  const known = new Set(named.map(({ email }: Loose) => email));
  for (const { email } of nodes) expect(known.has(email)).toBe(false);
  for (const caller of ["OWNER of groups", "MEMBER", "SERVICE"])
    expect(codesOf(await askAs(caller, PEOPLE()))).toEqual(["FORBIDDEN"]);
});

test("too many days are refused with the newest that fit, and one organization alone cannot answer", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 60 } });
  const { errors } = await ask(PEOPLE().replace(RANGE, "range: { last: { days: 90 } }"));
  expect(errors?.[0]?.extensions.code).toBe("TOO_EXPENSIVE");
  expect(errors?.[0]?.message).toMatch(/It fits with `range: /);
  expect(seen).toEqual([]);
  const alone = gateway({ sandbox: { users: 60 }, settings: { ANTHROPIC_ADMIN_KEY: "" } });
  expect((await alone.ask(PEOPLE())).errors?.[0]?.extensions.code).toBe("NOT_CONFIGURED");
});
