import { type ReactNode, useId, useState } from "react";
import { formatCount, formatDayWithYear, formatInstant } from "../charts/format.ts";
import { csvOfAnswer, type RowsPath } from "../client/csv-of-answer.ts";
import type { DocumentName, ResultOf, VariablesOf } from "../client/documents.ts";
import { FileLink } from "../client/file-link.tsx";
import { pageSettings } from "../client/page-settings.ts";
import type { AnswerError, AnswerFreshness } from "../client/run-document.ts";
import { saveFile } from "../client/save-file.ts";
import { type Retrying, useDocument } from "../client/use-document.ts";
import { workbenchLink } from "../links.ts";

/** Path of a field that stands in no list, such as `dashboard.claudeCode`. */
type FieldPath<Data> = {
  [Name in keyof Data & string]: NonNullable<Data[Name]> extends readonly unknown[]
    ? Name
    : NonNullable<Data[Name]> extends object
      ? Name | `${Name}.${FieldPath<NonNullable<Data[Name]>>}`
      : Name;
}[keyof Data & string];

export interface PanelProps<Name extends DocumentName> {
  readonly title: string;
  readonly document: Name;
  readonly variables: VariablesOf<Name>;
  /** Columns of twelve. */
  readonly span: 3 | 4 | 5 | 6 | 7 | 8 | 12;
  /** Height of the content, reserved while it loads. */
  readonly height: number;
  /** Link to the rows as a file of the gateway. */
  readonly file?: string | undefined;
  /** Where the answer has the rows, if the gateway has no file of them. */
  readonly answerRows?: RowsPath<ResultOf<Name>>;
  /** Content for an answer; null: there is nothing to show. */
  readonly children: (data: ResultOf<Name>, errors: readonly AnswerError[]) => ReactNode;
  /** The field that the content is made of, where panels share a document: errors of other fields are not of this panel. */
  readonly part?: FieldPath<ResultOf<Name>>;
  /** True for errors that the content explains itself. */
  readonly isExplained?: (error: AnswerError) => boolean;
  /** The same as a table. */
  readonly table?: (data: ResultOf<Name>) => ReactNode;
  /** Controls beside the title. */
  readonly actions?: ReactNode;
  /** Label of a button that loads the panel; without it the panel loads at once. For what takes upstream requests that few readers need. */
  readonly onDemand?: string;
  /** The panel is left out if there is nothing to show. */
  readonly isOptional?: boolean;
  /** Sentence for an answer without content. */
  readonly empty?: string;
}

/** A part of a page with its own document: it loads, fails and is retried alone. */
export function Panel<Name extends DocumentName>({
  title,
  document,
  variables,
  span,
  height,
  file,
  answerRows,
  children,
  table,
  actions,
  onDemand,
  part,
  isExplained,
  isOptional = false,
  empty = "Nothing in this period.",
}: PanelProps<Name>) {
  const [isWanted, setIsWanted] = useState(onDemand === undefined);
  const { answer, retrying, retry } = useDocument(document, isWanted ? variables : null);
  const [isTable, setIsTable] = useState(false);
  const id = useId();
  const content =
    answer?.data == null
      ? null
      : isTable && table !== undefined
        ? table(answer.data)
        : children(answer.data, answer.errors);
  const failures = answer?.errors.filter((error) => isOf(part, error) && isExplained?.(error) !== true) ?? [];
  const failure = failures.find(({ extensions }) => extensions?.code !== "FORBIDDEN") ?? failures[0];
  if (isOptional && answer !== null && content === null && failure === undefined) return null;
  return (
    <section
      className={`panel span-${span}${isWanted ? "" : " waiting"}`}
      aria-labelledby={id}
      aria-busy={isWanted && answer === null}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {actions}
        {table !== undefined && content !== null && (
          <button
            type="button"
            className="button quiet no-print"
            aria-pressed={isTable}
            onClick={() => setIsTable(!isTable)}
          >
            Table<span className="visually-hidden"> of {title}</span>
          </button>
        )}
      </header>
      <div className="panel-content" style={isWanted ? { minHeight: height } : {}}>
        {!isWanted ? (
          <button type="button" className="button no-print" onClick={() => setIsWanted(true)}>
            {onDemand}
          </button>
        ) : answer === null ? (
          <Skeleton />
        ) : (
          <>
            {failure !== undefined && (
              <Failure error={failure} retrying={retrying} retry={retry} isPartial={content !== null} />
            )}
            {content ?? (failure === undefined && <p className="empty">{empty}</p>)}
          </>
        )}
      </div>
      <footer>
        <span>{answer?.freshness != null && <AsOf freshness={answer.freshness} />}</span>
        <span className="panel-links no-print">
          {pageSettings.workbench && (
            <a href={workbenchLink(document, variables)}>
              Query<span className="visually-hidden"> of {title}</span>
            </a>
          )}
          {file !== undefined && (
            <FileLink href={file} buttonClass="link">
              CSV<span className="visually-hidden"> of {title}</span>
            </FileLink>
          )}
          {answerRows !== undefined && content !== null && answer?.data != null && (
            <button type="button" className="link" onClick={() => saveRows(title, answer.data, answerRows)}>
              CSV<span className="visually-hidden"> of {title}</span>
            </button>
          )}
        </span>
      </footer>
    </section>
  );
}

function saveRows(title: string, data: unknown, path: string): void {
  const csv = csvOfAnswer(data, path);
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  if (csv !== null) saveFile(`${name}.csv`, new Blob([csv], { type: "text/csv" }));
}

/** True for errors of a field, of what is in it, and of what it is in. */
function isOf(part: string | undefined, { path = [] }: AnswerError): boolean {
  const fields = part?.split(".") ?? [];
  return fields.every((name, i) => i >= path.length || path[i] === name);
}

function Skeleton() {
  return (
    <div className="skeleton">
      <span className="visually-hidden">Loading</span>
      <span className="skeleton-line" />
      <span className="skeleton-block" />
    </div>
  );
}

interface FailureProps {
  readonly error: AnswerError;
  readonly retrying: Retrying;
  readonly retry: () => void;
  /** The rest of the panel is shown. */
  readonly isPartial: boolean;
}

/** Codes of errors that another try does not mend. */
const LASTING = new Set([
  ...["FORBIDDEN", "NOT_CONFIGURED", "TOO_EXPENSIVE", "BAD_USER_INPUT"],
  ...["NOT_COVERED", "NOT_YET_AVAILABLE"],
]);

/** Messages of the gateway speak of queries; readers of a panel choose periods. */
const IN_PANELS: Readonly<Record<string, string>> = {
  OPERATION_TIMEOUT:
    "This takes longer than one answer may. What was read is kept; a shorter period takes less.",
  UPSTREAM_UNAVAILABLE: "Claude's analytics API does not answer for these figures at the moment.",
  TOO_EXPENSIVE:
    "This takes more upstream requests than one answer may. Choose a shorter period or a group, or take the CSV, which may make more.",
};

/** What follows the message of an error that passes. */
export const NEXT_ATTEMPT: Readonly<Record<Retrying, string>> = {
  soon: " This page tries again by itself.",
  "given-up": " This page has tried several times.",
  never: "",
};

/** The first sentence: those after it are for people who query or operate the gateway. */
function reasonIn(message: string): string {
  return message.split(/(?<=\.) /)[0] ?? message;
}

/** A time to wait, as people say it. */
function roughly(seconds: number): string {
  return seconds < 100 ? `${seconds} seconds` : `${formatCount(Math.ceil(seconds / 60))} minutes`;
}

/** An error in the words of a panel. */
function sentenceOn({ message, path, extensions = {} }: AnswerError): string {
  const { code = "", oldestDay, newestDay, dataset, done, total, retryAfter } = extensions;
  const isCompared = String(path?.at(-1) ?? "").endsWith("omparison");
  if (code === "NOT_COVERED" && oldestDay !== undefined)
    return isCompared
      ? `the period before is not compared, since these figures begin on ${formatDayWithYear(oldestDay)}.`
      : `These figures begin on ${formatDayWithYear(oldestDay)}. Choose a period that begins then or later.`;
  if (code === "NOT_YET_AVAILABLE" && newestDay !== undefined)
    return `The newest day with these figures is ${formatDayWithYear(newestDay)}. Choose an earlier period.`;
  if (code === "DIRECTORY_NOT_READY" && done !== undefined && total !== undefined && retryAfter !== undefined)
    return `${dataset === "GROUP_MEMBERS" ? "Who is in which group" : "The list of members"} is being read: ${formatCount(done)} of ${formatCount(total)} so far, about ${roughly(retryAfter)} more.`;
  return IN_PANELS[code] ?? (code === "FORBIDDEN" ? reasonIn(message) : message);
}

function Failure({ error, retrying, retry, isPartial }: FailureProps) {
  const code = error.extensions?.code ?? "";
  return (
    <div className="failure" role="status">
      <p>
        {isPartial ? (code === "FORBIDDEN" ? "Not shown: " : "Incomplete: ") : ""}
        {sentenceOn(error)}
        {NEXT_ATTEMPT[retrying]}
      </p>
      {!LASTING.has(code) && (
        <button type="button" className="button no-print" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

const STATES = { OPEN: "period not complete yet", SETTLING: "can still change", FINAL: "final" } as const;

function AsOf({ freshness: { state, refreshedAt, stale } }: { readonly freshness: AnswerFreshness }) {
  const parts = [
    ...(refreshedAt === null ? [] : [`As of ${formatInstant(refreshedAt)}`]),
    ...(state === null ? [] : [STATES[state]]),
    ...(stale ? ["older than usual"] : []),
  ];
  const text = parts.join(" · ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
