import type { Logger } from "pino";
import { GIVE_UP_MS } from "../alerts/sender.ts";
import type { AlertLog } from "../app.ts";
import type { SpendBudget } from "../domain/budget.ts";

/**
 * Writes alerts, and what keeps them from being judged or delivered, into the log of a process. Lines have no amount, and none of the
 * name of a person's budget.
 */
export function alertLogOf(log: Logger): AlertLog {
  /** The failures that were logged last, by webhook: one that lasts is one line, and the end of a delivery always is one. */
  const logged = new Map<string, string>();
  return {
    onAlert({ id, event, organization, subject, subjectId, percent, range }, budget) {
      const name = subject === "PERSON" ? null : (budget?.name ?? null);
      log.warn(
        { alert: id, event, organization, subject, subjectId, budget: name, percent, ...range },
        "alert",
      );
    },
    onFailure({ isLast, reason, ...failure }) {
      if (isLast) {
        log.error(
          { ...failure, reason },
          `an alert was not delivered and is given up: ${reason === "410" ? "its receiver is gone" : `it failed for ${GIVE_UP_MS / 86_400_000} days`}`,
        );
      } else if (logged.get(failure.webhook) !== reason) {
        logged.set(failure.webhook, reason);
        log.warn({ ...failure, reason }, "an alert was not delivered; further attempts follow");
      }
    },
    onUnjudged({ organization, subject, period, name }: SpendBudget, code) {
      log.warn(
        { organization, subject, budget: subject === "PERSON" ? null : name, period, code },
        "a budget cannot be judged, so that it raises no alert; `budgets` says why",
      );
    },
    onUnraised({ organization, subject, range, rises }) {
      log.warn(
        { organization, subject, ...range, rises },
        rises === null
          ? "these days are not judged for sudden rises: the gateway was away for longer than it looks back"
          : "more spend rose suddenly than alerts are recorded for: the largest rises have one",
      );
    },
    onFull() {
      log.error("the store of alerts is full, so that an alert is not recorded; it is tried again");
    },
  };
}
