import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import { sandboxOver } from "../../src/sandbox/sandbox.ts";
import { type GatewayOptions, gateway, NOW, refusal } from "../gateway.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { organizationsFile } from "./three.ts";

const RANGE = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;
const ME = "/v1/organizations/me";

const sum = (...names: readonly string[]) =>
  `{ combinedCost(organizations: ${JSON.stringify(names)}, ${RANGE}) { total { net { cents } } } }`;

const ENTRIES = [
  { name: "one", kind: "enterprise", keyVariable: "KEY_ONE" },
  { name: "two", kind: "enterprise", keyVariable: "KEY_TWO" },
  { name: "api", kind: "console", keyVariable: "KEY_API" },
  { name: "other-api", kind: "console", keyVariable: "KEY_OTHER_API" },
];

/** One Enterprise and one Console organization, each under two names with different keys. */
function twice(options: GatewayOptions = {}, entries: readonly object[] = ENTRIES) {
  return gateway({
    ...(options.routes === undefined ? { sandbox: { users: 20 } } : {}),
    ...options,
    settings: {
      ANTHROPIC_ANALYTICS_KEY: "",
      ANTHROPIC_ADMIN_KEY: "",
      ORGANIZATIONS_FILE: organizationsFile(entries),
      KEY_ONE: "sk-ant-api01-first",
      KEY_TWO: "sk-ant-api01-second",
      KEY_API: "sk-ant-admin01-first",
      KEY_OTHER_API: "sk-ant-admin01-second",
      ...options.settings,
    } as NonNullable<GatewayOptions["settings"]>,
  });
}

describe("two names with different keys of one organization", () => {
  test.each([[["one", "two"]], [["two", "one"]], [["api", "other-api"]], [["one", "api", "two"]]])(
    "are never added up: %s",
    async (names) => {
      const { ask, seen } = twice();
      const { data, errors } = await ask(sum(...names));
      const same = names.filter((name) => name !== "api" || names.length === 2);
      expect(data.combinedCost).toBeNull();
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: "BAD_USER_INPUT", reason: "SAME_ORGANIZATION", organizations: same },
      ]);
      expect(errors?.[0]?.message).toContain(`\`${same[0]}\` and \`${same[1]}\``);
      expect(seen.map(({ pathname }) => pathname)).toEqual([ME, ME]);
    },
  );

  test("are each added to an organization of the other kind, which takes no request to tell", async () => {
    const { ask, seen } = twice();
    const { data, errors } = await ask(sum("one", "api"));
    expect(errors).toBeUndefined();
    expect(data.combinedCost.total.net.cents).toMatch(/^\d/);
    expect(seen.map(({ pathname }) => pathname)).not.toContain(ME);
  });

  test("are refused without a request once both are known", async () => {
    const { ask, requestsOf } = twice();
    await ask(sum("one", "two"));
    const [{ errors }, requests] = await requestsOf(() => ask(sum("one", "two")));
    expect(errors?.[0]?.extensions.reason).toBe("SAME_ORGANIZATION");
    expect(requests).toEqual([]);
  });

  test("are not added up while upstream does not state the organization of a key", async () => {
    const { ask } = gatewayWithoutMe();
    const { data, errors } = await ask(sum("one", "two"));
    expect(data.combinedCost).toBeNull();
    expect(errors?.[0]?.extensions.code).toMatch(/^UPSTREAM_/);
  });
});

function gatewayWithoutMe() {
  return twice({ routes: { [ME]: () => refusal(403, "permission_error", "no") } });
}

/** One organization as upstream, with the keys of its requests. */
function upstreamOfOne() {
  const keys: (string | undefined)[] = [];
  const sandbox = sandboxOver(ledgerOf(simulated({ seed: 1, users: 20 })), {
    now: () => Date.parse(NOW),
    rateLimit: "off",
  });
  const dispatcher = new SandboxDispatcher({
    handle(request, signal) {
      keys.push(request.headers["x-api-key"]);
      return sandbox.handle(request, signal);
    },
  });
  return { keys, dispatcher };
}

/** Two organizations with key files, and a way to let the gateway look at them. */
function withFiles() {
  const files = [organizationsFile(""), organizationsFile("")] as const;
  const first = ["sk-ant-api01-first", "sk-ant-api01-second"] as const;
  for (const [i, file] of files.entries()) writeFileSync(file, first[i] ?? "");
  const { keys, dispatcher } = upstreamOfOne();
  let elapsed = 0;
  const pace = { now: () => elapsed, sleep: async () => {} };
  const { ask, faults, filesRead } = twice({ dispatcher, pace }, [
    { name: "one", kind: "enterprise", keyFile: files[0] },
    { name: "two", kind: "enterprise", keyFile: files[1] },
  ]);
  let day = 1;
  /** The keys of new questions to each organization. */
  const keysInUse = async () => {
    const range = `range: { between: { from: "2026-10-0${day}", until: "2026-10-0${day + 1}" } }`;
    day++;
    const before = keys.length;
    for (const name of ["one", "two"])
      await ask(`{ cost(organization: "${name}", ${range}) { total { net { cents } } } }`);
    return keys.slice(before);
  };
  const replace = async (i: 0 | 1, key: string) => {
    writeFileSync(files[i], key);
    for (const name of ["one", "two", "one", "two"]) {
      elapsed += 1_001;
      await ask(`{ cost(organization: "${name}", ${RANGE}) { organization } }`);
    }
  };
  return { ask, faults, filesRead, first, keysInUse, replace };
}

describe("a key file that is replaced by one with the key of another organization", () => {
  test("is refused as at start: the key before stays in use, and the fault is logged once", async () => {
    const { faults, filesRead, first, keysInUse, replace } = withFiles();
    expect(await keysInUse()).toEqual(first);
    await replace(0, first[1]);
    await replace(0, `${first[1]}\n`);
    expect(faults.map(String)).toEqual([
      "ConfigError: The key file of the organization one holds the key of two, and a key belongs to one organization.\nThe keys read before stay in use.",
    ]);
    expect(await keysInUse()).toEqual(first);
    expect(filesRead).toEqual([]);
    await replace(0, "sk-ant-api01-third");
    expect(await keysInUse()).toEqual(["sk-ant-api01-third", first[1]]);
    expect(filesRead).toEqual([{ holds: "key", organization: "one", key: expect.any(String) }]);
  });

  test("is taken once that organization has another key", async () => {
    const { faults, first, keysInUse, replace } = withFiles();
    await replace(0, first[1]);
    await replace(1, "sk-ant-api01-third");
    expect(await keysInUse()).toEqual([first[1], "sk-ant-api01-third"]);
    expect(faults).toHaveLength(1);
  });

  test("is refused within one tenant, too", async () => {
    const file = organizationsFile("");
    writeFileSync(file, "sk-ant-console-first");
    const { keys, dispatcher } = upstreamOfOne();
    let elapsed = 0;
    const { ask, faults } = twice({ dispatcher, pace: { now: () => elapsed, sleep: async () => {} } }, [
      { name: "one", kind: "enterprise", keyVariable: "KEY_ONE" },
      { name: "api", kind: "console", keyFile: file, joins: "one" },
    ]);
    writeFileSync(file, "sk-ant-api01-first");
    for (let i = 0; i < 3; i++) {
      elapsed += 1_001;
      await ask(`{ cost(organization: "api", ${RANGE}) { organization } }`);
    }
    expect(faults.map(String)).toEqual([expect.stringContaining("holds the key of api")]);
    expect(keys).not.toContain("sk-ant-api01-first");
  });
});
