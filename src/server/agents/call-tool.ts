import { badInput } from "../../errors.ts";
import type { RequestLimits } from "../../settings/limits.ts";
import type { AnswerForm } from "../graphql/answer-form.ts";
import type { ParseParams } from "../graphql/request-params.ts";
import { refusedBy } from "../graphql/translate-errors.ts";
import { nearest } from "../http/did-you-mean.ts";
import type { Exchange, Reply } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { boundRequest } from "../limits/bound.ts";
import { type RequestedPage, type ToolAnswer, toolForm } from "./tool-form.ts";
import type { DocumentTool } from "./tools.ts";

export interface ToolCallOptions {
  readonly limits: RequestLimits;
  /** Maximum size of the data of an answer. */
  readonly maxBytes: number;
  readonly respond: (exchange: Exchange, parse: ParseParams, form: AnswerForm) => Promise<Reply>;
  readonly onFault: (fault: unknown) => void;
}

/** The request that a call is part of, and the signal that ends it. */
export interface CallOrigin {
  readonly record: RequestRecord;
  readonly signal: AbortSignal;
}

/** The result of a call, for its agent. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly content: Readonly<Record<string, unknown>>;
}

type Arguments = Readonly<Record<string, unknown>>;

/** Calls the document of a tool through the pipeline of `/graphql`, as the caller of a request. */
export async function callTool(
  options: ToolCallOptions,
  tool: DocumentTool,
  given: Arguments,
  { record, signal }: CallOrigin,
): Promise<ToolResult> {
  record.kind = "graphql";
  try {
    const { variables, page, organization, isExplained } = readArguments(tool, given, options.limits);
    record.organization = organization;
    const body = Buffer.from(
      JSON.stringify({ documentId: tool.document.hash, variables, page, organization }),
    );
    const exchange = exchangeOf(record, signal, body, isExplained);
    const parse: ParseParams = () => ({ documentId: tool.document.hash, variables });
    const reply = await options.respond(exchange, parse, toolForm(options.maxBytes, page));
    const answer = JSON.parse(Buffer.from(reply.body ?? []).toString());
    return isExplained ? planOf(answer, record) : answerOf(answer, record);
  } catch (fault) {
    return refusedCall(refusedBy(fault, record, options.onFault), record);
  }
}

/** The result of a call that is refused. */
export function refusedCall({ code, message, details }: HttpError, record: RequestRecord): ToolResult {
  return failedCall(code, message, details, record);
}

/** Variables of the document are arguments to the agent. */
function failedCall(code: string, message: string, details: object, { spent }: RequestRecord): ToolResult {
  const named = message.replace(/^Variable "\$_*/, 'Argument "');
  const error = { code, message: named, ...details };
  return { isError: true, text: `${code}: ${named}`, content: { error, upstream: spent } };
}

function readArguments(tool: DocumentTool, given: Arguments, limits: RequestLimits) {
  const names = Object.keys(tool.inputSchema.properties as object);
  for (const name of Object.keys(given))
    if (!names.includes(name))
      throw HttpError.of(
        badInput(`Unknown argument \`${name.slice(0, 100)}\` of ${tool.name}: ${nearest(name, names)}`),
      );
  const own = (name: string | null) =>
    name !== null && given[name] !== undefined && given[name] !== null ? given[name] : undefined;
  const explain = own(tool.explain);
  if (explain !== undefined && typeof explain !== "boolean")
    throw HttpError.of(badInput("`explain` is true or false."));
  const organization = own(tool.organization) ?? null;
  if (organization !== null && typeof organization !== "string")
    throw HttpError.of(badInput("`organization` is the name of an organization."));
  const [first, after] = [own(tool.first), own(tool.after)];
  const page: RequestedPage = {
    ...(first === undefined ? {} : { first }),
    ...(after === undefined ? {} : { after }),
  };
  boundRequest({ variables: page }, limits);
  const variables = Object.fromEntries(
    Object.entries(given).filter(([name]) => tool.variables.includes(name)),
  );
  return { variables, page, organization, isExplained: explain === true };
}

/** A request for GraphQL within another request. */
function exchangeOf(
  record: RequestRecord,
  signal: AbortSignal,
  body: Buffer,
  isExplained: boolean,
): Exchange {
  const headers = new Map([["content-type", "application/json"]]);
  if (isExplained) headers.set("explain", "1");
  return {
    head: {
      method: "POST",
      url: "http://localhost/mcp",
      headers: { get: (name) => headers.get(name) ?? null, has: (name) => headers.has(name) },
    },
    record,
    readBody: async () => body,
    leaving: () => signal,
  };
}

function answerOf(
  { data, page, shortened, freshness, warnings }: ToolAnswer,
  { spent }: RequestRecord,
): ToolResult {
  const content = {
    data,
    ...(page === undefined ? {} : { page }),
    ...(shortened === undefined ? {} : { shortened }),
    freshness,
    ...(warnings.length > 0 ? { warnings } : {}),
    upstream: spent,
  };
  return { isError: false, text: JSON.stringify(content), content };
}

interface PlanAnswer {
  readonly errors?: readonly [{ readonly message: string; readonly extensions: { readonly code: string } }];
  readonly extensions?: { readonly plan?: object };
}

/** The plan comes in the form of GraphQL, which has errors beside it. */
function planOf({ errors, extensions }: PlanAnswer, record: RequestRecord): ToolResult {
  const [error] = errors ?? [];
  if (error !== undefined) {
    const { code, ...details } = error.extensions;
    return failedCall(code, error.message, details, record);
  }
  const content = { plan: extensions?.plan ?? {}, upstream: record.spent };
  return { isError: false, text: JSON.stringify(content), content };
}
