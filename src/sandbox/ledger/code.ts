import { ARTIFACTS_MEASURED } from "../coverage.ts";
import { artifactsOf } from "./artifacts.ts";
import { type Attachments, type Desk, type Load, minute, pieces, rateOf, threadOf, write } from "./desk.ts";
import { engagement } from "./engagement.ts";
import type { CodeWork } from "./fact.ts";
import { pluginUse } from "./plugins.ts";
import { toolUse } from "./tools.ts";

const CODE: Omit<Load, "requests"> = {
  uncached: 700,
  read: 52_000,
  write5m: 3600,
  write1h: 800,
  output: 640,
};
const TERMINALS = [
  "vscode",
  "vscode",
  "iTerm.app",
  "tmux",
  "cursor",
  "WarpTerminal",
  "Apple_Terminal",
  "xterm-256color",
];

/** A person's Claude Code work under the Enterprise seat. */
export function claudeCode(desk: Desk, person: number): void {
  const { dice } = desk;
  const count = pieces(desk, 2.6);
  for (let i = 0; i < count; i++) {
    const session = threadOf(person, "claude_code", desk.day, dice.below(count + 1));
    const about = engagement(
      "claude_code",
      session,
      {
        artifacts: artifactsOf(
          desk,
          "claude_code",
          i,
          desk.day >= ARTIFACTS_MEASURED && dice.chance(0.06) ? 1 : 0,
        ),
      },
      toolUse(desk, false, 0.16, 0.18),
      pluginUse(desk, "claude_code", i),
    );
    const rate = rateOf(desk, "claude_code", { haiku: 0.1, opus: 0.4, long: 0.06, fast: 0.06 });
    const searches = dice.chance(0.1) ? dice.between(1, 3) : 0;
    write(
      desk,
      minute(desk),
      rate,
      { requests: dice.around(40), ...CODE },
      {
        organization: "enterprise",
        person,
        product: "claude_code",
        searches,
        engagement: about,
        code: codeWork(desk, session, { customer: "subscription", plan: "enterprise" }),
        tag: null,
        api: null,
      },
    );
  }
}

/** A person's Claude Code work signed in to the Console: paid per token, or under a team plan that the API bill omits. */
export function consoleCode(desk: Desk, person: number, workspace: number): void {
  const { dice } = desk;
  const count = pieces(desk, 2);
  for (let i = 0; i < count; i++) {
    const onPlan = dice.chance(0.3);
    const session = threadOf(person, "claude_code", desk.day, dice.below(count + 1));
    const rate = rateOf(desk, "api", { haiku: 0.2, opus: 0.3, long: 0.05, fast: 0.05 });
    const about: Attachments = {
      organization: "console",
      person,
      product: "claude_code",
      searches: dice.chance(0.1) ? 1 : 0,
      engagement: null,
      code: codeWork(
        desk,
        session,
        onPlan ? { customer: "subscription", plan: "team" } : { customer: "api", plan: null },
      ),
      tag: null,
      api: onPlan
        ? null
        : { workspace, apiKey: null, serviceAccount: null, identity: null, session: null, tier: "standard" },
    };
    write(desk, minute(desk), rate, { requests: dice.around(28), ...CODE }, about);
  }
}

/** Result of a piece of Claude Code work. */
export function codeWork(desk: Desk, session: number, paidBy: Pick<CodeWork, "customer" | "plan">): CodeWork {
  const { dice } = desk;
  const edits = dice.around(9);
  const writes = dice.below(4);
  return {
    session,
    commits: dice.chance(0.5) ? dice.between(1, 4) : 0,
    pullRequests: dice.chance(0.15) ? 1 : 0,
    linesAdded: dice.around(12 * (edits + writes)),
    linesRemoved: dice.below(6 * edits),
    accepted: {
      edit: edits,
      multiEdit: dice.chance(0.1) ? 1 : 0,
      notebookEdit: dice.chance(0.05) ? dice.between(1, 4) : 0,
      write: writes,
    },
    rejected: {
      edit: dice.below(2 + edits / 6),
      multiEdit: 0,
      notebookEdit: 0,
      write: dice.chance(0.1) ? 1 : 0,
    },
    terminal: dice.pick(TERMINALS),
    remote: dice.chance(0.08),
    customer: paidBy.customer,
    plan: paidBy.plan,
  };
}
