import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { settingFaults } from "../setting-faults.ts";
import { budgetsFile, settingsOf, withBudgets } from "./files.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const URL_OF_SLACK = "https://hooks.slack.com/services/T0/B0/very-secret";
const VARIABLES = { HOOK_SECRET: SECRET, TWO_SECRETS: `${SECRET},${OTHER}`, SLACK_URL: URL_OF_SLACK };

const JSON_HOOK = {
  name: "finance",
  url: "https://x.example/hook",
  secretEnv: "HOOK_SECRET",
  format: "json",
};

function settings(hook: object, others: object = {}) {
  return { ...VARIABLES, ...withBudgets([], { webhooks: [hook], ...others }) };
}

const configOf = (hook: object, others: object = {}) => readConfig(settings(hook, others)).budgets?.first;

describe("a webhook in BUDGETS_FILE", () => {
  test("signs as Standard Webhooks does, under the id of the alert", () => {
    // The example of the specification.
    const secret = budgetsFile("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const { secretEnv: _, ...unsigned } = JSON_HOOK;
    const [webhook] = configOf({ ...unsigned, secretFile: secret })?.webhooks ?? [];
    expect(webhook?.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  test("signs with both secrets while one replaces the other", () => {
    const [webhook] = configOf({ ...JSON_HOOK, secretEnv: "TWO_SECRETS" })?.webhooks ?? [];
    expect(webhook?.headers("a", 1, "b")["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
  });

  test("can be unsigned for Slack, where the address is the secret", () => {
    const [webhook] = configOf({ name: "s", urlEnv: "SLACK_URL", format: "slack" })?.webhooks ?? [];
    expect(webhook?.url.href).toBe(URL_OF_SLACK);
    expect(Object.keys(webhook?.headers("a", 1, "b") ?? {})).toEqual(["webhook-id", "webhook-timestamp"]);
  });

  test("shows neither its address nor its secret where it is printed", () => {
    const [webhook] = configOf({ name: "s", urlEnv: "SLACK_URL", format: "slack" })?.webhooks ?? [];
    expect(JSON.stringify(webhook)).not.toContain("secret");
    expect(webhook?.host).toBe("hooks.slack.com");
  });

  test.each<[string, object, RegExp]>([
    ["http to another machine", { url: "http://x.example/" }, /`url` is not an https URL/],
    ["credentials in its URL", { url: "https://a:b@x.example/" }, /`url` is not an https URL/],
    ["another scheme", { url: "file:///etc/passwd" }, /`url` is not an https URL/],
    ["the address of Slack in the file", { url: URL_OF_SLACK }, /which is a secret; put it into a variable/],
    ["two addresses", { urlEnv: "SLACK_URL" }, /more than one of `url`, `urlEnv` or `urlFile`/],
    ["no secret", { secretEnv: undefined }, /`secretEnv` or `secretFile` is missing/],
    ["a secret in the file", { secretEnv: SECRET }, /not the name of an environment variable/],
    ["a variable that is not set", { secretEnv: "NOT_SET" }, /the variable of `secretEnv` is not set/],
    [
      "a short secret",
      { secretEnv: undefined, secretFile: budgetsFile("whsec_AAAA") },
      /is not `whsec_` and 24 to/,
    ],
    ["an unknown format", { format: "xml" }, /`format` is not json or slack/],
    ["an unknown event", { events: ["budget"] }, /`events` is not a list of BUDGET_THRESHOLD, /],
    ["no event", { events: [] }, /`events` is not a list of/],
    ["the name of the log", { name: "log" }, /`name` is that of the log/],
  ])("is refused with %s, without a word of a secret", (_what, fields, expected) => {
    const faults = settingFaults(settings({ ...JSON_HOOK, ...fields })).join("\n");
    expect(faults).toMatch(/^BUDGETS_FILE webhook 1: /);
    expect(faults).toMatch(expected);
    expect(faults).not.toMatch(/very-secret|whsec_[A-Za-z\d]/);
  });

  test.each([["http://127.0.0.1:9/hook"], ["http://localhost/hook"], ["https://10.0.0.1/hook"]])(
    "may be %s",
    (url) => {
      expect(configOf({ ...JSON_HOOK, url })?.webhooks).toHaveLength(1);
    },
  );
});

test("the example of docs/budgets.md is one that can be used", () => {
  const page = readFileSync(new URL("../../docs/budgets.md", import.meta.url), "utf8");
  const shown = [...page.matchAll(/^```json\n([\s\S]*?)\n```$/gm)]
    .map(([, text = ""]) => text)
    .find((text) => text.includes('"webhooks"'));
  const example = (shown ?? "").replace("/run/secrets/slack-url", budgetsFile(URL_OF_SLACK));
  const file = readConfig({ ...settingsOf(example), FINANCE_SECRET: SECRET } as Environment).budgets?.first;
  expect(file?.webhooks.map(({ name, events }) => [name, events.size])).toEqual([
    ["finance", 1],
    ["channel", 4],
  ]);
  expect(file?.rises?.of).toEqual(["ORGANIZATION", "TEAM"]);
});

describe("rises in BUDGETS_FILE", () => {
  test("are off unless they are stated, and have defaults", () => {
    expect(configOf(JSON_HOOK)?.rises).toBeNull();
    const rises = configOf(JSON_HOOK, { rises: {} })?.rises;
    expect([rises?.of, rises?.percent, rises?.floor.cents.units]).toEqual([
      ["ORGANIZATION", "TEAM", "API_KEY"],
      100,
      10_000n,
    ]);
  });

  test.each([
    [{ of: ["PERSON"] }, /`of` is not a list of ORGANIZATION, TEAM, API_KEY/],
    [{ percent: 0 }, /`percent` is not a whole number/],
    [{ floorUsd: -1 }, /`floorUsd` is not an amount/],
  ])("are refused as %j", (rises, expected) => {
    expect(settingFaults(settings(JSON_HOOK, { rises })).join("\n")).toMatch(expected);
  });
});
