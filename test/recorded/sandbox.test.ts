import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openApp } from "../../src/cli/open.ts";
import { answerOf } from "../answer.ts";

/** A gateway without keys, as `serve` opens it, that has recorded what it answered. */
async function answered(query: string, environment: Readonly<Record<string, string>>) {
  const options = { loggersOf: () => ({ onFault: () => {} }) };
  const { app } = await openApp({ SANDBOX_USERS: "20", ...environment }, options);
  try {
    const url = `http://gateway.test/graphql?${new URLSearchParams({ query })}`;
    const answer = await answerOf(await app.fetch(new Request(url)));
    await app.record();
    return answer;
  } finally {
    await app.dispose();
  }
}

const cost = (argument: string) =>
  `{ cost(range: { between: { from: "2026-10-20", until: "2026-11-01" } }${argument}) { total { net { cents } } } }`;

test("figures of the sandbox in the gateway are recorded, and still known after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  const at = (CLOCK: string) => ({ CLOCK, CACHE_URL: `sqlite:${join(folder, "cache.db")}` });
  const before = await answered(cost(""), at("2026-11-01T12:00:00Z"));
  const later = at("2026-11-20T12:00:00Z");
  const { data: revised } = await answered(cost(""), later);
  expect(revised).not.toEqual(before.data);
  const asOf = await answered(cost(`, asOf: "2026-11-01T13:00:00Z"`), later);
  expect(asOf).toMatchObject({ data: before.data });
  const { data, errors } = await answered(
    `{ revisions(range: { between: { from: "2026-10-20", until: "2026-11-01" } }) { nodes { day } } }`,
    later,
  );
  expect(errors).toBeUndefined();
  expect(data.revisions.nodes.length).toBeGreaterThan(0);
});
