import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useId, useMemo, useState } from "react";
import { dayAfter, formatRange } from "../../charts/format.ts";
import { pageSettings } from "../../client/page-settings.ts";
import { fetchFacts } from "../gateway-fetcher.ts";
import { LIBRARY_SUBJECTS, subjectOfPath } from "../library.ts";
import { useOpenQuery } from "../use-tabs.ts";
import { chooseBuild, loadFacts, useBuilderState } from "./builder-state.ts";
import { type BuildChoice, beginChoice, chosenMeasures, isSeries } from "./choice.ts";
import type { GatewayFacts } from "./datasets.ts";
import { buildDefinition, examplesIn, firstSentences, LegalOptions, labelOf, legalChoice } from "./legal.ts";
import { ChoiceList, OptionList } from "./option-list.tsx";
import { PlanLine } from "./plan-line.tsx";
import { queryOf } from "./query.ts";
import { type BuildSubject, subjectsOf, wordsOf } from "./subjects.ts";

/** Builds a query from choices, of which only those are offered that the gateway can answer together. */
export function BuilderPane() {
  const { schema } = useGraphiQL(pick("schema"));
  const subjects = useMemo(() => (schema ? subjectsOf(schema) : []), [schema]);
  const { choice, facts, failure } = useBuilderState();
  const subject = subjects.find(({ name }) => name === choice?.subject) ?? subjects[0];
  return (
    <div className="pane builder">
      <h2>Build a query</h2>
      {failure !== null ? (
        <>
          <p role="alert">{failure}</p>
          <div className="row">
            <button type="button" className="button" onClick={() => void loadFacts()}>
              Try again
            </button>
          </div>
        </>
      ) : facts === null || subject === undefined ? (
        <p role="status" className="muted">
          Reading which figures there are …
        </p>
      ) : (
        <Builder
          subjects={subjects}
          subject={subject}
          facts={facts}
          choice={legalChoice(
            subject,
            choice !== null && choice.subject === subject.name ? choice : beginChoice(subject, choice, facts),
            facts,
          )}
        />
      )}
    </div>
  );
}

interface BuilderProps {
  readonly subjects: readonly BuildSubject[];
  readonly subject: BuildSubject;
  readonly facts: GatewayFacts;
  readonly choice: BuildChoice;
}

function Builder({ subjects, subject, facts, choice }: BuilderProps) {
  const id = useId();
  const legal = new LegalOptions(subject, choice, facts);
  const choose = (more: Partial<BuildChoice>) => chooseBuild({ ...choice, ...more });
  const organizations = legal.organizations();
  const { arguments: args } = subject;
  const query = queryOf(subject, choice, facts);
  const problem = legal.refusal ?? legal.refusalOfRange(choice.range);
  return (
    <>
      <div className="builder-part">
        <label htmlFor={id}>Figures</label>
        <select
          id={id}
          className="field wide"
          value={subject.name}
          onChange={({ target }) => {
            const next = subjects.find(({ name }) => name === target.value);
            if (next !== undefined) chooseBuild(legalChoice(next, beginChoice(next, choice, facts), facts));
          }}
        >
          {LIBRARY_SUBJECTS.map((each) => (
            <SubjectGroup key={each} label={each} subjects={subjects} />
          ))}
        </select>
        <p className="view-note">{firstSentences(subject.description, 1)}</p>
      </div>
      {organizations.length > 1 && (
        <ChoiceList
          label="Organization"
          options={organizations}
          value={choice.organization ?? facts.organizations[0] ?? ""}
          onChoose={(organization) => chooseBuild(legalChoice(subject, { ...choice, organization }, facts))}
        />
      )}
      <OptionList
        key={`measures ${subject.name}`}
        legend="Measures"
        options={legal.measures()}
        chosen={choice.measures}
        onChoose={(measures) => choose({ measures })}
      />
      <Definitions subject={subject} choice={choice} />
      {args.groupBy !== null && (
        <OptionList
          key={`dimensions ${subject.name}`}
          legend="Split by"
          options={legal.dimensions()}
          chosen={choice.dimensions}
          onChoose={(dimensions) => chooseBuild(legalChoice(subject, { ...choice, dimensions }, facts))}
        />
      )}
      {args.bucket !== null && (
        <ChoiceList
          label="Over time"
          options={legal.buckets()}
          value={choice.bucket ?? ""}
          onChoose={(bucket) => chooseBuild(legalChoice(subject, { ...choice, bucket }, facts))}
        />
      )}
      <RangePart legal={legal} choice={choice} onChoose={choose} />
      <ComparisonPart legal={legal} choice={choice} onChoose={choose} />
      <FilterPart key={`filter ${subject.name}`} legal={legal} choice={choice} onChoose={choose} />
      <TopPart legal={legal} choice={choice} onChoose={choose} />
      <Outcome query={query} problem={choice.measures.length === 0 ? "Choose a measure." : problem} />
    </>
  );
}

function SubjectGroup({
  label,
  subjects,
}: {
  readonly label: string;
  readonly subjects: readonly BuildSubject[];
}) {
  const own = subjects.filter(({ path }) => subjectOfPath(path.map(({ name }) => name)) === label);
  if (own.length === 0) return null;
  return (
    <optgroup label={label}>
      {own.map(({ name, path }) => (
        <option key={name} value={name}>
          {path
            .map((each) => each.name)
            .filter((each) => each !== "dashboard")
            .map((each, i) => (i === 0 ? wordsOf(each) : wordsOf(each).toLowerCase()))
            .join(" · ")}
        </option>
      ))}
    </optgroup>
  );
}

/** Definitions of the chosen measures, from the schema. */
function Definitions({ subject, choice }: { readonly subject: BuildSubject; readonly choice: BuildChoice }) {
  const chosen = chosenMeasures(subject, choice).slice(0, 3);
  return chosen.map((measure) => (
    <p key={measure.name} className="view-note">
      <strong>{labelOf(measure)}.</strong> {firstSentences(buildDefinition(measure), 2)}
    </p>
  ));
}

interface PartProps {
  readonly legal: LegalOptions;
  readonly choice: BuildChoice;
  readonly onChoose: (more: Partial<BuildChoice>) => void;
}

const CUSTOM = "custom";

function RangePart({ legal, choice: { range }, onChoose }: PartProps) {
  const span = legal.span();
  const { earliest, latest } = legal.days();
  const id = useId();
  const isCustom = "between" in range;
  const limits = { min: earliest ?? undefined, max: latest ?? undefined };
  return (
    <>
      <ChoiceList
        label="Days"
        options={legal.periods()}
        value={isCustom ? CUSTOM : range.period}
        extra={{ value: CUSTOM, label: "Custom days" }}
        onChoose={(value) =>
          onChoose({
            range: value !== CUSTOM ? { period: value } : { between: span ?? { from: "", until: "" } },
          })
        }
      />
      {!isCustom && span !== null && <p className="view-note">{formatRange(span)}</p>}
      {isCustom && (
        <div className="builder-days">
          <div className="builder-part">
            <label htmlFor={`${id}-from`}>First day</label>
            <input
              id={`${id}-from`}
              className="field"
              type="date"
              {...limits}
              value={range.between.from}
              onChange={({ target }) =>
                target.value !== "" &&
                onChoose({ range: { between: { ...range.between, from: target.value } } })
              }
            />
          </div>
          <div className="builder-part">
            <label htmlFor={`${id}-last`}>Last day</label>
            <input
              id={`${id}-last`}
              className="field"
              type="date"
              {...limits}
              value={dayAfter(range.between.until, -1)}
              onChange={({ target }) =>
                target.value !== "" &&
                onChoose({ range: { between: { ...range.between, until: dayAfter(target.value, 1) } } })
              }
            />
          </div>
        </div>
      )}
    </>
  );
}

/** The period that rows are compared with. */
function ComparisonPart({ legal, choice: { compare }, onChoose }: PartProps) {
  const options = legal.comparisons();
  if (options.length === 0) return null;
  const before = compare === null ? null : legal.spanBefore(compare);
  return (
    <>
      <ChoiceList
        label="Compare with"
        options={options}
        value={compare ?? ""}
        extra={{ value: "", label: "Nothing" }}
        onChoose={(value) => onChoose({ compare: value === "" ? null : value })}
      />
      {before !== null && (
        <p className="view-note">
          {before.from < before.until ? formatRange(before) : "That month has none of these days."}
        </p>
      )}
    </>
  );
}

interface GroupName {
  readonly groupId: string;
  readonly name: string | null;
}

interface GroupNames {
  readonly nodes: readonly GroupName[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

const GROUPS_QUERY = `query BuilderGroups {
  groups(first: ${Math.min(1_000, pageSettings.maxFirst)}) { nodes { groupId name } pageInfo { hasNextPage } }
}`;

const NO_GROUPS: GroupNames = { nodes: [], pageInfo: { hasNextPage: false } };

/** A list of the filter with its values: groups by their names, anything else as text. */
function FilterPart({ legal, choice: { filter }, onChoose }: PartProps) {
  const id = useId();
  const [groups, setGroups] = useState<GroupNames>(NO_GROUPS);
  const options = legal.filters();
  const isOfGroups = filter?.list === "groups";
  useEffect(() => {
    if (!isOfGroups) return;
    void fetchFacts(GROUPS_QUERY).then(
      ({ data }) => setGroups((data as { groups: GroupNames | null } | null)?.groups ?? NO_GROUPS),
      () => setGroups(NO_GROUPS),
    );
  }, [isOfGroups]);
  if (options.length === 0) return null;
  const chosen = options.find(({ value }) => value === filter?.list);
  const setValues = (values: readonly string[]) =>
    filter !== null && onChoose({ filter: { ...filter, values } });
  return (
    <>
      <ChoiceList
        label="Only"
        options={options}
        value={filter?.list ?? ""}
        extra={{ value: "", label: "Everything" }}
        onChoose={(list) => onChoose({ filter: list === "" ? null : { list, values: [] } })}
      />
      {filter !== null && isOfGroups && groups.nodes.length > 0 ? (
        <div className="builder-part">
          <label htmlFor={id}>Group</label>
          <select
            id={id}
            className="field wide"
            value={filter.values[0] ?? ""}
            onChange={({ target }) => setValues(target.value === "" ? [] : [target.value])}
          >
            <option value="">All groups</option>
            {groups.nodes.map(({ groupId, name }) => (
              <option key={groupId} value={groupId}>
                {name ?? groupId}
              </option>
            ))}
            {groups.pageInfo.hasNextPage && <option disabled>Further groups are not listed</option>}
          </select>
        </div>
      ) : (
        filter !== null && (
          <div className="builder-part">
            <label htmlFor={id}>{chosen?.label ?? filter.list}, with commas between them</label>
            <input
              id={id}
              className="field wide"
              spellCheck={false}
              autoComplete="off"
              placeholder={examplesIn(chosen?.description ?? "")
                .slice(0, 3)
                .join(", ")}
              aria-describedby={`${id}-note`}
              defaultValue={filter.values.join(", ")}
              onChange={({ target }) =>
                setValues(target.value.split(",").flatMap((each) => each.trim() || []))
              }
            />
            <p id={`${id}-note`} className="view-note">
              {firstSentences(chosen?.description ?? "", 2)}
            </p>
          </div>
        )
      )}
    </>
  );
}

/** Rows of a ranking, or groups of a series. */
function TopPart({ legal, choice, onChoose }: PartProps) {
  const id = useId();
  const refusal = legal.refusalOfTop;
  const ofGroups = isSeries(legal.subject, choice);
  return (
    <div className="builder-part">
      <label htmlFor={id}>{ofGroups ? "Largest groups" : "Largest rows"}</label>
      <input
        id={id}
        className="field"
        type="number"
        min={1}
        max={1000}
        placeholder="All"
        disabled={refusal !== null}
        aria-describedby={`${id}-note`}
        value={choice.top ?? ""}
        onChange={({ target }) => {
          const count = Math.min(1_000, Math.floor(Number(target.value)));
          onChoose({ top: count >= 1 ? count : null });
        }}
      />
      <p id={`${id}-note`} className="view-note">
        {refusal ?? (ofGroups ? "The others are one group, “Other”." : "")}
      </p>
    </div>
  );
}

/** Cost of the query, and the buttons that open it. */
function Outcome({ query, problem }: { readonly query: string; readonly problem: string | null }) {
  const open = useOpenQuery();
  const { run } = useGraphiQLActions();
  const { queryEditor } = useGraphiQL(pick("queryEditor"));
  const isReady = problem === null && queryEditor !== undefined; // a tab needs the editor, which is loaded apart
  const openQuery = () => open({ query, variables: "" });
  return (
    <div className="builder-outcome">
      {problem === null ? (
        <PlanLine query={query} />
      ) : (
        <p role="status" className="builder-cost over">
          {problem}
        </p>
      )}
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={!isReady}
          onClick={() => {
            openQuery();
            run();
          }}
        >
          Run
        </button>
        <button type="button" className="button" disabled={!isReady} onClick={openQuery}>
          Open in the editor
        </button>
      </div>
    </div>
  );
}
