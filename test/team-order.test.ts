import { describe, expect, test } from "vitest";
import { compare, type Decimal, parseDecimal } from "../src/domain/decimal.ts";
import { codesOf, guarded, messagesOf } from "./callers.ts";
import { gatewayOf, organizationOf, RANGE, teamsFile, USERS } from "./team-truth.ts";

interface TeamRow {
  readonly id: string;
  readonly name: string | null;
  readonly cost: { readonly net: { readonly cents: string } } | null;
  readonly activity: {
    readonly users: number;
    readonly activity: { readonly chat: { readonly messages: number } };
  } | null;
  readonly claudeCode: { readonly commits: number } | null;
}

const FIELDS =
  "id name cost { net { cents } } activity { users activity { chat { messages } } } claudeCode { commits }";

const MEASURES: Readonly<Record<string, (team: TeamRow) => Decimal | null>> = {
  COST: ({ cost }) => (cost === null ? null : parseDecimal(cost.net.cents)),
  ACTIVE_USERS: ({ activity }) => whole(activity?.users),
  CHAT_MESSAGES: ({ activity }) => whole(activity?.activity.chat.messages),
  COMMITS: ({ claudeCode }) => whole(claudeCode?.commits),
};

function whole(count: number | undefined): Decimal | null {
  return count === undefined ? null : parseDecimal(String(count));
}

describe("teams in order", () => {
  test.each(
    [1, 8, 34].flatMap((seed) =>
      Object.keys(MEASURES).flatMap((field) =>
        ["DESC", "ASC"].map((direction) => [seed, field, direction] as const),
      ),
    ),
  )("of seed %d by %s, %s, are all teams, those without the figure last", async (seed, field, direction) => {
    const { ask } = gatewayOf(seed);
    const order = `orderBy: { field: ${field}, direction: ${direction} }`;
    const { data, errors } = await ask(`{
      all: teams(${RANGE}) { nodes { ${FIELDS} } }
      ordered: teams(${RANGE}, ${order}) { totalCount nodes { ${FIELDS} } }
    }`);
    expect(errors).toBeUndefined();
    const rows: readonly TeamRow[] = data.ordered.nodes;
    const byId = (teams: readonly TeamRow[]) => teams.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(rows)).toEqual(byId(data.all.nodes));
    expect(data.ordered.totalCount).toBe(rows.length);
    const measures = rows.map((row) => MEASURES[field]?.(row) ?? null);
    const measured = measures.filter((each) => each !== null);
    expect(measures.slice(0, measured.length)).not.toContain(null);
    const sign = direction === "ASC" ? 1 : -1;
    expect(measured).toEqual(measured.toSorted((a, b) => sign * compare(a, b)));
    expect(new Set(measured.map(({ units }) => units)).size).toBeGreaterThan(1);
  });

  test("are read on by cursor, which belongs to its order", async () => {
    const { ask } = gatewayOf(3);
    const page = (order: string, after: string | null, first = 2) =>
      ask(
        `query ($after: String) { teams(${RANGE}, orderBy: { ${order} }, first: ${first}, after: $after) {
          nodes { id } pageInfo { hasNextPage endCursor } overlap { net { cents } } } }`,
        { after },
      );
    const [ids, overlaps]: [string[], unknown[]] = [[], []];
    for (let after: string | null = null; ; ) {
      const { data, errors } = await page("field: COST", after);
      expect(errors).toBeUndefined();
      ids.push(...data.teams.nodes.map(({ id }: TeamRow) => id));
      overlaps.push(data.teams.overlap);
      after = data.teams.pageInfo.endCursor;
      if (!data.teams.pageInfo.hasNextPage) break;
    }
    const whole = await page("field: COST", null, 100);
    expect(ids).toEqual(whole.data.teams.nodes.map(({ id }: TeamRow) => id));
    expect(overlaps).toEqual(ids.filter((_, i) => i % 2 === 0).map(() => whole.data.teams.overlap));
    const { endCursor } = (await page("field: COST", null)).data.teams.pageInfo;
    for (const other of ["field: COST, direction: ASC", "field: COMMITS"])
      expect(codesOf(await page(other, endCursor))).toEqual(["CURSOR_INVALID"]);
  });

  test("take the upstream requests of the figure, and not twice", async () => {
    const count = async (query: string) => (await gatewayOf(2).ask(query)).extensions.upstream.requests;
    const figure = await count(`{ teams(${RANGE}) { nodes { cost { net { cents } } } } }`);
    expect(figure).toBeGreaterThan(0);
    expect(await count(`{ teams(${RANGE}, orderBy: { field: COST }) { nodes { name } } }`)).toBe(figure);
    expect(
      await count(`{ teams(${RANGE}, orderBy: { field: COST }) { nodes { name cost { net { cents } } } } }`),
    ).toBe(figure);
  });

  test("are refused with their plan where the figure takes too many upstream requests", async () => {
    const { ask, seen } = gatewayOf(2, { MAX_UPSTREAM_REQUESTS: "3" });
    const answer = await ask(`{ teams(${RANGE}, orderBy: { field: COMMITS }) { nodes { name } } }`);
    expect(codesOf(answer)).toEqual(["TOO_EXPENSIVE"]);
    expect(seen).toEqual([]);
  });

  test("are of figures that the caller sees", async () => {
    const { askAs } = guarded({
      sandbox: { users: USERS, seed: 3 },
      settings: { TEAMS_FILE: teamsFile(organizationOf(3)), MAX_UPSTREAM_REQUESTS: "1000" },
    });
    const by = (field: string) => `{ teams(${RANGE}, orderBy: { field: ${field} }) { nodes { name } } }`;
    for (const name of ["ADMIN", "SERVICE-activity-read"]) {
      const answer = await askAs(name, by("COST"));
      expect([name, ...codesOf(answer)]).toEqual([name, "FORBIDDEN"]);
      expect(messagesOf(answer)).toContain("orderBy: { field: COST }");
      expect((await askAs(name, by("COMMITS"))).errors).toBeUndefined();
    }
    for (const name of ["OWNER", "LEAD with spend"])
      expect((await askAs(name, by("COST"))).errors).toBeUndefined();
    expect(codesOf(await askAs("LEAD", by("COST")))).toEqual(["FORBIDDEN"]);
  });

  test("do not tell callers who see groups only of groups that are too small", async () => {
    const { askAs } = guarded({
      sandbox: { users: USERS, seed: 3 },
      settings: { TEAMS_FILE: teamsFile(organizationOf(3)), MAX_UPSTREAM_REQUESTS: "1000" },
    });
    const list = async (order: string) => {
      const { data, errors } = await askAs(
        "OWNER of groups",
        `{ teams(${RANGE}${order}) { nodes { name cost { net { cents } } } } }`,
      );
      return { errors, rows: data.teams.nodes as readonly TeamRow[] };
    };
    const plain = await list("");
    for (const direction of ["ASC", "DESC"]) {
      const { rows } = await list(`, orderBy: { field: COST, direction: ${direction} }`);
      const hidden = rows.findIndex(({ cost }) => cost === null);
      expect(rows.map(({ name }) => name).toSorted()).toEqual(plain.rows.map(({ name }) => name).toSorted());
      if (hidden >= 0) expect(rows.slice(hidden).every(({ cost }) => cost === null)).toBe(true);
    }
  });
});
