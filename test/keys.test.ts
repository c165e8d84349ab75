import { afterEach, describe, expect, test } from "vitest";
import { keyHints } from "../src/keys.ts";
import type { Environment } from "../src/settings/settings.ts";
import { endAll, run } from "./process.ts";
import { settingFaults } from "./setting-faults.ts";

afterEach(endAll);

const SECRET = "secret-part-of-the-key";
const ANALYTICS = `sk-ant-api01-${SECRET}`;
const ADMIN = `sk-ant-admin01-${SECRET}`;

describe("an Admin key in the variable of the Enterprise organization", () => {
  test.each<[Environment, number]>([
    [{ ANTHROPIC_ANALYTICS_KEY: ADMIN }, 1],
    [{ ANTHROPIC_ANALYTICS_KEY: ` ${ADMIN}\n` }, 1],
    [{ ANTHROPIC_ANALYTICS_KEY: ADMIN, ANTHROPIC_ADMIN_KEY: ANALYTICS }, 1],
    [{ ANTHROPIC_ANALYTICS_KEY: ADMIN, ANTHROPIC_ADMIN_KEY: ADMIN }, 1],
  ])("does not start, and both variables are named: %j", (environment, count) => {
    const lines = settingFaults(environment);
    expect(lines).toHaveLength(count);
    for (const line of lines)
      expect(line).toMatch(
        /ANTHROPIC_ANALYTICS_KEY.*ANTHROPIC_ADMIN_KEY|ANTHROPIC_ADMIN_KEY.*ANTHROPIC_ANALYTICS_KEY/,
      );
    expect(lines.join()).not.toContain(SECRET);
  });

  test("is reported in the words of the start-up", { tags: "deep" }, async () => {
    const { code, output } = await run(["serve"], { ANTHROPIC_ANALYTICS_KEY: ADMIN }).ended();
    expect(code).toBe(1);
    expect(output).toBe(
      "ANTHROPIC_ANALYTICS_KEY begins with sk-ant-admin01-, as keys of ANTHROPIC_ADMIN_KEY do; set it there.\n",
    );
  });
});

test.each([
  `"${ANALYTICS}"`,
  `'${ANALYTICS}'`,
  `" ${ANALYTICS} "`,
  `"${ANALYTICS}`,
  `${ANALYTICS}"`,
  `“${ANALYTICS}”`,
  `"${ADMIN}"`,
])("a key in quotation marks does not start, with a hint: %s", (key) => {
  const lines = settingFaults({ ANTHROPIC_ANALYTICS_KEY: key });
  expect(lines).toEqual(["ANTHROPIC_ANALYTICS_KEY is in quotation marks; set the key without them."]);
});

test("one key in both variables does not start", () => {
  const key = "sk-ant-personal-key";
  expect(settingFaults({ ANTHROPIC_ANALYTICS_KEY: key, ANTHROPIC_ADMIN_KEY: key })).toEqual([
    expect.stringContaining("hold the same key"),
  ]);
});

describe("a hint that does not stop the start", () => {
  test.each<[what: string, environment: Record<string, string>, hints: RegExp[]]>([
    ["keys as they should be", { ANTHROPIC_ANALYTICS_KEY: ANALYTICS, ANTHROPIC_ADMIN_KEY: ADMIN }, []],
    ["no key", {}, []],
    [
      "a key of an unknown prefix",
      { ANTHROPIC_ADMIN_KEY: `sk-ant-api03-${SECRET}` },
      [/used once upstream confirms/],
    ],
    [
      "a key that can be a personal one, in place of an Admin key",
      { ANTHROPIC_ADMIN_KEY: ANALYTICS },
      [/does not begin with sk-ant-admin01-.*used once upstream confirms/],
    ],
    ["blanks around a key", { ANTHROPIC_ADMIN_KEY: ` ${ADMIN}\n` }, [/spaces or line breaks/]],
    [
      "a key for calling models alone",
      { ANTHROPIC_API_KEY: `sk-ant-api03-${SECRET}` },
      [/_ANALYTICS_KEY.*_ADMIN_KEY/],
    ],
    [
      "a token for calling models alone",
      { ANTHROPIC_AUTH_TOKEN: SECRET },
      [/ANTHROPIC_AUTH_TOKEN has no effect/],
    ],
    [
      "an Admin key in the variable of the SDK",
      { ANTHROPIC_API_KEY: ADMIN },
      [/set it as ANTHROPIC_ADMIN_KEY/],
    ],
    ["an Enterprise key there", { ANTHROPIC_API_KEY: ANALYTICS }, [/set it as ANTHROPIC_ANALYTICS_KEY/]],
    [
      "a key for calling models beside a right one",
      { ANTHROPIC_API_KEY: "x", ANTHROPIC_ADMIN_KEY: ADMIN },
      [],
    ],
    ["a blank one", { ANTHROPIC_API_KEY: " " }, []],
  ])("%s", (_what, environment, expected) => {
    const hints = keyHints(environment);
    expect(hints).toHaveLength(expected.length);
    for (const [i, hint] of expected.entries()) expect(hints[i]).toMatch(hint);
    expect(hints.join()).not.toContain(SECRET);
    expect(settingFaults(environment)).toEqual([]);
  });

  test("stands before the sandbox answers, where ANTHROPIC_API_KEY is all there is", {
    tags: "deep",
  }, async () => {
    const gateway = run(["serve", "--port", "0", "--sandbox-users", "20"], {
      ANTHROPIC_API_KEY: `sk-ant-api03-${SECRET}`,
    });
    const output = await gateway.printed("Try:");
    expect(output).toMatch(
      /^ANTHROPIC_API_KEY has no effect: .*ANTHROPIC_ANALYTICS_KEY .*ANTHROPIC_ADMIN_KEY /m,
    );
    expect(output).toContain("upstream is the sandbox");
    expect(output).not.toContain(SECRET);
  });
});
