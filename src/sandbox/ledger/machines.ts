import type { ApiKey } from "../organization/console.ts";
import { codeWork } from "./code.ts";
import {
  type Attachments,
  type Desk,
  type Load,
  minute,
  rateOf,
  threadOf,
  write,
  writeRuns,
  writeSession,
} from "./desk.ts";
import type { ApiUse } from "./fact.ts";
import { plainRate } from "./prices.ts";

const REVIEW: Omit<Load, "requests"> = {
  uncached: 4000,
  read: 30_000,
  write5m: 5000,
  write1h: 0,
  output: 900,
};

/** Code Review: Claude Code usage tied to no person. */
export function codeReview(desk: Desk): void {
  const about: Attachments = {
    organization: "enterprise",
    person: null,
    product: "claude_code",
    searches: 0,
    engagement: null,
    code: null,
    tag: null,
    api: null,
  };
  const rate = rateOf(desk, "claude_code", { haiku: 0, opus: 0.5, long: 0.1, fast: 0 });
  write(desk, minute(desk), rate, { requests: desk.dice.around(14), ...REVIEW }, about);
}

const WORKFLOW: Omit<Load, "requests"> = {
  uncached: 2000,
  read: 4000,
  write5m: 400,
  write1h: 200,
  output: 500,
};

/** The system identity: a person to the reports, without an address. */
export function systemWork(desk: Desk, person: number): void {
  const count = 1 + desk.dice.below(3);
  for (let i = 0; i < count; i++) {
    const about: Attachments = {
      organization: "enterprise",
      person,
      product: "other",
      searches: 0,
      engagement: null,
      code: null,
      tag: null,
      api: null,
    };
    const rate = rateOf(desk, "other", { haiku: 0.5, opus: 0.1, long: 0, fast: 0 });
    write(desk, minute(desk), rate, { requests: desk.dice.around(20), ...WORKFLOW }, about);
  }
}

const API: Omit<Load, "requests"> = { uncached: 1600, read: 1200, write5m: 240, write1h: 60, output: 350 };

/** A day of an API key. */
export function keyTraffic(desk: Desk, key: ApiKey): void {
  const { dice } = desk;
  const count = Math.min(40, dice.around(5 * key.volume));
  for (let i = 0; i < count; i++) {
    const at = minute(desk);
    const u = dice.next();
    const use: ApiUse = {
      workspace: key.workspace?.index ?? 0,
      apiKey: key.index,
      serviceAccount: key.actsAs?.index ?? null,
      identity: null,
      session: key.managedAgents ? sessionOf(desk, i) : null,
      tier: u < 0.7 ? "standard" : u < 0.93 ? "batch" : "priority",
    };
    const session = threadOf(1_000_000 + key.index, "claude_code", desk.day, i % 32);
    const about: Attachments = {
      organization: "console",
      person: null,
      product: productOf(key, use),
      searches: dice.chance(0.15) ? dice.between(1, 20) : 0,
      engagement: null,
      code: key.claudeCode ? codeWork(desk, session, { customer: "api", plan: null }) : null,
      tag: null,
      api: use,
    };
    const rate = rateOf(desk, "api", { haiku: 0.45, opus: 0.12, long: 0.03, fast: 0.03 });
    write(desk, at, rate, { requests: dice.around(60), ...API }, about);
    if (dice.chance(0.1))
      writeRuns(desk, at, plainRate("api"), dice.around(8), {
        organization: "console",
        person: null,
        api: use,
      });
  }
  if (!key.managedAgents) return;
  for (let session = sessionOf(desk, 0); session <= sessionOf(desk, count - 1); session++) {
    writeSession(desk, minute(desk), plainRate("api"), dice.around(50), {
      organization: "console",
      person: null,
      api: {
        workspace: key.workspace?.index ?? 0,
        apiKey: key.index,
        serviceAccount: key.actsAs?.index ?? null,
        identity: null,
        session,
        tier: "standard",
      },
    });
  }
}

function productOf({ claudeCode, managedAgents }: ApiKey, { tier }: ApiUse): string {
  if (claudeCode) return "claude_code";
  if (managedAgents) return "managed_agents_api";
  return tier === "batch" ? "message_batches_api" : "messages_api";
}

/** The managed session that the `i`th piece of a day's work belongs to. */
function sessionOf({ day }: Desk, i: number): number {
  return day * 8 + Math.floor(i / 6);
}

/** Usage without a key: a federated service account, or the federated workloads and the Playground by turns. */
export function keylessTraffic(desk: Desk, serviceAccount: number | null): void {
  const { dice, organization } = desk;
  const { identities } = organization.console;
  const count = 2 + dice.below(6);
  for (let i = 0; i < count; i++) {
    const identity = serviceAccount === null ? (desk.day + i) % identities.length : null;
    const playground = identity !== null && identities[identity]?.kind === "hidden";
    const about: Attachments = {
      organization: "console",
      person: null,
      product: playground ? "claude_console" : "messages_api",
      searches: 0,
      engagement: null,
      code: null,
      tag: null,
      api: {
        workspace: serviceAccount === null ? 0 : 2,
        apiKey: null,
        serviceAccount,
        identity,
        session: null,
        tier: "standard",
      },
    };
    const rate = rateOf(desk, "api", { haiku: 0.3, opus: 0.3, long: 0.02, fast: 0 });
    write(desk, minute(desk), rate, { requests: dice.around(8), ...API }, about);
  }
}
