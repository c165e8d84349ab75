import type { Viewer } from "../../domain/viewer.ts";
import { badInput } from "../../errors.ts";
import {
  type CallPlace,
  type CallsOptions,
  parseCall,
  placedDocument,
  refuseMethods,
} from "../documents/call.ts";
import type { AnswerForm } from "../graphql/answer-form.ts";
import type { ParseParams } from "../graphql/request-params.ts";
import type { Exchange, Reply, RequestHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { ORGANIZATION } from "../http/requested-organization.ts";
import type { Route } from "../http/routes.ts";
import type { Links, OpenedLink } from "../links/links.ts";
import { CHOICES, chartForm, choicesIn } from "./chart-form.ts";
import type { Pictures } from "./pictures.ts";

/** Where the picture of a document is. */
const CHART: CallPlace = { prefix: "/chart/", ending: ".svg", others: ["explain", ORGANIZATION, ...CHOICES] };

/** The parameter with a link, and what can be chosen beside it. */
const LINK = "link";
const BESIDE_LINK = [LINK, "theme"];

export interface ChartRouteOptions extends CallsOptions {
  readonly pictures: Pictures;
  /** Null: there are no links. */
  readonly links: Links | null;
  readonly respond: (exchange: Exchange, parse: ParseParams, form: AnswerForm) => Promise<Reply>;
}

/** Charts of trusted documents, for callers who authenticate, or by a link that stands in for that. */
export function chartRoute(options: ChartRouteOptions): Route {
  const { pictures, links, respond } = options;
  const opened = new WeakMap<Viewer, OpenedLink>();

  async function open(text: string): Promise<Viewer> {
    if (links === null) throw new Error("links are off");
    const link = await links.open(text);
    opened.set(link.viewer, link);
    return link.viewer;
  }

  async function linked(exchange: Exchange, { content }: OpenedLink): Promise<Reply> {
    const { list, measure, organization } = content;
    exchange.record.organization = organization;
    const choices = { ...choicesIn(parametersOf(exchange.head)), list, measure };
    const reply = await respond(
      exchange,
      parseLink(options, content, exchange),
      chartForm(pictures, choices, true),
    );
    reply.headers.set("cross-origin-resource-policy", "cross-origin");
    return reply;
  }

  return {
    path: CHART.prefix,
    description: "charts of trusted documents; /chart/NAME.svg draws the answer of one as a picture",
    kind: "graphql",
    access: "authenticated",
    authenticate({ url }) {
      const link = links !== null && url.includes(LINK) ? new URL(url).searchParams.get(LINK) : null;
      return link === null ? null : open(link);
    },
    respond(exchange) {
      const { head, record } = exchange;
      const link = opened.get(record.viewer);
      if (link !== undefined) return linked(exchange, link);
      const form = chartForm(pictures, choicesIn(parametersOf(head)), false);
      return respond(exchange, parseCall(options, record, CHART), form);
    },
  };
}

function parametersOf({ url }: RequestHead): URLSearchParams {
  return new URL(url).searchParams;
}

/** Reads the request that a link stands for. Everything but the theme is the link's, so that other parameters are rejected. */
function parseLink(
  options: CallsOptions,
  { document, variables }: OpenedLink["content"],
  { record }: Exchange,
): ParseParams {
  return ({ method, url }) => {
    refuseMethods(method, CHART);
    const { pathname, searchParams } = new URL(url);
    for (const name of searchParams.keys())
      if (!BESIDE_LINK.includes(name) || searchParams.getAll(name).length > 1)
        throw HttpError.of(
          badInput(`The link states what the picture shows; beside it only \`theme\` is read.`),
          400,
        );
    if (placedDocument(pathname, options, record.viewer, CHART).hash !== document)
      throw new HttpError("FORBIDDEN", "The link is to the picture of another document.");
    return { documentId: document, variables };
  };
}
