import { describe, expect, test } from "vitest";
import { ADMIN, ENTERPRISE, fakeEndpoint, OAUTH, protocol } from "./fake.ts";

const get = protocol([
  fakeEndpoint({ path: "/v1/organizations/analytics/users", keys: ["enterprise"], scope: "read:analytics" }),
  fakeEndpoint({ path: "/v1/organizations/analytics/usage", scope: "read:analytics" }),
  fakeEndpoint({ path: "/v1/organizations/users", scope: "read:members" }),
  fakeEndpoint({ path: "/v1/organizations/rbac_groups", keys: ["enterprise"], scope: "read:rbac_groups" }),
  fakeEndpoint({ path: "/v1/organizations/workspaces", keys: ["admin", "oauth"] }),
  fakeEndpoint({ path: "/v1/organizations/service_accounts", keys: ["oauth"] }),
]);

test.each([
  ["analytics/users", 200, 404, 404],
  ["analytics/usage", 200, 200, 200],
  ["users", 200, 200, 200],
  ["rbac_groups", 200, 403, 403],
  ["workspaces", 403, 200, 200],
  ["service_accounts", 403, 403, 200],
])("%s answers an Enterprise key %i, an Admin key %i, an OAuth token %i", async (path, ...expected) => {
  const statuses = await Promise.all(
    [ENTERPRISE, ADMIN, OAUTH].map(async (key) => {
      const plain = await get(`/v1/organizations/${path}`, { "x-api-key": key });
      const bearer = await get(`/v1/organizations/${path}`, {
        "x-api-key": undefined,
        authorization: `Bearer ${key}`,
      });
      expect(bearer.status).toBe(plain.status);
      return plain.status;
    }),
  );
  expect(statuses).toEqual(expected);
});

test.each([
  ["no key", undefined],
  ["an empty key", ""],
  ["a key of another kind", "sk-ant-api03-abc"],
  ["a prefix alone", "sk-ant-api01-"],
  ["nonsense", "let me in"],
  ["a revoked key", `${ENTERPRISE}-revoked`],
  ["a revoked key with scopes", `${ENTERPRISE}-revoked+read:members`],
])("%s is a 401", async (_, key) => {
  const { status, body } = await get("/v1/organizations/users", { "x-api-key": key });
  expect(status).toBe(401);
  expect(body.error.type).toBe("authentication_error");
  expect(JSON.stringify(body)).not.toContain(key || "sk-ant");
});

describe("scopes", () => {
  test("the error for a key without the scope says which it holds and which it needs", async () => {
    const { status, body } = await get("/v1/organizations/analytics/users", {
      "x-api-key": `${ENTERPRISE}+read:members,read:rbac_groups`,
    });
    expect(status).toBe(403);
    expect(body.error).toEqual({
      type: "permission_error",
      message: "This key holds [read:members, read:rbac_groups]; the endpoint needs [read:analytics]",
    });
  });

  test.each([
    ["read:members", [403, 200, 403]],
    ["read:analytics", [200, 403, 403]],
    ["read:members,read:rbac_groups", [403, 200, 200]],
    ["read:org_audit", [403, 200, 200]],
    ["", [403, 403, 403]],
  ])("a key with [%s] reads what that covers", async (scopes, expected) => {
    const paths = ["analytics/users", "users", "rbac_groups"];
    const replies = paths.map((path) =>
      get(`/v1/organizations/${path}`, { "x-api-key": `${ENTERPRISE}+${scopes}` }),
    );
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual(expected);
  });

  test("Admin keys have none and need none", async () => {
    expect((await get("/v1/organizations/users", { "x-api-key": `${ADMIN}+x` })).status).toBe(200);
  });
});
