import { describe, expect, test } from "vitest";
import { answerOf } from "../answer.ts";
import { ENTRIES, gatewayOfThree } from "../organizations/three.ts";

const DAYS = `range: { between: { from: "2026-11-01", until: "2026-11-15" } }`;

const ENTITIES = `query Entities($of: [_Any!]!) { _entities(representations: $of) {
  __typename
  ... on User { id email cost(${DAYS}) { net { usd } } }
  ... on Team { id teamId }
  ... on Workspace { id workspaceId }
} }`;

type Representation = Readonly<Record<string, string>>;

interface Person {
  readonly id: string;
  readonly email: string;
}

/** Three organizations as a subgraph; `platform` is the Console organization of `emea`. */
function federated() {
  const entries = ENTRIES.map((each) => (each.name === "platform" ? { ...each, joins: "emea" } : each));
  const { app, upstream } = gatewayOfThree({ entries, settings: { FEDERATION: "on" } });
  const post = async (query: string, search: string, variables: object = {}) =>
    answerOf(
      await app.fetch(`http://gateway.test/graphql${search}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      }),
    );
  return {
    upstream,
    post,
    entities: (of: readonly Representation[], search = "") => post(ENTITIES, search, { of }),
    async person(organization: string): Promise<Person & { readonly cost: object | null }> {
      const query = `{ users(organization: "${organization}", ${DAYS}, first: 1) { nodes { user { id email cost(${DAYS}) { net { usd } } } } } }`;
      return (await post(query, "")).data.users.nodes[0].user;
    },
  };
}

const byId = ({ id }: Person) => ({ __typename: "User", id });
const byEmail = ({ email }: Person) => ({ __typename: "User", email });

describe("representations of several organizations", () => {
  test("are each looked up in the organization that its id names, with its figures", async () => {
    const { entities, person } = federated();
    const [us, emea] = [await person("us"), await person("emea")];
    expect(us.email).not.toBe(emea.email);
    for (const search of ["", "?organization=us", "?organization=emea"]) {
      const { data, errors } = await entities([byId(us), byId(emea), byId(us)], search);
      expect(errors).toBeUndefined();
      expect(data._entities).toEqual([us, emea, us].map((each) => ({ __typename: "User", ...each })));
    }
  });

  test("by address are errors that list the names, beside any id", async () => {
    const { entities, person } = federated();
    const [us, emea] = [await person("us"), await person("emea")];
    for (const known of [us, emea]) {
      const { data, errors } = await entities([byEmail(us), byId(known), byEmail(emea)]);
      expect(data._entities).toEqual([null, { __typename: "User", ...known }, null]);
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        {
          code: "BAD_USER_INPUT",
          organizations: ["emea", "platform", "us"],
          count: 2,
          paths: [
            ["_entities", 0],
            ["_entities", 2],
          ],
        },
      ]);
    }
  });

  test("by address are of the organization that the request names, whatever stands beside them", async () => {
    const { entities, person, upstream } = federated();
    const [us, emea] = [await person("us"), await person("emea")];
    const alone = await entities([byEmail(emea)], "?organization=us");
    expect(alone.errors).toBeUndefined();
    expect(alone.data._entities).toEqual([null]);
    const before = upstream.seen.length;
    const beside = await entities([byId(emea), byEmail(emea), byEmail(us)], "?organization=us");
    expect(beside.errors).toBeUndefined();
    expect(beside.data._entities).toEqual([
      { __typename: "User", ...emea },
      null,
      { __typename: "User", ...us },
    ]);
    expect(new Set(upstream.seen.slice(before).map(({ organization }) => organization))).not.toContain(
      "platform",
    );
  });

  test("that cannot be read affect only themselves, in any order", async () => {
    const { entities, person } = federated();
    const emea = await person("emea");
    const good = byEmail(emea);
    for (const bad of [
      { __typename: "User", id: "user_017GnHss34UM7L2QL1B75wqW" },
      { __typename: "User", id: Buffer.from("User@apac:user_1").toString("base64url") },
      { __typename: "Money", usd: "1" },
      { __typename: "Team", id: emea.id },
    ])
      for (const of of [
        [bad, good],
        [good, bad],
      ]) {
        const { data, errors } = await entities(of, "?organization=emea");
        const at = of.indexOf(good);
        expect(data._entities[at]).toEqual({ __typename: "User", ...emea });
        expect(data._entities[1 - at]).toBeNull();
        expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
          [["_entities", 1 - at], "BAD_USER_INPUT"],
        ]);
        expect(errors?.[0]?.message).not.toContain("``");
      }
  });

  test("by a key that one kind of organization alone has are of the only one of that kind", async () => {
    const { entities, post } = federated();
    const { data } = await post(
      `{ cost(organization: "platform", ${DAYS}, groupBy: [WORKSPACE]) { nodes { workspace { id workspaceId } } } }`,
      "",
    );
    const workspace = data.cost.nodes.find(
      (each: { workspace: object | null }) => each.workspace !== null,
    ).workspace;
    const of = [{ __typename: "Workspace", workspaceId: workspace.workspaceId }];
    const { data: found, errors } = await entities(of);
    expect(errors).toBeUndefined();
    expect(found._entities).toEqual([{ __typename: "Workspace", ...workspace }]);
  });

  test("plan the requests of each organization", async () => {
    const { person, post } = federated();
    const of = [byId(await person("us")), byId(await person("emea"))];
    const fresh = federated();
    const { extensions } = await fresh.post(ENTITIES, "?explain", { of });
    const { allowances } = (
      extensions as unknown as { plan: { allowances: { of: string; organization: string }[] } }
    ).plan;
    const figures = allowances
      .filter((each) => each.of === "figures")
      .map(({ organization }) => organization);
    expect(figures.sort()).toEqual(["emea", "us"]);
    expect((await post(ENTITIES, "", { of })).errors).toBeUndefined();
  });
});
