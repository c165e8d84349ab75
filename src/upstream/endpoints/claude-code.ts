import type { ClaudeCodeRecord, CodeActor, CodeModel } from "../../domain/claude-code.ts";
import { CODE_DIMENSIONS } from "../../domain/claude-code-group.ts";
import { dayOf } from "../../domain/day.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { DayRange } from "../../domain/range.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { DAILY, FRESH } from "./coverage.ts";
import { byPseudonym } from "./pseudonymous.ts";

/** As the contract describes it; the published client has no type for it. */
interface WireRecord {
  date: string;
  actor: { type: string; email_address: string; api_key_name: string };
  organization_id: string;
  customer_type: string;
  subscription_type?: string | null;
  terminal_type?: string | null;
  is_remote?: boolean;
  core_metrics: {
    num_sessions: number;
    commits_by_claude_code: number;
    pull_requests_by_claude_code: number;
    lines_of_code: { added: number; removed: number };
  };
  tool_actions: Record<string, { accepted: number; rejected: number }>;
  model_breakdown: WireModel[];
}

interface WireModel {
  model: string;
  tokens: { input: number; output: number; cache_read: number; cache_creation: number };
  estimated_cost: { amount: number; currency: string };
}

/**
 * Claude Code records of one UTC day, in upstream's order. People who sign in through a subscription may be missing: absence
 * is unknown, not inactive. Source: Claude Code Analytics API.
 */
export const claudeCode = endpoint({
  dataset: "CLAUDE_CODE",
  key: "admin",
  path: "/v1/organizations/usage_report/claude_code",
  paging: "report",
  pageSize: () => 1000,
  query: (p: { range: DayRange }) => ({ starting_at: p.range.from }),
  rangeOf: (p) => p.range,
  coverage: DAILY,
  groupBy: CODE_DIMENSIONS,
  buckets: ["NONE", "DAY"],
  subject: "activity",
  freshSeconds: FRESH.reports,
  exactNumbers: true,
  // An actor has several records a day, and names of keys are not unique: two that read alike can be of two machines or keys.
  rowId: () => null,
  pseudonymous: (records, pseudonyms) =>
    byPseudonym(
      records.map((record) => ({ ...record, actor: pseudonymousActor(record.actor, pseudonyms) })),
      ({ actor }) => (actor.kind === "user" ? actor.email : null),
    ),
  row: (w: Wire<WireRecord>): ClaudeCodeRecord => {
    const core = w.at("core_metrics");
    const lines = core.at("lines_of_code");
    return {
      date: dayOf(w.instant("date")),
      actor: actor(w.at("actor")),
      organizationId: w.string("organization_id"),
      customerType: w.string("customer_type"),
      terminalType: w.stringOrNull("terminal_type"),
      subscriptionType: w.stringOrNull("subscription_type"),
      isRemote: w.booleanOrNull("is_remote"),
      sessions: core.count("num_sessions"),
      commits: core.count("commits_by_claude_code"),
      pullRequests: core.count("pull_requests_by_claude_code"),
      linesAdded: lines.count("added"),
      linesRemoved: lines.count("removed"),
      toolActions: w.entries("tool_actions").map(([tool, counts]) => ({
        tool,
        accepted: counts.count("accepted"),
        rejected: counts.count("rejected"),
      })),
      models: w.each("model_breakdown").map(model),
    };
  },
});

function actor(w: Wire<WireRecord["actor"]>): CodeActor {
  const type = w.string("type");
  if (type === "user_actor") return { kind: "user", email: w.string("email_address") };
  if (type === "api_actor") return { kind: "apiKey", name: w.string("api_key_name") };
  return { kind: "unknown", type };
}

function pseudonymousActor(actor: CodeActor, pseudonyms: Pseudonyms): CodeActor {
  return actor.kind === "user" ? { ...actor, email: pseudonyms.address(actor.email) } : actor;
}

function model(w: Wire<WireModel>): CodeModel {
  const tokens = w.at("tokens");
  const cost = w.at("estimated_cost");
  return {
    model: w.string("model"),
    inputTokens: tokens.count("input"),
    outputTokens: tokens.count("output"),
    cacheReadTokens: tokens.count("cache_read"),
    cacheCreationTokens: tokens.count("cache_creation"),
    estimated: { cents: cost.exactNumber("amount"), currency: cost.usd("currency") },
  };
}
