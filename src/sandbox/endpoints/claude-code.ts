import { type Instant, parseDay, startOf } from "../../domain/day.ts";
import { DAY_MS, HOUR_MS, timestamp } from "../calendar.ts";
import type { Endpoint } from "../endpoint.ts";
import { Distinct } from "../engagement/counting.ts";
import { CODE_TOOLS, type CodeTool, type CodeWork, type Fact, listUnits } from "../ledger/fact.ts";
import { SCALE, Sum } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import { type Cell, Cells, compareKeys } from "../reports/cells.ts";

const DELAY_MS = HOUR_MS;

/** One row of the report: one actor, terminal, place and customer type on one day. */
class RecordSums {
  readonly sessions = new Distinct();
  readonly models = new Map<string, ModelSums>();
  readonly accepted: Record<CodeTool, number> = { edit: 0, multiEdit: 0, notebookEdit: 0, write: 0 };
  readonly rejected: Record<CodeTool, number> = { edit: 0, multiEdit: 0, notebookEdit: 0, write: 0 };
  linesAdded = 0;
  linesRemoved = 0;
  commits = 0;
  pullRequests = 0;

  add(fact: Fact, code: CodeWork): void {
    this.sessions.add(code.session);
    this.linesAdded += code.linesAdded;
    this.linesRemoved += code.linesRemoved;
    this.commits += code.commits;
    this.pullRequests += code.pullRequests;
    for (const tool of CODE_TOOLS) {
      this.accepted[tool] += code.accepted[tool];
      this.rejected[tool] += code.rejected[tool];
    }
    const model = fact.rate.model ?? "unknown";
    this.models.getOrInsertComputed(model, () => new ModelSums()).add(fact);
  }
}

class ModelSums {
  input = 0;
  output = 0;
  read = 0;
  creation = 0;
  private readonly list = new Sum();

  add(fact: Fact): void {
    this.input += fact.uncached;
    this.output += fact.output;
    this.read += fact.read;
    this.creation += fact.write5m + fact.write1h;
    this.list.add(listUnits(fact));
  }

  /** Cents at list price, cut to four decimals: an estimate, and a JSON number. */
  get cents(): number {
    return Number(this.list.units / 10n ** BigInt(SCALE - 4)) / 10_000;
  }
}

const TOOL_NAMES: Readonly<Record<CodeTool, string>> = {
  edit: "edit_tool",
  multiEdit: "multi_edit_tool",
  notebookEdit: "notebook_edit_tool",
  write: "write_tool",
};

export const claudeCodeReport = (ledger: Ledger): Endpoint<Cell<RecordSums>> => ({
  path: "/v1/organizations/usage_report/claude_code",
  keys: ["admin", "oauth"],
  rateLimit: "console",
  parameters: { starting_at: { type: "day", required: true } },
  paging: { style: "report", limit: { default: 20, max: 1000 }, expires: false },
  answer({ query, now }) {
    const day = parseDay(query.text("starting_at") ?? "");
    const from = day === null ? now : startOf(day);
    const asOf = now - DELAY_MS;
    const rows = ledger.answers.remember(
      ["claude_code", from, Math.min(asOf, from + 60 * DAY_MS)],
      () => records(ledger, from, asOf),
      ({ length }) => length,
    );
    return { rows, render: (row) => wire(ledger, row, from, now) };
  },
});

/** Keys: kind of actor, its place, terminal, remote, customer type, plan. Two keys of one name stay two records. */
function records(ledger: Ledger, from: Instant, asOf: Instant): readonly Cell<RecordSums>[] {
  const cells = new Cells(() => new RecordSums());
  const span = { from, until: Math.min(from + DAY_MS, asOf) };
  for (const fact of ledger.facts("console", span, asOf)) {
    const { code, person, api } = fact;
    if (code === null) continue;
    const actor = person === null ? ["key", api?.apiKey ?? null] : ["person", person];
    cells.at([...actor, code.terminal, code.remote ? 1 : 0, code.customer, code.plan]).add(fact, code);
  }
  return cells.list().toSorted((a, b) => compareKeys(a.key, b.key));
}

function wire({ organization }: Ledger, { key, sums }: Cell<RecordSums>, day: Instant, now: Instant) {
  const [kind, index, terminal, remote, customer, plan] = key;
  const directory = organization.directories.console;
  const actor =
    kind === "key"
      ? { type: "api_actor", api_key_name: organization.console.apiKeys[index as number]?.name }
      : {
          type: "user_actor",
          email_address: directory.account(organization.person(index as number), now).email,
        };
  return {
    date: timestamp(day),
    actor,
    organization_id: directory.uuid,
    customer_type: customer,
    subscription_type: plan,
    terminal_type: terminal,
    is_remote: remote === 1,
    core_metrics: {
      num_sessions: sums.sessions.count,
      lines_of_code: { added: sums.linesAdded, removed: sums.linesRemoved },
      commits_by_claude_code: sums.commits,
      pull_requests_by_claude_code: sums.pullRequests,
    },
    tool_actions: Object.fromEntries(
      CODE_TOOLS.map((tool) => [
        TOOL_NAMES[tool],
        { accepted: sums.accepted[tool], rejected: sums.rejected[tool] },
      ]),
    ),
    model_breakdown: [...sums.models]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([model, { input, output, read, creation, cents }]) => ({
        model,
        tokens: { input, output, cache_read: read, cache_creation: creation },
        estimated_cost: { currency: "USD", amount: cents },
      })),
  };
}
