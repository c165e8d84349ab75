import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClientError, mergeRepeated } from "../../src/server/graphql/client-error.ts";
import { gateway, json, refusal } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { expectError, expectPresentable, WEEK } from "./faults.ts";

const people = Array.from({ length: 1_000 }, (_, i) => wireUser(`user_${i}`));

function opened() {
  return gateway({
    routes: {
      [PATHS.users]: () => json(tokenPage(people)),
      [PATHS.members]: () => refusal(500, "api_error", "no"),
    },
  });
}

describe("a fault that voids a field of a thousand rows", () => {
  test("is one error that counts them and lists the first twenty places", async () => {
    const { ask } = opened();
    const answer = await ask(`{ users(${WEEK}, first: 1000) { nodes { userId name } } }`);
    const path = (i: number) => ["users", "nodes", i, "name"];
    const { extensions } = expectError(answer, "UPSTREAM_UNAVAILABLE", path(0));
    expect(extensions).toMatchObject({ count: 1_000, paths: Array.from({ length: 20 }, (_, i) => path(i)) });
    expect(answer.data.users.nodes).toHaveLength(1_000);
    expect(answer.data.users.nodes[999]).toEqual({ userId: "user_999", name: null });
    expect(JSON.stringify(answer.errors).length).toBeLessThan(2_000);
  });

  test("is one error for each field, by the names of the answer", async () => {
    const { ask } = opened();
    const { errors } = await ask(`{ users(${WEEK}, first: 50) { nodes { name called: name status } } }`);
    const fields = expectPresentable(errors).map(({ path, extensions }) => [path?.at(-1), extensions.count]);
    expect(fields.toSorted()).toEqual([
      ["called", 50],
      ["name", 50],
      ["status", 50],
    ]);
  });

  test("is distinguished from another fault of the same field, and lists every place where there are few", async () => {
    const { ask } = opened();
    const ids = ["x", btoa("Workspace:none"), "y"];
    const { errors } = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids });
    const shown = expectPresentable(errors).map(({ extensions: { code, count, paths } }) => [
      code,
      count,
      paths,
    ]);
    expect(shown).toContainEqual([
      "BAD_USER_INPUT",
      2,
      [
        ["nodes", 0],
        ["nodes", 2],
      ],
    ]);
    expect(shown).toHaveLength(2);
  });

  test("that happens once has no count", async () => {
    const { ask } = opened();
    const answer = await ask(`{ users(${WEEK}, first: 1) { nodes { name } } }`);
    expect(
      expectError(answer, "UPSTREAM_UNAVAILABLE", ["users", "nodes", 0, "name"]).extensions,
    ).not.toHaveProperty("count");
  });
});

test("merging errors keeps every cause of every field, and counts every error", () => {
  const error = fc
    .record({
      code: fc.constantFrom("NOT_FOUND", "UPSTREAM_UNAVAILABLE"),
      message: fc.constantFrom("None.", "Ask again in 3 seconds.", "Ask again in 41 seconds."),
      path: fc.array(fc.oneof(fc.constantFrom("a", "b"), fc.nat(30)), { minLength: 1, maxLength: 3 }),
      retryAfter: fc.nat(60),
    })
    .map(
      ({ code, message, path, retryAfter }) =>
        new ClientError(message, { path, extensions: { code, retryAfter } }),
    );
  fc.assert(
    fc.property(fc.array(error, { maxLength: 80 }), (errors) => {
      const merged = mergeRepeated(errors);
      const causes = (list: readonly ClientError[]) =>
        list.map(({ code, message, path }) =>
          [code, message.replace(/\d+/, ""), path?.filter((step) => typeof step === "string")].join(),
        );
      expect(new Set(causes(merged))).toEqual(new Set(causes(errors)));
      expect(causes(merged)).toHaveLength(new Set(causes(errors)).size);
      const count = merged.reduce((sum, { extensions }) => sum + Number(extensions.count ?? 1), 0);
      expect(count).toBe(errors.length);
      expect(mergeRepeated(merged)).toEqual(merged);
    }),
  );
});

test("rows that met the same fetch at different moments are one error, with the longest wait", () => {
  const at = (row: number, done: number, retryAfter: number) =>
    new ClientError(
      `Being fetched: ${done} of 115 are there, and the others take about ${retryAfter} seconds.`,
      {
        path: ["users", "nodes", row, "team"],
        extensions: { code: "DIRECTORY_NOT_READY", dataset: "GROUP_MEMBERS", done, total: 115, retryAfter },
      },
    );
  const other = new ClientError("Being fetched: 0 are there.", {
    path: ["users", "nodes", 0, "team"],
    extensions: { code: "DIRECTORY_NOT_READY", dataset: "ENTERPRISE_MEMBERS", done: 0 },
  });
  const merged = mergeRepeated([at(0, 0, 90), at(1, 72, 40), other]);
  expect(
    merged.map(({ extensions: { dataset, retryAfter, count } }) => [dataset, retryAfter, count]),
  ).toEqual([
    ["GROUP_MEMBERS", 90, 2],
    ["ENTERPRISE_MEMBERS", undefined, undefined],
  ]);
});
