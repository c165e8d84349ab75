import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Outage } from "../src/errors.ts";
import { gateway, NOW } from "./gateway.ts";
import { failing, Issuer, type SigningKey, sign, signingKey } from "./issuer.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let issuer: Issuer;
let first: SigningKey;
let second: SigningKey;
let foreign: SigningKey;

beforeAll(async () => {
  issuer = await Issuer.start();
  [first, second, foreign] = await Promise.all([
    signingKey("ES256"),
    signingKey("ES256"),
    signingKey("ES256"),
  ]);
});

beforeEach(() => {
  issuer.answer = null;
  issuer.paths.length = 0;
  issuer.keys = [
    { ...first.jwk, kid: "first" },
    { ...second.jwk, kid: "second" },
  ];
});

const CLAIMS = {
  iss: "https://issuer.example",
  aud: "analytics",
  sub: "ada",
  role: "owner",
  exp: Date.parse(NOW) / 1_000 + 1_000_000,
};

/** A gateway on a clock that is moved, and the status of its answer to a token. */
function verifying() {
  let elapsed = 0;
  const { app, audited, faults } = gateway({
    sandbox: { users: 20 },
    settings: {
      AUTH: "jwt",
      JWT_JWKS_URL: `${issuer.origin}/keys`,
      JWT_ISSUER: CLAIMS.iss,
      JWT_AUDIENCE: CLAIMS.aud,
    },
    pace: { now: () => elapsed, sleep: async () => {} },
  });
  const statusOf = async (token: string) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const body = JSON.stringify({ query: "{ __typename }" });
    return (await app.fetch("http://gateway.test/graphql", { method: "POST", headers, body })).status;
  };
  return {
    audited,
    faults,
    statusOf,
    as: async (key: SigningKey, kid?: string, alg = "ES256") =>
      statusOf(await sign(key, { alg, ...(kid && { kid }) }, CLAIMS)),
    pass: (ms: number) => {
      elapsed += ms;
    },
  };
}

describe("while the issuer cannot be read", () => {
  test("known keys stay in use for a day, and the log says so once", async () => {
    const { as, pass, faults, audited } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.answer = failing;
    for (let hour = 0; hour < 23; hour++) {
      pass(HOUR);
      for (let i = 0; i < 3; i++) expect(await as(first, "first"), `after ${hour + 1} hours`).toBe(200);
    }
    await expect.poll(() => issuer.reads).toBe(24);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toBeInstanceOf(Outage);
    expect(faults[0]).toMatchObject({ code: "UNUSABLE_KEYS", about: { host: new URL(issuer.origin).host } });
    expect(String(faults[0])).toMatch(
      /JWT_JWKS_URL \(status 503\); the previous keys stay in use for at most one day/,
    );
    pass(HOUR);
    expect(await as(first, "first")).toBe(503);
    expect(audited.at(-1)).toMatchObject({ outcome: "AUTHENTICATION_UNAVAILABLE", reason: "status 503" });
    expect(faults).toHaveLength(1);
  });

  test.each<[string, string]>([
    ["a page in HTML", "<h1>Sign in</h1>"],
    ["JSON without keys", "{}"],
    [
      "a discovery document",
      '{"issuer": "https://issuer.example", "jwks_uri": "https://issuer.example/keys"}',
    ],
    ["keys that are not objects", '{"keys": ["a"]}'],
    ["no end", " ".repeat(2 ** 21)],
  ])("known keys are not replaced by %s", async (_what, body) => {
    const { as, pass, faults } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.answer = (_request, response) => void response.end(body);
    pass(11 * MINUTE);
    expect(await as(first, "first")).toBe(200);
    expect(faults).toHaveLength(1);
  });

  test("a token under an unknown key is 503, and one with a wrong signature is 401", async () => {
    const { as, pass } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.answer = failing;
    pass(MINUTE);
    expect(await as(foreign, "third")).toBe(503);
    expect(await as(foreign, "first")).toBe(401);
    expect(await as(first, "first")).toBe(200);
  });

  test("it is read once in five seconds, however many tokens ask for it", async () => {
    const { as, pass } = verifying();
    issuer.answer = failing;
    for (let i = 0; i < 10; i++) {
      await Promise.all(Array.from({ length: 20 }, (_, n) => as(foreign, `forged-${n}`)));
      pass(SECOND);
    }
    expect(issuer.reads).toBe(2);
    issuer.answer = null;
    pass(5 * SECOND);
    for (let i = 0; i < 10; i++) {
      const statuses = await Promise.all(Array.from({ length: 20 }, (_, n) => as(foreign, `forged-${n}`)));
      expect(new Set(statuses)).toEqual(new Set([401]));
      pass(SECOND);
    }
    expect(issuer.reads).toBe(4);
  });

  test("one that hangs holds up no caller with a known key", async () => {
    const { as, pass } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.answer = failing;
    pass(11 * MINUTE);
    expect(await as(first, "first")).toBe(200);
    const { promise: hung, resolve } = Promise.withResolvers<void>();
    issuer.answer = () => resolve();
    pass(5 * SECOND);
    expect(await as(first, "first")).toBe(200);
    await hung;
    expect(await as(second, "second")).toBe(200);
  });
});

describe("when the issuer rotates its keys", () => {
  test("a new key is found as soon as the issuer answers again, and a withdrawn one is dropped with it", async () => {
    const { as, pass } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.answer = failing;
    pass(HOUR);
    expect(await as(foreign, "third")).toBe(503);
    expect(await as(first, "first")).toBe(200);
    issuer.answer = null;
    issuer.keys = [{ ...foreign.jwk, kid: "third" }];
    expect(await as(foreign, "third")).toBe(503);
    pass(5 * SECOND);
    expect(await as(foreign, "third")).toBe(200);
    expect(await as(first, "first")).toBe(401);
  });

  test("a withdrawn key is rejected ten minutes later, even for the first caller since", async () => {
    const { as, pass } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.keys = [{ ...second.jwk, kid: "second" }];
    pass(9 * MINUTE);
    expect(await as(first, "first")).toBe(200);
    pass(MINUTE);
    expect(await as(first, "first")).toBe(401);
    expect(await as(second, "second")).toBe(200);
  });

  test("a key that is replaced under the same id, or under none, is found", async () => {
    const { as, pass } = verifying();
    expect(await as(first, "first")).toBe(200);
    issuer.keys = [{ ...foreign.jwk, kid: "first" }];
    pass(5 * SECOND);
    expect(await as(foreign, "first")).toBe(200);
    issuer.keys = [second.jwk];
    pass(5 * SECOND);
    expect(await as(second)).toBe(200);
  });

  test("an outage that is over is logged as such, and the next one again", async () => {
    const { as, pass, faults } = verifying();
    for (const _time of ["first", "second"]) {
      issuer.answer = null;
      pass(11 * MINUTE);
      await as(foreign, "unknown");
      issuer.answer = failing;
      pass(11 * MINUTE);
      await as(foreign, "unknown");
    }
    expect(faults).toHaveLength(2);
  });
});

describe("a token that several keys fit", () => {
  test("is tried with each, where it names none", async () => {
    const { as } = verifying();
    expect([await as(first), await as(second), await as(foreign)]).toEqual([200, 200, 401]);
  });

  test("is tried with each, where the issuer publishes a key twice or an id for two", async () => {
    issuer.keys = [
      { ...second.jwk, kid: "first" },
      { ...first.jwk, kid: "first" },
      { ...first.jwk, kid: "first", alg: "ES256", use: "sig" },
    ];
    const { as } = verifying();
    expect([await as(first, "first"), await as(second, "first")]).toEqual([200, 200]);
    expect(await as(foreign, "first")).toBe(401);
    expect(await as(first, "second")).toBe(401);
  });

  test("is read whether token and key call the algorithm EdDSA or Ed25519", async () => {
    const key = await signingKey("Ed25519");
    for (const published of [undefined, "EdDSA", "Ed25519"]) {
      issuer.keys = [{ ...key.jwk, kid: "ed", ...(published && { alg: published }) }];
      const { as } = verifying();
      expect([await as(key, "ed", "EdDSA"), await as(key, "ed", "Ed25519")], published).toEqual([200, 200]);
    }
  });

  test("is 503 where the issuer publishes a key that is none", async () => {
    issuer.keys = [{ kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: "first" }];
    const { as } = verifying();
    expect(await as(first, "first")).toBe(503);
  });
});
