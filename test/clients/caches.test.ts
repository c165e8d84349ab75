import { gql, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import {
  apolloTypePolicies,
  GRAPHCACHE_KEYS,
  graphcacheResolvers,
  POSSIBLE_TYPES,
  SCALARS,
} from "claude-analytics-gateway/client";
import { isObjectType, isScalarType, isSpecifiedScalarType } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";

const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));

const SKILLS = gql`
  query Skills($range: DateRange!, $after: String) {
    skills(range: $range, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } }
  }
`;

const WEEK = { last: { days: 7 } };
const MONTH = { last: { days: 30 } };

/** A cache with the policies of the package, and what it has of a list. */
function cache() {
  const kept = new InMemoryCache({
    possibleTypes: POSSIBLE_TYPES,
    typePolicies: apolloTypePolicies(relayStylePagination),
  });
  return {
    write(range: object, after: string | null, names: readonly string[]) {
      const nodes = names.map((name) => ({ __typename: "Skill", id: JSON.stringify([name, range]), name }));
      const pageInfo = { __typename: "PageInfo", hasNextPage: true, endCursor: `after ${names.at(-1)}` };
      const data = { skills: { __typename: "SkillConnection", nodes, pageInfo } };
      kept.writeQuery({ query: SKILLS, variables: { range, after }, data });
    },
    names(range: object): readonly string[] | undefined {
      const read = kept.readQuery<{ skills: { nodes: readonly { name: string }[] } }>({
        query: SKILLS,
        variables: { range },
      });
      return read?.skills.nodes.map(({ name }) => name);
    },
  };
}

describe("Apollo's cache with the policies of the package", () => {
  test("joins pages that follow one another, and keeps lists of other ranges apart", () => {
    const { write, names } = cache();
    write(WEEK, null, ["a", "b"]);
    write(MONTH, null, ["x"]);
    write(WEEK, "after b", ["c"]);
    expect(names(WEEK)).toEqual(["a", "b", "c"]);
    expect(names(MONTH)).toEqual(["x"]);
  });

  test("has a page once when it is requested again, and begins anew with the first page", () => {
    const { write, names } = cache();
    write(WEEK, null, ["a"]);
    write(WEEK, "after a", ["b"]);
    write(WEEK, "after a", ["b"]);
    expect(names(WEEK)).toEqual(["a", "b"]);
    write(WEEK, null, ["d"]);
    expect(names(WEEK)).toEqual(["d"]);
  });

  test("never shows a list with a gap", () => {
    const { write, names } = cache();
    write(WEEK, null, ["a"]);
    write(WEEK, "after b", ["c"]);
    expect(names(WEEK)).toEqual(["c"]);
  });
});

describe("the facts of the schema for caches and generators", () => {
  test("has a key for every type without `id`", () => {
    const query = schema.getQueryType();
    const without = types.filter((type) => isObjectType(type) && type !== query && !type.getFields().id);
    expect(Object.keys(GRAPHCACHE_KEYS).sort()).toEqual(without.map(({ name }) => name).sort());
    expect(without.length).toBeGreaterThan(100);
  });

  test("has a resolver and a policy for every list", () => {
    const lists = types.filter(isObjectType).flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ args }) => args.some(({ name }) => name === "after"))
        .map(({ name }) => `${type.name}.${name}`),
    );
    const fieldsOf = (by: Record<string, object | undefined>) =>
      Object.entries(by).flatMap(([type, fields]) =>
        Object.keys(fields ?? {}).map((field) => `${type}.${field}`),
      );
    const policies = Object.entries(apolloTypePolicies(relayStylePagination));
    const withFields = Object.fromEntries(policies.map(([type, { fields }]) => [type, fields]));
    for (const found of [fieldsOf(graphcacheResolvers({})), fieldsOf(withFields)])
      expect(found.sort()).toEqual([...lists].sort());
  });

  test("has a type for every scalar", () => {
    const scalars = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
    expect(Object.keys(SCALARS).sort()).toEqual(scalars.map(({ name }) => name).sort());
  });
});
