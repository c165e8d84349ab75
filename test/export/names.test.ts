import { expect, test } from "vitest";
import { gateway } from "../gateway.ts";
import { sqlite } from "../stores/stores.ts";
import { download, rowsOf } from "./download.ts";

/** One account of the sandbox is erased on 2026-08-15. */
const [BEFORE, AFTER] = ["2026-08-14T12:00:00Z", "2026-08-16T12:00:00Z"];

test("spend that is final is asked of upstream once, and names an erased account no longer than a day", async () => {
  const store = await sqlite.open();
  const gate = gateway({ sandbox: { users: 60 }, now: BEFORE, store });
  const { enterprise } = gate.organization.directories;
  const path = "spend.csv?from=2026-06-01&until=2026-07-01";
  const before = rowsOf(await download(gate, path));
  const { email } = enterprise.account(gate.organization.person(7), Date.parse(BEFORE));
  expect(before.map((row) => row.user_email)).toContain(email);
  gate.at(AFTER);
  const [text, requests] = await gate.requestsOf(() => download(gate, path));
  const after = rowsOf(text);
  expect(after.map((row) => row.user_email)).not.toContain(email);
  expect(after.map((row) => row.account_id)).toContain(enterprise.userId(7));
  expect(after.map(withoutEmail)).toEqual(before.map(withoutEmail));
  const named = new Set(after.map((row) => row.user_email).filter((address) => address !== ""));
  expect(named.size).toBeGreaterThan(20); // members, by the member list
  expect(new Set(requests.map(({ pathname }) => pathname))).toEqual(
    new Set(["/v1/organizations/me", "/v1/organizations/users"]),
  );
  await gate.app.dispose();
});

function withoutEmail(row: Readonly<Record<string, string>>) {
  return { ...row, user_email: "" };
}
