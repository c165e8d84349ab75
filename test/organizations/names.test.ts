import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { readDocuments } from "../../src/server/documents/manifest.ts";
import { answerOf } from "../answer.ts";
import { sweep } from "../deep.ts";
import { SINGLE } from "../every-field.ts";
import type { Answer } from "../gateway.ts";
import { gatewayOfThree, organizationsFile, variableOf } from "./three.ts";

/** Names that stand in no other text. `quince` is the Console organization of `mulberry`. */
const NAMES = ["mulberry", "damson", "quince"] as const;

const ENTRIES = [
  { name: "mulberry", kind: "enterprise", keyVariable: variableOf("emea") },
  { name: "damson", kind: "enterprise", keyVariable: variableOf("us") },
  { name: "quince", kind: "console", keyVariable: variableOf("platform"), joins: "mulberry" },
];

const LIMITS = [["mulberry"], ["damson"], ["quince"], ["damson", "quince"], ["mulberry", "quince"]] as const;

const tokenOf = (organizations: readonly string[]) => `limited-to-${organizations.join("-")}`;

function tokensFile(): string {
  const path = organizationsFile("");
  const tokens = [...LIMITS, NAMES].map((organizations) => {
    const token = tokenOf(organizations);
    return {
      name: token,
      role: "OWNER",
      sha256: createHash("sha256").update(token).digest("hex"),
      organizations,
    };
  });
  writeFileSync(path, JSON.stringify(tokens));
  return path;
}

const TRUSTED = readDocuments(schema, "");

/** The fields of the root, each with some of the fields below it. */
const SOME = [...Map.groupBy(SINGLE, (query) => /\w+/.exec(query)?.[0]).values()].flatMap((same) =>
  same.slice(0, 12),
);

const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;

/** Questions beside those of each field, with the ids of another caller. */
async function furtherQuestions(ask: (query: string) => Promise<Answer>): Promise<readonly string[]> {
  const { data, errors } = await ask(`{
    users(organization: "mulberry", ${DAY}, first: 1) { nodes { id user { id } } }
    cost(organization: "quince", ${DAY}, groupBy: [WORKSPACE]) { nodes { workspace { id } } }
  }`);
  expect(errors).toBeUndefined();
  const [{ id: row, user }] = data.users.nodes;
  const ids = [row, user.id, data.cost.nodes[0].workspace.id];
  return [
    ...ids.flatMap((id) => [
      `{ node(id: "${id}") { id ... on User { email cost(${DAY}) { net { cents } } } } }`,
      `{ nodes(ids: ["${id}"]) { id } }`,
      `{ user(id: "${id}") { id email } }`,
    ]),
    ...NAMES.flatMap((one) => [
      ...NAMES.map(
        (other) =>
          `{ combinedCost(organizations: ["${one}", "${other}"], ${DAY}) { total { net { cents } } } }`,
      ),
      `{ users(organization: "${one}", ${DAY}) { totalCount } }`,
      `{ cost(organization: "${one}", ${DAY}, groupBy: [USER]) { totalCount } }`,
    ]),
    `{ cost(${DAY}, groupBy: [USER]) { totalCount } usage(${DAY}, groupBy: [API_KEY]) { totalCount } }`,
    `{ organizations { name parent joinedWith } viewer { organizations } budgets { name } }`,
  ];
}

/** A text with all that is encoded in it. */
function decoded(text: string): string {
  const encoded = text.match(/[\w-]{12,}/g) ?? [];
  return [text, ...encoded.map((each) => Buffer.from(each, "base64url").toString("latin1"))].join("\n");
}

function opened() {
  const settings = {
    AUTH: "tokens",
    TOKENS_FILE: tokensFile(),
    MAX_ROWS: "10000000",
    MAX_DEPTH: "50",
    MAX_UPSTREAM_REQUESTS: "100000",
    CALLER_REQUESTS_PER_MINUTE: "1000000",
    CALLER_OPERATIONS_PER_MINUTE: "1000000",
  };
  const { app } = gatewayOfThree({ entries: ENTRIES, settings });
  const fetchAs = (organizations: readonly string[], path: string, init: RequestInit = {}) =>
    app.fetch(`http://gateway.test${path}`, {
      ...init,
      headers: { authorization: `Bearer ${tokenOf(organizations)}`, ...init.headers },
    });
  const askAs = async (organizations: readonly string[], query: string, search = "") =>
    answerOf(
      await fetchAs(organizations, `/graphql${search}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
      }),
    );
  return { fetchAs, askAs };
}

/** Empty names, and names of organizations that are not there, in messages. */
const UNREAL = /``|""|[`"](?:enterprise|console)[`"]/;

/** What is wrong with a text for a caller; what the caller has written can be repeated. */
function wrongIn(text: string, own: readonly string[], asked: string): readonly string[] {
  const all = decoded(text);
  return NAMES.filter((name) => !own.includes(name) && !asked.includes(`"${name}"`) && all.includes(name));
}

describe("a caller limited to organizations", () => {
  sweep([
    { which: "some fields", queries: SOME },
    { which: "every field", queries: SINGLE },
  ])("reads no other name in an answer: $which", async ({ queries }) => {
    const { askAs } = opened();
    const further = await furtherQuestions((query) => askAs(NAMES, query));
    const faults: string[] = [];
    for (const own of LIMITS)
      for (const query of [...queries, ...further])
        for (const search of further.includes(query) ? ["", `?organization=${own[0]}`, "?explain"] : [""]) {
          const answer = await askAs(own, query, search);
          const messages = answer.errors?.map(({ message }) => message) ?? [];
          const unreal = UNREAL.test(query) ? [] : messages.filter((message) => UNREAL.test(message));
          const wrong = [...wrongIn(JSON.stringify(answer), own, query), ...unreal];
          if (wrong.length > 0) faults.push(`${own} ${search} ${query}: ${wrong.join(" | ")}`);
        }
    expect(faults).toEqual([]);
  });

  test.each(LIMITS.map((own) => ({ own })))(
    "reads no other name in a document or file: $own",
    async ({ own }) => {
      const { fetchAs } = opened();
      const days = "range.between.from=2026-11-18&range.between.until=2026-11-19";
      const faults: string[] = [];
      for (const path of [
        ...TRUSTED.names.map((name) => `/q/${name}`),
        ...["users", "cost", "teams", "groups", "skills"].map((name) => `/export/${name}.csv?${days}`),
        "/export/spend.csv?from=2026-11-18&until=2026-11-19",
        `/chart/CostByDay.svg?${days}`,
      ]) {
        const text = await (await fetchAs(own, path)).text();
        const wrong = [...wrongIn(text, own, path), ...(/``|of \\"\\"/.exec(text) ?? [])];
        if (wrong.length > 0) faults.push(`${path}: ${wrong.join(" | ")}`);
      }
      expect(faults).toEqual([]);
    },
  );

  test("is refused by ids of the other half of a tenant as by those of another one", async () => {
    const { askAs } = opened();
    const { data } = await askAs(
      NAMES,
      `{ users(organization: "mulberry", ${DAY}, first: 1) { nodes { user { id } } } }`,
    );
    const query = `{ node(id: "${data.users.nodes[0].user.id}") { id } }`;
    const [ofTenant, ofOther] = await Promise.all([askAs(["quince"], query), askAs(["damson"], query)]);
    expect(ofTenant.data).toEqual({ node: null });
    expect(ofTenant.errors).toEqual(ofOther.errors);
  });
});

test.each(["damson", "elsewhere"])(
  "a plan has the error of the answer for the organization %s",
  async (name) => {
    const { askAs } = opened();
    const query = `{
    spend: cost(organization: "${name}", ${DAY}) { totalCount }
    sum: combinedCost(organizations: ["mulberry", "${name}"], ${DAY}) { total { net { cents } } }
    ${name === "damson" ? `other: cost(organization: "mulberry", ${DAY}) { totalCount }` : ""}
  }`;
    const [plan, answer] = [await askAs(["mulberry"], query, "?explain"), await askAs(["mulberry"], query)];
    expect(answer.errors).toHaveLength(2);
    expect(plan.errors).toEqual(answer.errors);
    const byUrl = await Promise.all(
      [`?explain&organization=${name}`, `?organization=${name}`].map((search) =>
        askAs(["mulberry"], `{ cost(${DAY}) { totalCount } }`, search),
      ),
    );
    expect(byUrl[0]?.errors).toEqual(byUrl[1]?.errors);
    expect(byUrl[0]?.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  },
);
