import type { Engagement, OfficeApp } from "../ledger/fact.ts";
import { Distinct, type Estimate } from "./counting.ts";

const APPS: readonly OfficeApp[] = ["excel", "outlook", "powerpoint", "word"];

/** Different conversations and sessions by where they took place; what skills and connectors report. */
export class ThreadsBySurface {
  private readonly chat = new Distinct();
  private readonly code = new Distinct();
  private readonly cowork = new Distinct();
  private readonly office = new Map(APPS.map((app) => [app, new Distinct()]));

  add({ surface, app, thread }: Engagement): void {
    if (surface === "chat") this.chat.add(thread);
    else if (surface === "claude_code") this.code.add(thread);
    else if (surface === "cowork") this.cowork.add(thread);
    else if (surface === "office_agent" && app !== null) this.office.get(app)?.add(thread);
  }

  /** The blocks of a row; `used` is the last part of their keys: `skill_used_count` or `connector_used_count`. */
  wire(used: string, about: Estimate) {
    const conversations = `distinct_conversation_${used}`;
    const sessions = `distinct_session_${used}`;
    return {
      chat_metrics: { [conversations]: about(this.chat.count) },
      claude_code_metrics: { [sessions]: about(this.code.count) },
      cowork_metrics: { [sessions]: about(this.cowork.count) },
      office_metrics: Object.fromEntries(
        [...this.office].map(([app, threads]) => [app, { [sessions]: about(threads.count) }]),
      ),
    };
  }
}
