import {
  type CallToolResult,
  createMcpHandler,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
} from "@modelcontextprotocol/server";
import type { GraphQLSchema } from "graphql";
import { PERIODS } from "../../domain/period.ts";
import type { Viewer } from "../../domain/viewer.ts";
import { VERSION } from "../../version.ts";
import { nearest } from "../http/did-you-mean.ts";
import type { HttpError } from "../http/http-error.ts";
import { briefTool } from "./brief-tool.ts";
import {
  type CallOrigin,
  callTool,
  refusedCall,
  type ToolCallOptions,
  type ToolResult,
} from "./call-tool.ts";
import { guidesFor, nameInUri, TOOL_URI, TYPE_URI, typeAt } from "./guides.ts";
import { malformedParameter } from "./malformed-parameter.ts";
import type { DocumentTool, DocumentTools } from "./tools.ts";

export interface McpOptions extends ToolCallOptions {
  readonly tools: DocumentTools;
  /** The schema that a viewer may know; null where that is nothing. */
  readonly schemaFor: (viewer: Viewer) => GraphQLSchema | null;
}

/** Who an agent acts for, and how a call of it is recorded. */
export interface Agent {
  readonly viewer: Viewer;
  readonly call: <T>(signal: AbortSignal, work: (origin: CallOrigin) => Promise<T>) => Promise<T>;
}

const INSTRUCTIONS = [
  "Figures of an organization's use of Claude and what it costs. Each tool answers one question.",
  "All days are UTC; a range is `from` up to but not including `until`. Amounts are exact decimals as text: calculate with decimals, not floats.",
  `\`range\` is one of \`between\` (\`from\` and \`until\`, as YYYY-MM-DD), \`last\` (one of \`days\`, \`weeks\` and \`months\`) and \`period\` (${Object.keys(PERIODS).join(", ")}). \`first\` is the number of rows of a page, \`after\` the cursor to read on from, and \`organization\` a name that WhoAmI returns.`,
  `${TOOL_URI} is a tool with the meaning, unit and bounds of every argument and every field of its answer; types of arguments and answers are in the list of tools.`,
  "Upstream requests are scarce, some 60 a minute for the whole organization: the description of a tool says how many it makes, and `explain: true` returns the number for given arguments without making any.",
  "A result is whole, unless `page.hasNextPage` is true (read on with `page.endCursor`) or `shortened` names lists. `freshness.state` OPEN or SETTLING means that figures can still change.",
  "Do not add up over days or groups what a tool calls not additive, such as different people, chats or projects: request the range as one. Null is not zero. Read analytics://numbers before combining figures.",
].join("\n");

/** A server of the Model Context Protocol for one agent. */
export function mcpServer(options: McpOptions, { viewer, call }: Agent): Server {
  const { tools, schemaFor } = options;
  const server = new AnalyticsServer(
    { name: "claude-analytics-gateway", title: "Claude analytics gateway", version: VERSION },
    { capabilities: { tools: {}, resources: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools: tools.of(viewer).map(listed) }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const { name, arguments: given = {} } = params;
    const tool = tools.find(name, viewer);
    if (tool === undefined) throw unknownTool(name, tools.of(viewer));
    const result = await call(mcpReq.signal, async (origin) =>
      tool === null
        ? refusedCall(refusedTool(tools.refusal(name, viewer), origin), origin.record)
        : await callTool(options, tool, given, origin),
    );
    return resultOf(result);
  });
  server.setRequestHandler("resources/list", () => ({
    resources: guidesFor(schemaFor(viewer)).map(({ read: _, ...guide }) => guide),
  }));
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: schemaFor(viewer) === null ? [TOOL_TEMPLATE] : [TOOL_TEMPLATE, TYPE_TEMPLATE],
  }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const tool = tools.find(nameInUri(uri, TOOL_URI) ?? "", viewer);
    if (tool) return { contents: [{ uri, mimeType: TOOL_TEMPLATE.mimeType, text: wholeTool(tool) }] };
    const schema = schemaFor(viewer);
    const guide = guidesFor(schema).find((each) => each.uri === uri);
    const text = guide?.read() ?? typeAt(uri, schema);
    if (text === null) throw new ResourceNotFoundError(uri.slice(0, MAX_NAME));
    return { contents: [{ uri, mimeType: guide?.mimeType ?? TYPE_TEMPLATE.mimeType, text }] };
  });
  return server;
}

/** Rejects parameters that are malformed in a sentence: the SDK answers with the text of its schema validator. */
class AnalyticsServer extends Server {
  protected override _wrapHandler(...[method, handler]: Parameters<Server["_wrapHandler"]>) {
    const wrapped = super._wrapHandler(method, handler);
    return async (...[request, context]: Parameters<typeof wrapped>) => {
      const fault = malformedParameter(method, request.params ?? {});
      if (fault !== null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, fault);
      return wrapped(request, context);
    };
  }
}

const TYPE_TEMPLATE = {
  uriTemplate: TYPE_URI,
  name: "type",
  description: "One type of the schema.",
  mimeType: "application/graphql",
};

const TOOL_TEMPLATE = {
  uriTemplate: TOOL_URI,
  name: "tool",
  description: "One tool, with the meaning of every argument and every field of its answer.",
  mimeType: "application/json",
};

function wholeTool({ name, description, inputSchema, outputSchema }: DocumentTool): string {
  return JSON.stringify({ name, description, inputSchema, outputSchema });
}

const MAX_NAME = 100;

/** A tool that makes no change, so that calling it again is harmless as well. */
function listed(tool: DocumentTool) {
  return { ...briefTool(tool), annotations: { readOnlyHint: true, openWorldHint: false } };
}

function resultOf({ isError, text, content }: ToolResult): CallToolResult {
  return { content: [{ type: "text", text }], structuredContent: content, isError };
}

function unknownTool(name: string, known: readonly DocumentTool[]): ProtocolError {
  const names = known.map((each) => each.name);
  const hint = names.length === 0 ? "there is no tool for you." : nearest(name, names);
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool \`${name.slice(0, MAX_NAME)}\`: ${hint}`,
  );
}

/** The refusal of a tool that is not listed for a viewer. */
function refusedTool(refusal: HttpError, { record }: CallOrigin): HttpError {
  record.kind = "graphql";
  record.codes.add("FORBIDDEN");
  return refusal;
}

/** Answers one message over streamable HTTP, without a session. */
export function answerMessage(
  options: McpOptions,
  agent: Agent,
  request: globalThis.Request,
  message: unknown,
): Promise<globalThis.Response> {
  const handler = createMcpHandler(() => mcpServer(options, agent), { maxSubscriptions: 0, keepAliveMs: 0 });
  return handler.fetch(request, { parsedBody: message });
}
