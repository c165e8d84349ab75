import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import type { Handle } from "../../src/sandbox/protocol.ts";
import { sandboxOver } from "../../src/sandbox/sandbox.ts";
import { type GatewayOptions, gateway, NOW } from "../gateway.ts";
import { ledgerOf, simulated } from "../simulated.ts";

/** Two Enterprise organizations and a Console organization, each with its key and a seed of its own. */
export const ORGANIZATIONS = {
  emea: { kind: "enterprise", key: "sk-ant-api01-emea", seed: 1 },
  us: { kind: "enterprise", key: "sk-ant-api01-us", seed: 2 },
  platform: { kind: "console", key: "sk-ant-admin01-platform", seed: 3 },
} as const;

export type OrganizationName = keyof typeof ORGANIZATIONS;

export const NAMES = Object.keys(ORGANIZATIONS) as readonly OrganizationName[];

const USERS = 30;

/** The variable that holds the key of an organization. */
export function variableOf(name: OrganizationName): string {
  return `KEY_OF_${name.toUpperCase()}`;
}

/** Writes a file of organizations and returns its path. */
export function organizationsFile(entries: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), "gateway-tests-")), "organizations.json");
  writeFileSync(path, typeof entries === "string" ? entries : JSON.stringify(entries));
  return path;
}

export const ENTRIES = NAMES.map((name) => ({
  name,
  kind: ORGANIZATIONS[name].kind,
  keyVariable: variableOf(name),
}));

/** The sandboxes of the three, which answer by the key of a request; `seen` has each request with its organization. */
function upstreamOfThree(now = NOW) {
  let clock = Date.parse(now);
  const seen: { readonly organization: OrganizationName; readonly path: string }[] = [];
  const sandboxes = Object.fromEntries(
    NAMES.map((name) => {
      const { seed } = ORGANIZATIONS[name];
      const ledger = ledgerOf(simulated({ seed, users: USERS }));
      return [name, sandboxOver(ledger, { now: () => clock, rateLimit: "off" })];
    }),
  );
  const revoked = new Set<OrganizationName>();
  const handle: Handle = async (request, signal) => {
    const key = request.headers["x-api-key"];
    const name = NAMES.find((each) => ORGANIZATIONS[each].key === key);
    if (name === undefined) throw new Error("a request with a key of none of the organizations");
    seen.push({ organization: name, path: request.path });
    const headers = revoked.has(name)
      ? { ...request.headers, "x-api-key": `${key}-revoked` }
      : request.headers;
    const sandbox = sandboxes[name];
    if (sandbox === undefined) throw new Error("no sandbox");
    return sandbox.handle({ ...request, headers }, signal);
  };
  const at = (instant: string) => {
    clock = Date.parse(instant);
  };
  return { handle, seen, revoked, at };
}

export interface ThreeOptions extends Omit<GatewayOptions, "dispatcher" | "sandbox" | "routes"> {
  readonly entries?: unknown;
  /** Organizations without a key. */
  readonly without?: readonly OrganizationName[];
}

/** One gateway of three organizations. */
export function gatewayOfThree({ entries = ENTRIES, without = [], settings, ...options }: ThreeOptions = {}) {
  const upstream = upstreamOfThree(options.now);
  const keys = Object.fromEntries(
    NAMES.map((name) => [variableOf(name), without.includes(name) ? "" : ORGANIZATIONS[name].key]),
  );
  return Object.assign(
    gateway({
      ...options,
      dispatcher: new SandboxDispatcher({ handle: upstream.handle }),
      settings: {
        ANTHROPIC_ANALYTICS_KEY: "",
        ANTHROPIC_ADMIN_KEY: "",
        ORGANIZATIONS_FILE: organizationsFile(entries),
        ...keys,
        ...settings,
      },
    }),
    { upstream },
  );
}

/** A gateway of one of them alone, configured by its key. */
export function gatewayOfOne(name: OrganizationName, options: Omit<GatewayOptions, "dispatcher"> = {}) {
  const upstream = upstreamOfThree();
  const { key, kind } = ORGANIZATIONS[name];
  return Object.assign(
    gateway({
      ...options,
      dispatcher: new SandboxDispatcher({ handle: upstream.handle }),
      settings: {
        ANTHROPIC_ANALYTICS_KEY: kind === "enterprise" ? key : "",
        ANTHROPIC_ADMIN_KEY: kind === "console" ? key : "",
        ...options.settings,
      },
    }),
    { upstream },
  );
}
