import type { DeliveryCount } from "../cache/alert-store.ts";
import type { SpendBudget } from "../domain/budget.ts";
import { GatewayError } from "../errors.ts";
import { AlertJudge, type JudgeOptions } from "./judge.ts";
import type { JudgedBudget } from "./judgement.ts";
import { budgetOf } from "./message.ts";
import { AlertSender, type AlertSenderOptions } from "./sender.ts";

export interface AlertsOptions extends JudgeOptions, Omit<AlertSenderOptions, "webhooks"> {
  readonly onFault: (fault: unknown) => void;
}

/** A budget as it was last judged. */
export interface NamedJudgement extends Pick<JudgedBudget, "share" | "state"> {
  readonly budget: SpendBudget;
}

/** Judges and delivers in turns, which the process asks for. */
export class Alerts {
  readonly #options: AlertsOptions;
  readonly #judge: AlertJudge;
  readonly #sender: AlertSender;
  readonly #stopping = new AbortController();
  #turn: Promise<void> | null = null;

  constructor(options: AlertsOptions) {
    this.#options = options;
    this.#judge = new AlertJudge(options);
    this.#sender = new AlertSender({ ...options, webhooks: () => options.rules().webhooks });
  }

  /** Judges what may have changed, and delivers what is due. A turn that is under way is not joined by a second one. */
  run(): Promise<void> {
    this.#turn ??= this.#run().finally(() => {
      this.#turn = null;
    });
    return this.#turn;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    // Deliveries do not wait for upstream: those that are due go first and, with what was recorded, last.
    for (const step of [
      () => this.#sender.send(signal),
      () => this.#judge.judge(signal),
      () => this.#sender.send(signal),
    ])
      try {
        await step();
      } catch (fault) {
        // The outage of a store, and faults of upstream, are reported where they occur.
        if (!(fault instanceof GatewayError || signal.aborted)) this.#options.onFault(fault);
      }
  }

  /** Returns how the budgets stood when they were last judged, of all replicas together. Makes no upstream request. */
  async judgedBudgets(): Promise<readonly NamedJudgement[]> {
    const judgements = await Promise.all(this.#options.states.map((state) => this.#judge.judgementOf(state)));
    const judged = judgements.flatMap((each) => each?.budgets ?? []);
    const { budgets } = this.#options.rules();
    return judged.flatMap(({ budget: digest, share, state }) => {
      const budget = budgetOf({ budget: digest }, budgets);
      return budget === null ? [] : [{ budget, share, state }];
    });
  }

  /** Counts the deliveries of all replicas together. */
  counts(): Promise<readonly DeliveryCount[]> {
    return this.#options.store.counts();
  }

  /** Ends what is under way, as a process that is killed does; another replica, or the next start, goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#turn;
  }
}
