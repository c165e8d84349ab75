import { serverAudits } from "graphql-http";
import { describe, expect, test } from "vitest";
import { gateway } from "./gateway.ts";

const { app } = gateway({ sandbox: { users: 3 } });

const audits = serverAudits({
  url: "http://gateway.test/graphql",
  fetchFn: (url: string, init?: RequestInit) => app.fetch(url, init),
});

describe("GraphQL over HTTP", () => {
  test.each(audits)("$name", async (audit) => {
    const result = await audit.fn();
    expect(result.status === "ok" ? "ok" : result.reason).toBe("ok");
  });
});

describe("POST and GET read the same parameters alike", () => {
  const URL = "http://gateway.test/graphql";
  const [ONE, TWO] = ["query A { __typename }", "query A { __typename } query B { __typename }"];

  async function answers(params: Readonly<Record<string, string | null>>) {
    const inUrl = new URLSearchParams(
      Object.entries(params).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    );
    const headers = { accept: "application/json", "content-type": "application/json" };
    const both = await Promise.all([
      app.fetch(URL, { method: "POST", headers, body: JSON.stringify(params) }),
      app.fetch(`${URL}?${inUrl}`, { headers: { accept: "application/json" } }),
    ]);
    return Promise.all(
      both.map(async (response) => {
        const { data, errors } = await response.json();
        return { status: response.status, data, errors };
      }),
    );
  }

  test.each<[params: Readonly<Record<string, string | null>>, status: number]>([
    [{ query: ONE }, 200],
    [{ query: ONE, operationName: "" }, 200],
    [{ query: ONE, operationName: null }, 200],
    [{ query: ONE, operationName: "A" }, 200],
    [{ query: ONE, operationName: " " }, 400],
    [{ query: ONE, operationName: "B" }, 400],
    [{ query: TWO, operationName: "B" }, 200],
    [{ query: TWO, operationName: "" }, 400],
    [{ query: TWO, operationName: null }, 400],
    [{ query: ONE, variables: null, extensions: null }, 200],
    [{ query: null }, 400],
    [{ query: ONE, documentId: "" }, 200],
  ])("%j is answered with %d", async (params, status) => {
    const [post, get] = await answers(params);
    expect(post?.status).toBe(status);
    expect(get).toEqual(post);
  });
});

test.each(["/graphql?query=%7B__typename%7D", "/q/CostByModel", "/export/skills?range.last.days=3"])(
  "%s tells caches that a refused media type is for this header alone",
  async (path) => {
    const { app } = gateway({ sandbox: { users: 20 } });
    const { status, headers } = await app.fetch(`http://gateway.test${path}`, {
      headers: { accept: "image/png" },
    });
    expect(status).toBe(406);
    expect(headers.get("vary")?.split(", ")).toContain("accept");
  },
);
