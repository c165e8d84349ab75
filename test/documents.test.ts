import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DocumentNode, getIntrospectionQuery, Kind, parse, print, validate } from "graphql";
import { generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import * as typed from "../schema/operations/documents.ts";
import { jwtCheck, jwtTokens } from "../src/server/auth/jwt.ts";
import { readDocuments } from "../src/server/documents/manifest.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { ConfigError } from "../src/settings/config-error.ts";
import type { Environment } from "../src/settings/settings.ts";
import { builtFolder } from "./built-folder.ts";
import { type Answer, gateway, NOW } from "./gateway.ts";
import { endAll, run } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "documents-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(endAll);

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A file of its own with this in it. */
function file(content: unknown): string {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

interface Operation {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly body: string;
}

const LIBRARY: { readonly operations: readonly Operation[] } = JSON.parse(
  readFileSync(new URL("../schema/operations/manifest.json", import.meta.url), "utf8"),
);

/** A document of the library. */
function ofLibrary(name: string): Operation {
  const found = LIBRARY.operations.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

const { id: ID, body: TEXT } = ofLibrary("CostByModel");
const OTHER = ofLibrary("Adoption");
const FREE = "query Free { organization { name } }";

/** Tokens as callers send them, by name, and what a file of tokens says of them. */
const tokenOf = (name: string) => `cag_${name.padEnd(40, "x")}`;
function tokensFile(entries: Readonly<Record<string, object>>): string {
  return file(
    Object.entries(entries).map(([name, entry]) => ({ name, sha256: sha256(tokenOf(name)), ...entry })),
  );
}

interface Got extends Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly code: unknown;
  readonly message: string;
}

/** A gateway, and the ways to ask it; each `as` the token of a name, where there is one. */
const pages = builtFolder();

function served(settings: Environment = {}) {
  const opened = gateway({ sandbox: { users: 20 }, settings, pages });
  async function got(path: string, init: RequestInit, as: string | null): Promise<Got> {
    const response = await opened.app.fetch(`http://gateway.test${path}`, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string>),
        ...(as === null ? {} : { authorization: `Bearer ${tokenOf(as)}` }),
      },
    });
    const text = await response.text();
    const body = text.startsWith("{") ? JSON.parse(text) : {};
    const [error] = body.errors ?? [];
    return {
      ...body,
      status: response.status,
      headers: response.headers,
      code: error?.extensions.code,
      message: error?.message ?? "",
    };
  }
  return {
    ...opened,
    post: (body: object, as: string | null = null, accept = "application/json") =>
      got(
        "/graphql",
        {
          method: "POST",
          headers: { "content-type": "application/json", accept },
          body: JSON.stringify(body),
        },
        as,
      ),
    get: (path: string, as: string | null = null, headers: Record<string, string> = {}) =>
      got(path, { headers }, as),
  };
}

const persisted = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });
const inUrl = (parameters: Readonly<Record<string, unknown>>) =>
  `/graphql?${new URLSearchParams(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  )}`;

describe("the manifest of the query library", () => {
  test("has each of its documents, as clients print the typed ones, under the hash of its text", () => {
    const printed = Object.values<DocumentNode>(typed as never)
      .map(print)
      .filter((text) => text.startsWith("query"));
    expect(LIBRARY.operations.map(({ body }) => body).sort()).toEqual(printed.sort());
    for (const { id, body } of LIBRARY.operations) expect(id).toBe(sha256(body));
    expect(new Set(LIBRARY.operations.map(({ name }) => name)).size).toBe(LIBRARY.operations.length);
  });

  test("has documents that fit the schema, each one operation of its name: a start does not validate them", () => {
    for (const { name, body } of LIBRARY.operations) {
      const document = parse(body);
      expect(validate(schema, document), name).toEqual([]);
      const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
      expect(operations.map((each) => each.name?.value)).toEqual([name]);
    }
  });
});

describe.each(["any", "trusted"] as const)("with DOCUMENTS=%s a trusted document is run", (DOCUMENTS) => {
  test.each<[string, (served_: ReturnType<typeof served>) => Promise<Got>]>([
    ["by documentId", ({ post }) => post({ documentId: ID })],
    ["by documentId with the prefix of its hash", ({ post }) => post({ documentId: `sha256:${ID}` })],
    ["by documentId in a URL", ({ get }) => get(inUrl({ documentId: ID }))],
    ["by the same with the prefix", ({ get }) => get(inUrl({ documentId: `sha256:${ID}` }))],
    ["by the hash that Apollo's clients send", ({ post }) => post(persisted(ID))],
    ["by that in a URL", ({ get }) => get(inUrl(persisted(ID)))],
    ["by that and its text", ({ post }) => post({ query: TEXT, ...persisted(ID) })],
    ["by that and an empty text", ({ post }) => post({ query: "", ...persisted(ID) })],
    ["by all of them", ({ post }) => post({ query: TEXT, documentId: ID, ...persisted(ID) })],
    ["by its text", ({ post }) => post({ query: TEXT })],
    ["by its text in a URL", ({ get }) => get(inUrl({ query: TEXT }))],
    ["by the name of its operation", ({ get }) => get("/q/CostByModel")],
    ["by its id in the path", ({ get }) => get(`/q/${ID}`)],
    ["by its hash in the path", ({ get }) => get(`/q/sha256:${ID}`)],
  ])("%s", async (_how, how) => {
    const opened = served({ DOCUMENTS });
    const { status, data, errors } = await how(opened);
    expect([status, errors]).toEqual([200, undefined]);
    expect(data.cost.nodes.length).toBeGreaterThan(1);
    expect(opened.seen.length).toBeGreaterThan(0);
  });

  test("with variables", async () => {
    const { post, get } = served({ DOCUMENTS });
    const { id } = ofLibrary("CostByDay");
    const variables = { first: 1 };
    const answers = [
      await post({ documentId: id, variables, operationName: "CostByDay" }),
      await get(inUrl({ documentId: id, variables })),
      await get(inUrl({ ...persisted(id), variables })),
      await get("/q/CostByDay?first=1"),
    ];
    for (const { data } of answers) expect(data.cost.nodes).toHaveLength(1);
  });
});

test("the error for an id by another name says its right name", async () => {
  const { post } = served({ DOCUMENTS: "trusted" });
  expect(await post({ doc_id: ID })).toMatchObject({
    code: "BAD_REQUEST",
    errors: [{ message: expect.stringMatching(/`doc_id`: use one of query, documentId/) }],
  });
  expect(await post({ documentID: ID })).toMatchObject({
    errors: [{ message: expect.stringContaining("did you mean documentId?") }],
  });
});

test("with DOCUMENTS=trusted the files of the query library run as they are written", async () => {
  const { post } = served({ DOCUMENTS: "trusted" });
  const written = queryLibrary().find((text) => text.includes("query CostByModel")) ?? "";
  expect(written).toMatch(/^#/);
  expect((await post({ query: written })).errors).toBeUndefined();
  expect((await post({ query: `${written} ` })).code).toBe("DOCUMENT_NOT_TRUSTED");
});

describe("with DOCUMENTS=trusted", () => {
  test.each<[string, string, number, (served_: ReturnType<typeof served>) => Promise<Got>]>([
    ["a text of one's own", "DOCUMENT_NOT_TRUSTED", 403, ({ post }) => post({ query: FREE })],
    ["that in a URL", "DOCUMENT_NOT_TRUSTED", 403, ({ get }) => get(inUrl({ query: FREE }))],
    ["an empty text", "DOCUMENT_NOT_TRUSTED", 403, ({ post }) => post({ query: "" })],
    ["introspection", "DOCUMENT_NOT_TRUSTED", 403, ({ post }) => post({ query: getIntrospectionQuery() })],
    ["a trusted text and a space", "DOCUMENT_NOT_TRUSTED", 403, ({ post }) => post({ query: `${TEXT} ` })],
    [
      "a text to be registered",
      "DOCUMENT_NOT_TRUSTED",
      403,
      ({ post }) => post({ query: FREE, ...persisted(sha256(FREE)) }),
    ],
    ["an unknown hash", "PERSISTED_QUERY_NOT_FOUND", 200, ({ post }) => post(persisted(sha256(FREE)))],
    ["an unknown id", "PERSISTED_QUERY_NOT_FOUND", 200, ({ post }) => post({ documentId: "CostByModel" })],
    [
      "a trusted hash with another text",
      "BAD_REQUEST",
      400,
      ({ post }) => post({ query: FREE, ...persisted(ID) }),
    ],
    [
      "a trusted hash with another trusted text",
      "BAD_REQUEST",
      400,
      ({ post }) => post({ query: OTHER.body, ...persisted(ID) }),
    ],
    [
      "a trusted id with another text",
      "BAD_REQUEST",
      400,
      ({ post }) => post({ query: FREE, documentId: ID }),
    ],
    [
      "an id and the hash of another",
      "BAD_REQUEST",
      400,
      ({ post }) => post({ documentId: ID, ...persisted(OTHER.id) }),
    ],
    [
      "an id and an unknown hash",
      "PERSISTED_QUERY_NOT_FOUND",
      200,
      ({ post }) => post({ documentId: ID, ...persisted(sha256(FREE)) }),
    ],
    ["a hash in capitals", "PERSISTED_QUERY_NOT_FOUND", 200, ({ post }) => post(persisted(ID.toUpperCase()))],
    ["another prefix", "PERSISTED_QUERY_NOT_FOUND", 200, ({ post }) => post({ documentId: `md5:${ID}` })],
    ["`__proto__`", "PERSISTED_QUERY_NOT_FOUND", 200, ({ post }) => post({ documentId: "__proto__" })],
    ["`constructor`", "PERSISTED_QUERY_NOT_FOUND", 200, ({ get }) => get(inUrl(persisted("constructor")))],
    [
      "an id of 90 kB",
      "PERSISTED_QUERY_NOT_FOUND",
      200,
      ({ post }) => post({ documentId: "x".repeat(90_000) }),
    ],
    ["an id that is a number", "BAD_REQUEST", 400, ({ post }) => post({ documentId: 7 })],
    ["an id that is a list", "BAD_REQUEST", 400, ({ post }) => post({ documentId: [ID] })],
    [
      "a hash without a version",
      "BAD_REQUEST",
      400,
      ({ post }) => post({ extensions: { persistedQuery: { sha256Hash: ID } } }),
    ],
    ["a hash that is none", "BAD_REQUEST", 400, ({ post }) => post({ extensions: { persistedQuery: ID } })],
    ["a text that is a list", "BAD_REQUEST", 400, ({ post }) => post({ query: [TEXT], documentId: ID })],
    ["a batch", "BAD_REQUEST", 400, ({ post }) => post([{ documentId: ID }])],
    ["nothing", "BAD_REQUEST", 400, ({ post }) => post({})],
    [
      "another operation",
      "BAD_REQUEST",
      400,
      ({ post }) => post({ documentId: ID, operationName: "Adoption" }),
    ],
    ["`__proto__` as a name", "NOT_FOUND", 404, ({ get }) => get("/q/__proto__")],
    ["`constructor` as a name", "NOT_FOUND", 404, ({ get }) => get("/q/constructor")],
    ["a name with a broken escape", "NOT_FOUND", 404, ({ get }) => get("/q/%ff")],
    ["a name of 10 kB", "NOT_FOUND", 404, ({ get }) => get(`/q/${"CostByModel".repeat(1_000)}`)],
    ["a name and more of a path", "NOT_FOUND", 404, ({ get }) => get("/q/CostByModel/Adoption")],
    ["a POST by name", "BAD_REQUEST", 415, ({ app }) => refusedPost(app)],
  ])("%s is refused without an upstream request", async (_what, code, status, ask) => {
    const opened = served({ DOCUMENTS: "trusted" });
    const answer = await ask(opened);
    expect([answer.code, answer.status]).toEqual([code, status]);
    expect(answer.errors).toHaveLength(1);
    expect(answer.message.length).toBeLessThan(700);
    expect(answer.data ?? null).toBeNull();
    expect(opened.seen).toEqual([]);
    expect(opened.faults).toEqual([]);
  });

  test("nothing is ever registered", async () => {
    const { post, seen } = served({ DOCUMENTS: "trusted" });
    await post({ query: FREE, ...persisted(sha256(FREE)) });
    await post({ query: FREE, documentId: `sha256:${sha256(FREE)}` });
    expect(await post(persisted(sha256(FREE)))).toMatchObject({
      code: "PERSISTED_QUERY_NOT_FOUND",
      message: "PersistedQueryNotFound",
    });
    expect(seen).toEqual([]);
  });

  test("ids cannot be guessed: a thousand of them run nothing", async () => {
    const { post, get, seen } = served({ DOCUMENTS: "trusted" });
    const answers = await Promise.all(
      Array.from({ length: 250 }, () => randomBytes(32).toString("hex")).flatMap((id) => [
        post({ documentId: id }),
        post(persisted(id)),
        get(inUrl({ documentId: `sha256:${id}` })),
        get(`/q/${id}`),
      ]),
    );
    expect(answers).toHaveLength(1_000);
    expect(new Set(answers.map(({ code }) => code))).toEqual(
      new Set(["PERSISTED_QUERY_NOT_FOUND", "NOT_FOUND"]),
    );
    expect(seen).toEqual([]);
  });

  test("an unknown id has a status for clients that take one", async () => {
    const { post } = served({ DOCUMENTS: "trusted" });
    const { status, code } = await post({ documentId: "x" }, null, "application/graphql-response+json");
    expect([status, code]).toEqual([404, "PERSISTED_QUERY_NOT_FOUND"]);
  });
});

async function refusedPost(app: ReturnType<typeof served>["app"]): Promise<Got> {
  const response = await app.fetch("http://gateway.test/q/CostByModel", { method: "POST", body: "first=1" });
  const body = (await response.json()) as Answer;
  const [error] = body.errors ?? [];
  return {
    ...body,
    status: response.status,
    headers: response.headers,
    code: error?.extensions.code,
    message: error?.message ?? "",
  };
}

describe("automatic persisted queries", () => {
  test("are kept under the hash of their text, and no other", async () => {
    const { post, get, seen } = served();
    const hash = sha256(FREE);
    expect(await post(persisted(hash))).toMatchObject({ message: "PersistedQueryNotFound" });
    expect(await post({ query: FREE, ...persisted(sha256("x")) })).toMatchObject({
      code: "BAD_REQUEST",
      status: 400,
    });
    expect(await post(persisted(sha256("x")))).toMatchObject({ code: "PERSISTED_QUERY_NOT_FOUND" });
    expect(seen).toEqual([]);
    expect((await post({ query: FREE, ...persisted(hash) })).data.organization.name).toBeTypeOf("string");
    for (const answer of [await post(persisted(hash)), await get(inUrl(persisted(hash)))])
      expect(answer.data.organization.name).toBeTypeOf("string");
  });

  test("are forgotten, the oldest first, when they take too much memory", async () => {
    const { post } = served({ DOCUMENTS_BYTES: "4KiB" });
    const texts = Array.from({ length: 10 }, (_, i) => `{ a${i}: __typename }`);
    for (const query of texts) await post({ query, ...persisted(sha256(query)) });
    const kept = await Promise.all(texts.map((text) => post(persisted(sha256(text)))));
    const held = kept.map(({ data }) => data !== undefined);
    expect(held).toEqual([...Array(3).fill(false), ...Array(7).fill(true)]);
    const long = `{ ${"a: __typename ".repeat(200)} }`;
    await post({ query: long, ...persisted(sha256(long)) });
    expect((await post(persisted(sha256(long)))).code).toBe("PERSISTED_QUERY_NOT_FOUND");
  });

  test("do not take the place of a trusted document", async () => {
    const { post } = served();
    expect((await post({ query: FREE, ...persisted(ID) })).code).toBe("BAD_REQUEST");
    expect((await post(persisted(ID))).data.cost).toBeDefined();
  });
});

describe("a caller who may run some documents only", () => {
  const everything = { role: "OWNER" };
  const path = tokensFile({
    all: everything,
    some: { role: "OWNER", documents: ["CostByModel", ofLibrary("CostByDay").id] },
    prefixed: { role: "OWNER", documents: [`sha256:${ID}`] },
    nothing: { role: "OWNER", documents: [] },
  });
  const settings = { AUTH: "tokens", TOKENS_FILE: path };

  test.each(["any", "trusted"])("runs them by every convention, with DOCUMENTS=%s", async (DOCUMENTS) => {
    const { post, get } = served({ ...settings, DOCUMENTS });
    for (const who of ["some", "prefixed"])
      for (const { errors, data } of [
        await post({ documentId: ID }, who),
        await post({ documentId: `sha256:${ID}` }, who),
        await post(persisted(ID), who),
        await post({ query: TEXT }, who),
        await get(inUrl({ documentId: ID }), who),
        await get(inUrl({ query: TEXT }), who),
        await get("/q/CostByModel", who),
        await get(`/q/${ID}?explain`, who),
      ])
        expect([errors, data === undefined]).toEqual([undefined, false]);
    expect((await get("/q/CostByDay?first=1", "some")).data.cost.nodes).toHaveLength(1);
  });

  test.each<[string, (served_: ReturnType<typeof served>, who: string) => Promise<Got>]>([
    ["another by id", ({ post }, who) => post({ documentId: OTHER.id }, who)],
    ["another by hash", ({ post }, who) => post(persisted(OTHER.id), who)],
    ["another by id in a URL", ({ get }, who) => get(inUrl({ documentId: OTHER.id }), who)],
    ["another by name", ({ get }, who) => get("/q/Adoption", who)],
    ["another by text", ({ post }, who) => post({ query: OTHER.body }, who)],
    ["another beside one of theirs", ({ post }, who) => post({ documentId: ID, query: OTHER.body }, who)],
    ["one there is not, by id", ({ post }, who) => post({ documentId: "x" }, who)],
    ["one there is not, by hash", ({ post }, who) => post(persisted(sha256("x")), who)],
    ["one there is not, by name", ({ get }, who) => get("/q/Nothing", who)],
    ["a text that they write", ({ post }, who) => post({ query: FREE }, who)],
    ["that in a URL", ({ get }, who) => get(inUrl({ query: FREE }), who)],
    ["a text to be registered", ({ post }, who) => post({ query: FREE, ...persisted(sha256(FREE)) }, who)],
    ["their hash with another text", ({ post }, who) => post({ query: FREE, ...persisted(ID) }, who)],
    [
      "their text and more",
      ({ post }, who) => post({ query: `${TEXT} ${FREE}`, operationName: "Free" }, who),
    ],
    ["introspection", ({ post }, who) => post({ query: getIntrospectionQuery() }, who)],
    ["the type of the root", ({ get }, who) => get(inUrl({ query: "{ __typename }" }), who)],
    ["the plan of a text that they write", ({ get }, who) => get(`${inUrl({ query: FREE })}&explain`, who)],
    ["a file", ({ get }, who) => get("/export/users.csv?range.last.days=7", who)],
    ["a file of spend", ({ get }, who) => get("/export/spend.ndjson?period=LAST_MONTH", who)],
    ["a file there is not", ({ get }, who) => get("/export/nothing.csv", who)],
  ])("is refused %s in the same words, without an upstream request", async (_what, ask) => {
    for (const DOCUMENTS of ["any", "trusted"]) {
      const opened = served({ ...settings, DOCUMENTS });
      const { code, status, message } = await ask(opened, "some");
      expect([code, status]).toEqual(["FORBIDDEN", 403]);
      expect(message).toContain(`You may only run CostByModel, ${ofLibrary("CostByDay").id}`);
      expect(message).not.toContain("Adoption");
      expect((await ask(opened, "nothing")).message).toContain("You may only run no document");
      expect(opened.seen).toEqual([]);
    }
  });

  test("gains no access by what another has sent before, nor keeps another out", async () => {
    const { post, seen } = served(settings);
    for (const query of [FREE, OTHER.body]) {
      expect((await post({ query }, "some")).code).toBe("FORBIDDEN");
      expect((await post({ query, ...persisted(sha256(query)) }, "all")).errors).toBeUndefined();
      const before = seen.length;
      expect((await post({ query }, "some")).code).toBe("FORBIDDEN");
      expect((await post(persisted(sha256(query)), "some")).code).toBe("FORBIDDEN");
      expect(seen).toHaveLength(before);
      expect((await post({ query }, "all")).errors).toBeUndefined();
    }
    const crowd = await Promise.all(
      Array.from({ length: 100 }, (_, i) => post({ query: FREE }, i % 2 === 0 ? "some" : "all")),
    );
    expect(crowd.map(({ code }) => code)).toEqual(
      Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? "FORBIDDEN" : undefined)),
    );
  });

  test("gets the same page of the workbench as every caller", async () => {
    const { get, seen } = served(settings);
    const { status, headers } = await get("/graphql", "some", { accept: "text/html" });
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(seen).toEqual([]);
  });

  test("has the rights of their role, and no more", async () => {
    const path = tokensFile({ admin: { role: "ADMIN", documents: ["CostByModel"] } });
    const { get, seen } = served({ AUTH: "tokens", TOKENS_FILE: path });
    const { code, data } = await get("/q/CostByModel", "admin");
    expect([code, data.cost]).toEqual(["FORBIDDEN", null]);
    expect(seen).toEqual([]);
  });

  test("cannot be kept to a document that is not there", () => {
    const path = tokensFile({
      one: { role: "OWNER", documents: ["CostByModle", "__proto__"] },
      two: { role: "OWNER", documents: "CostByModel" },
    });
    expect(() => served({ AUTH: "tokens", TOKENS_FILE: path })).toThrow(
      /entry 1: `documents` has CostByModle, which is not a trusted document: did you mean CostByModel\?\n.*__proto__.*\n.*entry 2: `documents` is not a list/,
    );
  });
});

describe("a JWT", () => {
  const claimed = async (claims: JWTPayload) => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const token = await new SignJWT({ role: "owner", ...claims })
      .setProtectedHeader({ alg: "ES256" })
      .setSubject("ada")
      .setIssuer("https://issuer.example")
      .setAudience("analytics")
      .setExpirationTime(Date.parse(NOW) / 1_000 + 60)
      .sign(privateKey);
    const options = {
      issuers: ["https://issuer.example"],
      audiences: ["analytics"],
      nameClaims: ["sub"],
      roleClaims: ["role"],
      roleMap: null,
      scopeClaims: ["scope"],
      emailClaim: "email",
      organizationsClaim: null,
      teamsClaim: null,
      vouchesForEmail: false,
      now: () => Date.parse(NOW),
    };
    const check = jwtCheck(options, (jwt, expected) => jwtVerify(jwt, publicKey, expected));
    return jwtTokens(check, { byRole: {}, minPeople: 5 })(token);
  };

  test("says by the claim `documents` which ones its caller may run", async () => {
    expect(await claimed({})).toMatchObject({ documents: null });
    expect(await claimed({ documents: ["CostByModel"] })).toMatchObject({
      documents: new Set(["CostByModel"]),
    });
    expect(await claimed({ documents: [] })).toMatchObject({ documents: new Set() });
  });

  test.each([
    ["a text", "CostByModel"],
    ["a list of others", [1]],
    ["null", null],
    ["an object", {}],
  ])("with %s for it is rejected", async (_what, documents) =>
    expect(await claimed({ documents })).toEqual({ reason: "claim documents" }),
  );
});

describe("GET /q/", () => {
  test.each(["/q/", "/q"])("alone, as %s, lists the documents that the caller may run", async (path) => {
    const { get, seen } = served({
      AUTH: "tokens",
      TOKENS_FILE: tokensFile({
        all: { role: "OWNER" },
        some: { role: "OWNER", documents: ["CostByModel", ofLibrary("CostByDay").id] },
        nothing: { role: "OWNER", documents: [] },
      }),
    });
    const listed = async (who: string | null) => {
      const { status, documents } = (await get(path, who)) as Got & {
        readonly documents?: readonly string[];
      };
      return [status, documents];
    };
    expect(await listed("all")).toEqual([200, LIBRARY.operations.map(({ name }) => name).sort()]);
    expect(await listed("some")).toEqual([200, ["CostByDay", "CostByModel"]]);
    expect(await listed("nothing")).toEqual([200, []]);
    expect((await get(path)).status).toBe(401);
    expect(seen).toEqual([]);
  });

  test("is the same as asking on /graphql, but for the path", async () => {
    const { post, get } = served();
    const one = await post({ documentId: ID, variables: { range: { last: { days: 3 } } } });
    const two = await get("/q/CostByModel?range.last.days=3");
    expect(two.data).toEqual(one.data);
    expect(two.extensions.freshness).toEqual(one.extensions.freshness);
    expect(two.headers.get("upstream-usage")).toMatch(/^requests=0, /);
    expect([...two.headers].map(([name]) => name).sort()).toEqual(
      [...one.headers].map(([name]) => name).sort(),
    );
  });

  test.each([
    [
      "range.between.from=2026-11-02&range.between.until=2026-11-04",
      { between: { from: "2026-11-02", until: "2026-11-04" } },
    ],
    ["range.period=LAST_MONTH", { period: "LAST_MONTH" }],
    [`range=${encodeURIComponent('{"last": {"weeks": 2}}')}`, { last: { weeks: 2 } }],
  ])("takes %s", async (parameters, range) => {
    const { post, get } = served();
    const { data, errors } = await get(`/q/CostByModel?${parameters}`);
    expect(errors).toBeUndefined();
    expect(data).toEqual((await post({ documentId: ID, variables: { range } })).data);
  });

  test("takes variables of every kind", async () => {
    const text = `query Kinds($yes: Boolean!, $no: Boolean!, $by: [CostDimension!]!, $ids: [ID!]!, $from: Date!, $until: Date!,
      $filter: CostFilter, $first: Int) {
      __typename @include(if: $yes)
      left: __typename @skip(if: $no)
      nodes(ids: $ids) { id }
      cost(range: { between: { from: $from, until: $until } }, bucket: NONE, groupBy: $by, filter: $filter, first: $first) {
        nodes { product model } } }`;
    const { get, post } = served({ DOCUMENTS_FILE: file({ kinds: text }) });
    const { data, errors } = await get(
      "/q/Kinds?yes=true&no=false&by=PRODUCT&by=MODEL&ids=x&ids=y&from=2026-11-02&until=2026-11-04&filter.products=chat&first=2",
    );
    const variables = {
      ...{ yes: true, no: false, by: ["PRODUCT", "MODEL"], ids: ["x", "y"] },
      ...{ from: "2026-11-02", until: "2026-11-04", filter: { products: ["chat"] }, first: 2 },
    };
    const same = await post({ documentId: "kinds", variables });
    expect([data, errors]).toEqual([same.data, same.errors]);
    expect(data).toMatchObject({ __typename: "Query", left: "Query" });
    expect(data.cost.nodes.length).toBeGreaterThan(0);
    expect(data.cost.nodes.every((row: { product: string }) => row.product === "chat")).toBe(true);
  });

  test.each([
    ["frist=3", "Unknown parameter `frist`: did you mean first?", ""],
    ["range.last.dyas=3", "Unknown parameter `range.last.dyas`", "did you mean days?"],
    ["groupBy.models=x", "Unknown parameter `groupBy.models`: there is no `groupBy`; ", ""],
    ["range.lots.days=3", "Unknown parameter `range.lots.days`: of `range`, ", ""],
    ["__proto__=3", "Unknown parameter `__proto__`", "range, first, after"],
    ["constructor.name=3", "Unknown parameter `constructor.name`", ""],
    ["query={__typename}", "Unknown parameter `query`", ""],
    ["documentId=x", "Unknown parameter `documentId`", ""],
    ["first=ten", 'Parameter "first"', "Int"],
    ["first=1.5", 'Parameter "first"', "Int"],
    ["first=1&first=2", "`first` is given 2 times", ""],
    ["range.period=LAST_MNTH", 'Parameter "range"', "LAST_MONTH"],
    ["range=7", "`range` has parts", "range.between=…"],
    ["range={x", "`range` starts like JSON", ""],
    [`range={"last":{"days":1}}&range.last.days=2`, "`range` is given as a whole", "`range.last.days`"],
    [`range={"__proto__":{"days":1}}`, 'Parameter "range"', ""],
  ])("refuses %s, says what would work, and asks nothing", async (parameters, what, hint) => {
    const { get, seen } = served();
    const { status, code, message } = await get(`/q/CostByDay?${parameters}`);
    expect([status, code]).toEqual([400, "BAD_USER_INPUT"]);
    expect(message).toContain(what);
    expect(message).toContain(hint);
    expect(seen).toEqual([]);
  });

  test("says which parameter is missing", async () => {
    const text = "query One($id: ID!) { node(id: $id) { id } }";
    const { get } = served({ DOCUMENTS_FILE: file({ one: text }) });
    expect(await get("/q/One")).toMatchObject({
      status: 400,
      code: "BAD_USER_INPUT",
      message: "The parameter `id` is missing; it is a ID!.",
    });
  });

  test("explains, and is bounded as everything is", async () => {
    const { get, seen } = served({ MAX_UPSTREAM_REQUESTS: "6" });
    const { data, extensions } = await get("/q/DashboardClaudeCode?explain&range.last.days=2");
    expect([data, Object.keys(extensions)]).toEqual([null, ["plan", "upstream", "freshness"]]);
    expect((await get("/q/DashboardClaudeCode?range.last.days=20")).code).toBe("TOO_EXPENSIVE");
    expect(seen).toEqual([]);
  });

  test("names the nearest document for an unknown one", async () => {
    const { get } = served();
    expect(await get("/q/CostByModle")).toMatchObject({
      status: 404,
      code: "NOT_FOUND",
      message: "Unknown trusted document `CostByModle`: did you mean CostByModel?",
    });
  });

  test("requires an authorized caller", async () => {
    const { get, seen } = served({ AUTH: "tokens", TOKENS_FILE: file([]) });
    for (const path of ["/q/CostByModel", "/q/Nothing", "/q/"])
      expect((await get(path)).code).toBe("UNAUTHENTICATED");
    expect(seen).toEqual([]);
  });

  test("answers HEAD with what GET would say of its answer", async () => {
    const { app } = served();
    const server = createServer(app.handle).listen(0);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/q/CostByModel`;
    for (const ask of [fetch.bind(null, url), app.fetch.bind(null, "http://gateway.test/q/CostByModel")]) {
      const [got, head] = [await ask({}), await ask({ method: "HEAD" })];
      expect([head.status, await head.text()]).toEqual([200, ""]);
      expect(head.headers.get("content-type")).toBe(got.headers.get("content-type"));
    }
    expect((await fetch(`${url}x`, { method: "HEAD" })).status).toBe(404);
    server.closeAllConnections();
    server.close();
  });
});

describe("a page of another site", () => {
  const paths = ["/q/CostByModel", inUrl({ documentId: ID }), inUrl({ query: TEXT }), inUrl(persisted(ID))];

  test("cannot make a browser spend requests by GET", async () => {
    const { get, seen } = served();
    for (const path of paths)
      for (const site of ["cross-site", "same-site"]) {
        const { status, code } = await get(path, null, { "sec-fetch-site": site, "sec-fetch-dest": "image" });
        expect([status, code]).toEqual([403, "BAD_REQUEST"]);
      }
    expect(seen).toEqual([]);
  });

  test("may link to a document, and ask where its origin is listed", async () => {
    const { get } = served({ ALLOWED_ORIGINS: "https://dashboard.example.com" });
    const followed = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };
    const listed = { "sec-fetch-site": "cross-site", origin: "https://dashboard.example.com" };
    for (const path of paths)
      for (const headers of [followed, listed, { "sec-fetch-site": "same-origin" }])
        expect((await get(path, null, headers)).errors).toBeUndefined();
  });
});

describe("DOCUMENTS_FILE", () => {
  const MINE = "query Mine { organization { name } }";
  const manifest = (...operations: object[]) => ({
    format: "apollo-persisted-query-manifest",
    version: 1,
    operations,
  });

  test.each<[string, unknown, string]>([
    ["Apollo's", manifest({ id: sha256(MINE), name: "Mine", type: "query", body: MINE }), sha256(MINE)],
    [
      "Apollo's, with ids of one's own",
      manifest({ id: "mine-1", name: "Mine", type: "query", body: MINE }),
      "mine-1",
    ],
    ["Relay's", { d41d8cd98f00b204e9800998ecf8427e: MINE }, "d41d8cd98f00b204e9800998ecf8427e"],
    ["codegen's", { [`sha256:${sha256(MINE)}`]: MINE }, sha256(MINE)],
  ])("adds to the library what a manifest like %s has", async (_whose, content, id) => {
    const { post, get } = served({ DOCUMENTS: "trusted", DOCUMENTS_FILE: file(content) });
    for (const answer of [
      await post({ documentId: id }),
      await post(persisted(sha256(MINE))),
      await post({ documentId: `sha256:${sha256(MINE)}` }),
      await get("/q/Mine"),
    ])
      expect(answer.data?.organization.name).toBeTypeOf("string");
    expect((await get("/q/CostByModel")).errors).toBeUndefined();
  });

  test("has its names to itself; of versions with one name each is called by its id", async () => {
    const [mine, other] = ["query CostByModel { organization { name } }", "query CostByModel { __typename }"];
    const one = served({ DOCUMENTS_FILE: file({ a: mine }) });
    expect((await one.get("/q/CostByModel")).data).toHaveProperty("organization");
    expect((await one.post({ documentId: ID })).data).toHaveProperty("cost");
    const path = tokensFile({ some: { role: "OWNER", documents: ["CostByModel"] } });
    const two = served({ DOCUMENTS_FILE: file({ a: mine, b: other }), AUTH: "tokens", TOKENS_FILE: path });
    expect(await two.get("/q/CostByModel", "some")).toMatchObject({ status: 400, code: "BAD_USER_INPUT" });
    expect((await two.get("/q/b", "some")).data).toEqual({ __typename: "Query" });
    expect((await two.post({ documentId: ID }, "some")).code).toBe("FORBIDDEN");
  });

  test("lists one text under several ids, and it is one document", async () => {
    const path = tokensFile({ some: { role: "OWNER", documents: ["b"] } });
    const { post, get } = served({
      DOCUMENTS_FILE: file({ a: MINE, b: MINE }),
      AUTH: "tokens",
      TOKENS_FILE: path,
    });
    for (const answer of [
      await post({ documentId: "a" }, "some"),
      await post(persisted(sha256(MINE)), "some"),
      await get("/q/Mine", "some"),
    ])
      expect(answer.data?.organization.name).toBeTypeOf("string");
  });

  test.each<[string, unknown, RegExp[]]>([
    ["that is not there", null, [/cannot be read/]],
    ["that is not JSON", "{", [/is not JSON/]],
    ["of another format", { format: "other", version: 1, operations: [] }, [/is neither an apollo/]],
    ["of another version", { ...manifest(), version: 2 }, [/is neither an apollo/]],
    ["that is a list", [MINE], [/is neither an apollo/]],
    [
      "with faults, each of which it names",
      manifest(
        { id: "a", name: "A", body: "query A { nothing }" },
        { id: "b", name: "B", body: "query B {" },
        { id: "c", name: "C", body: "{ __typename }" },
        { id: "d", name: "D", body: "query D { __typename } query E { __typename }" },
        { id: "e", name: "Other", body: "query F { __typename }" },
        { id: sha256("x"), name: "G", body: "query G { __typename }" },
        { id: "", name: "H", body: "query H { __typename }" },
        { id: "i", name: "I" },
        { id: "j", name: "J", body: "query J { __typename }" },
        { id: "j", name: "K", body: "query K { __typename }" },
        { id: "l", name: "L", body: `query L ${"{ a ".repeat(50_000)}` },
        {},
      ),
      [
        /document 1 \(A\) does not fit the schema: .*"nothing"/,
        /document 2 \(B\) is not GraphQL: Syntax Error/,
        /document 3 \(C\) is not one operation with a name/,
        /document 4 \(D\) is not one operation/,
        /document 5 \(Other\) has an operation of another name, F/,
        /document 6 \(G\) has an id that is the SHA-256 of another text/,
        /document 7 \(H\) has no id/,
        /document 8 \(I\) has no text/,
        /the id j stands for 2 different texts/,
        /document 11 \(L\) is not GraphQL: it is nested too deeply/,
        /document 12 has no id/,
      ],
    ],
    ["with an id of another text of the library", { [ID]: MINE }, [/SHA-256 of another text/]],
  ])("%s stops the start", (_what, content, faults) => {
    const path = content === null ? join(folder, "nowhere.json") : file(content);
    try {
      readDocuments(schema, path);
      expect.unreachable();
    } catch (fault) {
      expect(fault).toBeInstanceOf(ConfigError);
      for (const each of faults) expect((fault as ConfigError).message).toMatch(each);
      expect(() => served({ DOCUMENTS_FILE: path })).toThrow(ConfigError);
    }
  });
});

test("the command token keeps a caller to documents that are there", { tags: "deep" }, async () => {
  const path = join(folder, "made.json");
  const make = (name: string, documents: string) =>
    run(["token", "--name", name, "--role", "owner", "--documents", documents, "--file", path]).ended();
  expect((await make("one", "CostByModel,Adoption")).code).toBe(0);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject([{ documents: ["CostByModel", "Adoption"] }]);
  expect(await make("two", "CostByModle")).toMatchObject({
    code: 1,
    output: expect.stringContaining("did you mean CostByModel?"),
  });
  expect(JSON.parse(readFileSync(path, "utf8"))).toHaveLength(1);
});

test("a gateway of trusted documents alone says how to ask, and does not start with a manifest it cannot use", {
  tags: "deep",
}, async () => {
  const environment = { DOCUMENTS: "trusted", SANDBOX_USERS: "20" };
  const greeting = await run(["serve", "--port", "0"], environment).printed("/q/PeopleThisWeek");
  const [url = ""] = /http:\S+PeopleThisWeek/.exec(greeting) ?? [];
  expect(await (await fetch(`${url}?first=1`)).json()).toMatchObject({ data: { users: { nodes: [{}] } } });
  const path = file({ a: "query A { nothing }" });
  const { code, output } = await run(["serve", "--port", "0", "--documents-file", path], environment).ended();
  expect([code, output]).toEqual([1, expect.stringContaining("DOCUMENTS_FILE: document 1 (a) does not fit")]);
});
