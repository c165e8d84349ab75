import { useMemo } from "react";
import type { BudgetState, BudgetSubject } from "../../../../schema/operations/documents.ts";
import { formatDay, formatRange, MISSING } from "../../charts/format.ts";
import { NumberCell } from "../../charts/number-cell.tsx";
import { Defined } from "../../charts/stat.tsx";
import { definitionOf } from "../define.ts";
import { Panel } from "../panel.tsx";
import type { PlacedPanelProps } from "./active-people.tsx";
import { ShareOf } from "./share-of.tsx";

const STATES: Readonly<Record<BudgetState, string>> = {
  ON_TRACK: "On track",
  WARNING: "Threshold reached",
  AT_RISK: "Projected to pass",
  EXHAUSTED: "Used up",
};

const SUBJECTS: Readonly<Record<BudgetSubject, string>> = {
  ORGANIZATION: "Organization",
  TEAM: "Team",
  WORKSPACE: "Workspace",
  MODEL: "Model",
  PERSON: "Person",
  API_KEY: "API key",
};

/** A team that has spent its amount has no day: its spend is not read day by day. */
function dayUsedUp(state: BudgetState | null, exhaustedOn: string | null): string {
  if (exhaustedOn !== null) return formatDay(exhaustedOn);
  return state === "EXHAUSTED" ? "Day not read" : MISSING;
}

/** The operator's budgets, each with its current period. */
export function Budgets({
  place,
  span,
  isOptional = false,
}: PlacedPanelProps & { readonly isOptional?: boolean }) {
  const { organization } = place;
  const variables = useMemo(() => (organization === null ? {} : { organization }), [organization]);
  return (
    <Panel
      title="Budgets"
      document="Budgets"
      variables={variables}
      span={span}
      height={180}
      answerRows="budgets"
      isOptional={isOptional}
      empty="No budgets that you may see are set. The operator of the gateway lists them in BUDGETS_FILE."
    >
      {({ budgets }) => {
        if (budgets === null || budgets.length === 0) return null;
        const [lacking] = budgets.flatMap(({ notIncluded }) => notIncluded ?? []);
        return (
          <>
            <table>
              <caption className="visually-hidden">Budgets and how each stands</caption>
              <thead>
                <tr>
                  <th scope="col">Budget</th>
                  <th scope="col">Period</th>
                  <th scope="col" className="numeric">
                    <Defined term="Spent" definition={definitionOf("Budget.spent")} />
                  </th>
                  <th scope="col" className="numeric">
                    Amount
                  </th>
                  <th scope="col" className="share-of">
                    <span className="visually-hidden">Share of the amount</span>
                  </th>
                  <th scope="col" className="numeric">
                    <Defined term="Projected" definition={definitionOf("Budget.projected")} />
                  </th>
                  <th scope="col">
                    <Defined term="Used up on" definition={definitionOf("Budget.exhaustedOn")} isAtEnd />
                  </th>
                  <th scope="col">
                    <Defined term="State" definition={definitionOf("Budget.state")} isAtEnd />
                  </th>
                </tr>
              </thead>
              <tbody>
                {budgets.map(
                  ({
                    name,
                    subject,
                    subjectId,
                    range,
                    spent,
                    amount,
                    share,
                    projected,
                    exhaustedOn,
                    state,
                    notIncluded,
                  }) => (
                    <tr key={name}>
                      <th scope="row">
                        {name}
                        {notIncluded !== null && " *"}
                        <span className="ranking-detail">
                          {SUBJECTS[subject]}
                          {subjectId !== null && ` ${subjectId}`}
                        </span>
                      </th>
                      <td className="muted">{formatRange(range)}</td>
                      <NumberCell unit="usd" value={spent?.usd} />
                      <NumberCell unit="usd" value={amount.usd} />
                      <ShareOf share={share} isSerious={state === "AT_RISK" || state === "EXHAUSTED"} />
                      <NumberCell unit="usd" value={projected?.usd} />
                      <td className="muted">{dayUsedUp(state, exhaustedOn)}</td>
                      <td>{state === null ? "Not known" : STATES[state]}</td>
                    </tr>
                  ),
                )}
              </tbody>
            </table>
            {lacking !== undefined && <p className="compare-note">* {lacking}</p>}
          </>
        );
      }}
    </Panel>
  );
}
