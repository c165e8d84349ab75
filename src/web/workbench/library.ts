import { Kind, type OperationDefinitionNode, parse } from "graphql";

/** A query that a reader can choose by its question. */
export interface LibraryQuery {
  readonly name: string;
  /** The question that it answers: the first sentence of the comment above it. */
  readonly question: string;
  /** The other sentences of the comment. */
  readonly notes: string;
  /** Upstream requests of a first run without stored figures; null: not stated. */
  readonly requests: number | null;
  readonly subject: LibrarySubject;
  readonly text: string;
}

export const LIBRARY_SUBJECTS = [
  "Spend",
  "People and adoption",
  "Teams and groups",
  "Claude.ai",
  "Claude Code",
  "Tokens and API keys",
  "Skills, connectors and projects",
  "Gateway",
] as const;

export type LibrarySubject = (typeof LIBRARY_SUBJECTS)[number];

/** Subjects by the first field that a query selects, or by the first field of the dashboard. */
const SUBJECT_OF: Readonly<Record<string, LibrarySubject>> = {
  cost: "Spend",
  combinedCost: "Spend",
  costProjection: "Spend",
  unitCost: "Spend",
  reconciliation: "Spend",
  invoiceComparison: "Spend",
  revisions: "Spend",
  alerts: "Spend",
  budgets: "Spend",
  spendLimits: "Spend",
  spendLimitRequests: "Spend",
  "dashboard.spend": "Spend",
  users: "People and adoption",
  user: "People and adoption",
  activity: "People and adoption",
  idleSeats: "People and adoption",
  "dashboard.usage": "People and adoption",
  "dashboard.featureAdoption": "People and adoption",
  teams: "Teams and groups",
  team: "Teams and groups",
  groups: "Teams and groups",
  group: "Teams and groups",
  activityByGroup: "Teams and groups",
  "dashboard.claudeAi": "Claude.ai",
  claudeCode: "Claude Code",
  claudeCodeRecords: "Claude Code",
  claudeCodePeople: "Claude Code",
  "dashboard.claudeCode": "Claude Code",
  usage: "Tokens and API keys",
  apiKeys: "Tokens and API keys",
  rateLimits: "Tokens and API keys",
  skills: "Skills, connectors and projects",
  connectors: "Skills, connectors and projects",
  projects: "Skills, connectors and projects",
  plugins: "Skills, connectors and projects",
  artifacts: "Skills, connectors and projects",
};

/** Reads a file of the query library. */
export function readLibraryQuery(text: string): LibraryQuery {
  const operation = parse(text).definitions.find(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  const comment = (/^(?:#.*\n)+/.exec(text)?.[0] ?? "").replaceAll(/^# ?/gm, "");
  const [about = "", cost] = comment.split(/^Upstream requests: /m);
  const sentences = about.trim().replaceAll(/\s+/g, " ");
  const end = /[?.](?= |$)/.exec(sentences)?.index ?? sentences.length;
  const requests = /^\d+/.exec(cost ?? "")?.[0];
  return {
    name: operation?.name?.value ?? "",
    question: sentences.slice(0, end + 1),
    notes: sentences.slice(end + 1).trim(),
    requests: requests === undefined ? null : Number(requests),
    subject: subjectOf(operation),
    text,
  };
}

function subjectOf(operation: OperationDefinitionNode | undefined): LibrarySubject {
  const [field] = fieldsOf(operation);
  const [inner] = field === undefined ? [] : fieldsOf(field);
  return subjectOfPath([field, inner].flatMap((each) => each?.name.value ?? []));
}

/** The subject of a query that selects a path from the root. */
export function subjectOfPath([field = "", inner = ""]: readonly string[]): LibrarySubject {
  return SUBJECT_OF[`${field}.${inner}`] ?? SUBJECT_OF[field] ?? "Gateway";
}

function fieldsOf(
  node: { readonly selectionSet?: OperationDefinitionNode["selectionSet"] | undefined } | undefined,
) {
  return (node?.selectionSet?.selections ?? []).filter((each) => each.kind === Kind.FIELD);
}
