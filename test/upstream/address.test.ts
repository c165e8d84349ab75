import { describe, expect, test } from "vitest";
import { ORGANIZATIONS } from "../../src/domain/organization.ts";
import { Credential } from "../../src/upstream/access/credential.ts";
import { groups } from "../../src/upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../../src/upstream/endpoints/members.ts";
import { unifiedCost } from "../../src/upstream/endpoints/unified.ts";
import { type AddressOptions, addressOf, bucketOf } from "../../src/upstream/pages/address.ts";

const OPTIONS: AddressOptions = {
  credentials: { analytics: new Credential("sk-one"), admin: new Credential("sk-two") },
  baseUrl: new URL("https://api.example/"),
};

const question = { endpoint: enterpriseMembers, params: {}, token: null };

describe("the cache key of a page", () => {
  test("differs by API key, by host, by path and by token, and never holds the API key", () => {
    const rotated = { ...OPTIONS.credentials, analytics: new Credential("sk-three") };
    const keys = [
      addressOf(OPTIONS, question),
      addressOf(OPTIONS, { ...question, endpoint: consoleMembers }),
      addressOf({ ...OPTIONS, credentials: rotated }, question),
      addressOf({ ...OPTIONS, baseUrl: new URL("https://proxy.example/") }, question),
      addressOf(OPTIONS, { ...question, token: "next" }),
      addressOf(OPTIONS, { endpoint: groups, params: {}, token: null }),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.join(" ")).not.toContain("sk-");
  });

  test("is refused with the variable to set where the gateway has no API key", () => {
    const credentials = { ...OPTIONS.credentials, admin: null };
    expect(() => addressOf({ ...OPTIONS, credentials }, { ...question, endpoint: consoleMembers })).toThrow(
      expect.objectContaining({
        code: "NOT_CONFIGURED",
        message: expect.stringContaining("ANTHROPIC_ADMIN_KEY"),
      }),
    );
  });

  test("is refused to who may read the other kind of organization alone, without a word of keys", () => {
    const credentials = { ...OPTIONS.credentials, admin: null };
    const organizations = ORGANIZATIONS.filter(({ kind }) => kind === "ENTERPRISE");
    const tenant = { name: "acme", organizations };
    const of = { ...question, endpoint: consoleMembers };
    expect(() => addressOf({ ...OPTIONS, credentials, tenant }, of)).toThrow(
      "No organization that you may read has CONSOLE_MEMBERS: `enterprise` is another kind of organization.",
    );
  });
});

describe("the rate limit of a request", () => {
  test("is counted per API key, look-ups apart from figures", () => {
    expect(bucketOf(OPTIONS, unifiedCost.ENTERPRISE).family).toBe("analytics");
    expect(bucketOf(OPTIONS, enterpriseMembers).family).toBe("lookups");
    expect(bucketOf(OPTIONS, enterpriseMembers).organization).toBe(
      bucketOf(OPTIONS, unifiedCost.ENTERPRISE).organization,
    );
    expect(bucketOf(OPTIONS, consoleMembers).organization).not.toBe(
      bucketOf(OPTIONS, enterpriseMembers).organization,
    );
  });
});
