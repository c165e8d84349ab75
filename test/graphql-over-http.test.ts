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
