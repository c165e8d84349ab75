import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gateway, json } from "./gateway.ts";
import { dayOfQuery, PATHS, reportPage, tokenPage, wireRecord, wireUser } from "./wire.ts";

const RANGE = `range: { between: { from: "2026-11-01", until: "2026-11-03" } }`;
const ADDRESS = "ada@ternplover.example";

const person = (email_address: string) => ({ type: "user_actor", email_address });

/** Two days with two records of Ada each, 95 commits in all. */
const records = [
  wireRecord(person(ADDRESS), { commits: 40, day: "2026-11-01" }),
  wireRecord(person("ada@old.example"), { commits: 7, terminal: "tmux", day: "2026-11-01" }),
];
const second = [wireRecord(person("Ada@Ternplover.example"), { commits: 48, day: "2026-11-02" })];

interface Account {
  readonly id: string;
  readonly email: string;
  readonly lastActiveOn: string;
}

function withAccounts(accounts: readonly Account[], { aliases = "" } = {}) {
  const path = join(mkdtempSync(join(tmpdir(), "accounts-")), "aliases.csv");
  writeFileSync(path, `email,alias\n${aliases}`);
  const rows = accounts.map(({ id, email, lastActiveOn }) => ({
    ...wireUser(id, { email }),
    last_activity_date: lastActiveOn,
  }));
  return gateway({
    routes: {
      [PATHS.users]: (query) => {
        const wanted = query.getAll("filter[]").map((each) => each.replace("user_id:", ""));
        return json(tokenPage(rows.filter(({ user }) => wanted.length === 0 || wanted.includes(user.id))));
      },
      [PATHS.claudeCode]: (query) => json(reportPage(dayOfQuery(query) === "2026-11-01" ? records : second)),
    },
    settings: { ALIASES_FILE: path },
  });
}

const commitsOf = `{ users(${RANGE}) { nodes { id userId claudeCode { commits } claudeCodeRecords { totalCount nodes { commits } } } } }`;

type Row = {
  id: string;
  userId: string;
  claudeCode: { commits: number } | null;
  claudeCodeRecords: { nodes: unknown[] };
};
const commits = (rows: readonly Row[]) =>
  rows.map(({ userId, claudeCode }) => [userId, claudeCode?.commits ?? null]);

describe("a record of an address that two accounts have belongs to one row", () => {
  const LEFT = { id: "user_a", email: ADDRESS, lastActiveOn: "2026-11-01" };
  const BACK = { id: "user_b", email: ADDRESS, lastActiveOn: "2026-11-02" };

  test("that of the account last active, where someone left and came back", async () => {
    for (const accounts of [
      [LEFT, BACK],
      [BACK, LEFT],
    ]) {
      const { ask, seen } = withAccounts(accounts);
      const { data, errors } = await ask(commitsOf);
      expect(errors).toBeUndefined();
      expect(commits(data.users.nodes).toSorted()).toEqual([
        ["user_a", null],
        ["user_b", 88],
      ]);
      expect(data.users.nodes.map((row: Row) => row.claudeCodeRecords.nodes.length).toSorted()).toEqual([
        0, 2,
      ]);
      // The list of people is read once for the rows and for whose the records are.
      expect(seen.filter(({ pathname }) => pathname === PATHS.users)).toHaveLength(1);
    }
  });

  test("the first by id, where both were last active on one day", async () => {
    const { ask } = withAccounts([{ ...BACK, id: "user_z" }, BACK]);
    expect(commits((await ask(commitsOf)).data.users.nodes)).toEqual([
      ["user_z", null],
      ["user_b", 88],
    ]);
  });

  test("that of the address itself, where an alias is the other's", async () => {
    const { ask } = withAccounts(
      [
        { id: "user_old", email: "ada@old.example", lastActiveOn: "2026-11-02" },
        { id: "user_new", email: ADDRESS, lastActiveOn: "2026-11-01" },
      ],
      { aliases: `${ADDRESS},ada@old.example\n` },
    );
    expect(commits((await ask(commitsOf)).data.users.nodes)).toEqual([
      ["user_old", null],
      ["user_new", 95],
    ]);
  });

  test("that of the alias, where the address itself has no row", async () => {
    const { ask } = withAccounts([{ id: "user_old", email: "ada@old.example", lastActiveOn: "2026-11-02" }], {
      aliases: `${ADDRESS},ada@old.example\n`,
    });
    expect(commits((await ask(commitsOf)).data.users.nodes)).toEqual([["user_old", 95]]);
  });

  test("for any filter of the list, and any way to reach the row", async () => {
    const { ask } = withAccounts([LEFT, BACK]);
    const filtered = `{ users(${RANGE}, filter: { users: ["user_a"] }) { nodes { id userId claudeCode { commits } } } }`;
    const [row] = (await ask(filtered)).data.users.nodes;
    expect(row).toMatchObject({ userId: "user_a", claudeCode: null });
    const { data } = await ask(
      `query ($id: ID!) { node(id: $id) { ... on UserSummary { userId claudeCode { commits } user { claudeCode(${RANGE}) { commits } } } } }`,
      { id: row.id },
    );
    expect(data.node).toMatchObject({ userId: "user_a", claudeCode: null });
  });
});

test("rows of all people add up to the records of their addresses", async () => {
  for (const seed of [1, 2, 3]) {
    const { ask } = gateway({ sandbox: { users: 200, seed } });
    const { data } = await ask(
      `{ users(${RANGE}, first: 1000) { nodes { email claudeCode { records commits } } } claudeCodeRecords(${RANGE}, first: 1000) { nodes { commits actor { ... on UserActor { email } } } pageInfo { hasNextPage } } }`,
    );
    expect(data.claudeCodeRecords.pageInfo.hasNextPage).toBe(false);
    const addresses = new Set(data.users.nodes.map(({ email }: { email: string }) => email?.toLowerCase()));
    const theirs = data.claudeCodeRecords.nodes.filter(({ actor }: { actor: { email?: string } }) =>
      addresses.has(actor.email?.toLowerCase()),
    );
    const sum = (of: readonly { commits: number }[]) => of.reduce((total, { commits }) => total + commits, 0);
    const totals = data.users.nodes.flatMap(
      ({ claudeCode }: { claudeCode: { commits: number } | null }) => claudeCode ?? [],
    );
    expect(theirs.length).toBeGreaterThan(10);
    expect(sum(totals)).toBe(sum(theirs));
  }
});
