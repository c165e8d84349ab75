import { describe, expect, test } from "vitest";
import { SCOPES } from "../src/domain/viewer.ts";
import { CALLERS, guarded, viewerOf } from "./callers.ts";
import { gateway } from "./gateway.ts";
import { oneToken } from "./one-token.ts";

const VIEWER = "{ viewer { name role scopes identity organizations } }";

describe("the viewer", () => {
  test.each(Object.keys(CALLERS))(
    "lists what they may read, without an upstream request: %s",
    async (name) => {
      const { askAs, seen } = guarded();
      const { data, errors } = await askAs(name, VIEWER);
      const { role, scopes, teamScopes, identity } = viewerOf(name);
      expect(errors).toBeUndefined();
      expect(data.viewer).toEqual({
        name,
        role,
        scopes: [...scopes.union(teamScopes)].sort(),
        identity: identity.toUpperCase(),
        organizations: ["enterprise", "console"],
      });
      expect(seen).toEqual([]);
    },
  );

  test("has no name where callers are not asked who they are, and reads as IDENTITY says", async () => {
    const { data } = await gateway({ sandbox: { users: 20 } }).ask(VIEWER);
    expect(data.viewer).toEqual({
      name: null,
      role: "PRIMARY_OWNER",
      scopes: Object.keys(SCOPES).sort(),
      identity: "FULL",
      organizations: ["enterprise", "console"],
    });
    const settings = { IDENTITY: "pseudonym", ANTHROPIC_ANALYTICS_KEY: "" };
    const masked = await gateway({ sandbox: { users: 20 }, settings }).ask(VIEWER);
    expect(masked.data.viewer).toMatchObject({ identity: "PSEUDONYM", organizations: ["console"] });
    expect(masked.data.viewer.scopes).not.toContain("identity:read");
  });

  test("lists the scopes that errors name", async () => {
    const { askAs } = guarded();
    const { data, errors } = await askAs(
      "ADMIN",
      "{ viewer { scopes } cost(range: { last: { days: 7 } }, bucket: DAY) { total { net { usd } } } }",
    );
    const scope = errors?.[0]?.extensions.scope;
    expect(scope).toBe("spend:read");
    expect(data.viewer.scopes).not.toContain(scope);
  });
});

test("where any of several scopes is enough, the error has those that its message names", async () => {
  const { askAs } = guarded();
  const { errors } = await askAs("MEMBER", "{ datasets { dataset } }");
  expect(errors?.[0]?.message).toContain("requires the scope activity:read or operate,");
  expect(errors?.[0]?.extensions).toMatchObject({
    scope: "activity:read",
    scopes: ["activity:read", "operate"],
  });
});

describe("`user` without a person", () => {
  const OWN = "{ user { email } }";

  test.each(["OWNER", "ANALYST"])("says to %s why there is no person, and what to pass", async (name) => {
    const { askAs, seen } = guarded();
    const { data, errors } = await askAs(name, OWN);
    expect(data.user).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(errors?.[0]?.message).toBe(
      "Your token does not identify a person: it has no verified address, so there is no `user` without `id` or `email`; pass one, or query `viewer` for what you may read.",
    );
    expect(seen).toEqual([]);
  });

  test("says that callers are not asked who they are where they are not", async () => {
    const { errors } = await gateway({ sandbox: { users: 20 } }).ask(OWN);
    expect(errors?.[0]?.message).toMatch(/^Callers of this gateway do not authenticate/);
  });

  test("is the caller where their token has a verified address", async () => {
    const { ask } = gateway({ sandbox: { users: 20 } });
    const { data } = await ask("{ users(range: { last: { days: 7 } }, first: 1) { nodes { email } } }");
    const [{ email }] = data.users.nodes;
    const { token, settings } = oneToken("ada", "OWNER", { email });
    const { app } = gateway({ sandbox: { users: 20 }, settings });
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: OWN }),
    });
    expect(await response.json()).toMatchObject({ data: { user: { email } } });
  });
});
