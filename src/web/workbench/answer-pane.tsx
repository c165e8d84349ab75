import { isMacOs, pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useId, useState } from "react";
import { answerLine, formatPath } from "./answer-line.ts";
import { type AnswerView, ViewPanel, ViewTabs } from "./answer-views.tsx";
import { planLine } from "./builder/plan-line.tsx";
import { answerByText, fetchPlan } from "./gateway-fetcher.ts";
import { useCurrentQuery } from "./use-tabs.ts";

const HINT = `Nothing has run yet. Run the query with the blue button or ${isMacOs ? "⌘" : "Ctrl"}-Enter, or choose a question of the library.`;

/** Line about the answer of the open tab, its errors, the plan of its query, and the answer in other forms than JSON. */
export function AnswerPane() {
  const { tabs, activeTabIndex } = useGraphiQL(pick("tabs", "activeTabIndex"));
  const response = tabs[activeTabIndex]?.response ?? "";
  const answer = answerByText(response);
  const errors = answer?.body.errors ?? [];
  const [view, setView] = useState<AnswerView>("JSON");
  const [plan, setPlan] = useState({ response: "", line: "" });
  const id = useId();
  return (
    <div className="answer" data-view={view}>
      <div className="row">
        <ViewTabs id={id} view={view} onChoose={setView} />
        <PlanButton
          onPlan={(shown) => {
            setPlan(shown);
            setView("JSON");
          }}
        />
      </div>
      <p className="answer-line" role="status">
        {answer !== null && answerLine(answer).join(" · ")}
        {answer === null && response === "" && view === "JSON" && HINT}
        {answer === null && response !== "" && response === plan.response && plan.line}
      </p>
      {errors.length > 0 && (
        <ul className="answer-errors" aria-label="Errors">
          {errors.map(({ message, path, extensions }) => (
            <li key={`${path?.join(".")} ${message}`}>
              {path !== undefined && <code>{formatPath(path)}</code>} {message}
              {extensions?.code !== undefined && <span className="muted"> {extensions.code}</span>}
            </li>
          ))}
        </ul>
      )}
      <ViewPanel id={id} view={view} answer={answer} />
    </div>
  );
}

/** Shows what the open query would request, without running it. */
function PlanButton({
  onPlan,
}: {
  /** Is called with the plan as the response of the tab, and the line about it. */
  readonly onPlan: (plan: { readonly response: string; readonly line: string }) => void;
}) {
  const current = useCurrentQuery();
  const { responseEditor } = useGraphiQL(pick("responseEditor"));
  const { updateActiveTabValues } = useGraphiQLActions();
  const [failure, setFailure] = useState("");
  const explain = async () => {
    const { query, variables } = current();
    try {
      const plan = await fetchPlan({
        query,
        variables: variables.trim() === "" ? {} : JSON.parse(variables),
      });
      const response = JSON.stringify(plan, null, 2);
      responseEditor?.setValue(response);
      updateActiveTabValues({ response }); // the line above it is no longer about the answer before
      setFailure("");
      onPlan({ response, line: planLine(plan).text });
    } catch {
      setFailure("The variables are not JSON, or the gateway did not answer.");
    }
  };
  return (
    <>
      {failure !== "" && <span role="status">{failure}</span>}
      <button type="button" className="button quiet" onClick={() => void explain()}>
        Explain cost
      </button>
    </>
  );
}
