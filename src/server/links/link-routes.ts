import type { RequestLimits } from "../../settings/limits.ts";
import { bodyOf, checkContent } from "../graphql/request-params.ts";
import type { Exchange } from "../http/exchange.ts";
import { HttpError, JSON_TYPE } from "../http/http-error.ts";
import { MalformedBody, readBody } from "../http/json-body.ts";
import type { Route } from "../http/routes.ts";
import type { Callers } from "../limits/callers.ts";
import type { Links } from "./links.ts";

const PATH = "/links";

export interface LinkRoutesOptions {
  readonly links: Links;
  readonly callers: Callers;
  readonly limits: RequestLimits;
}

/** The routes by which callers make links to pictures, and revoke them. */
export function linkRoutes({ links, callers, limits }: LinkRoutesOptions): readonly Route[] {
  async function make(exchange: Exchange): Promise<Response> {
    const { head, record } = exchange;
    await callers.enter(record.caller);
    checkContent(head, limits);
    const made = await links.make(jsonOf(await bodyOf(exchange, limits)), record.viewer);
    record.link = made.id;
    return new Response(JSON.stringify(made), { status: 201, headers: JSON_TYPE });
  }

  async function revoke({ head, record }: Exchange): Promise<Response> {
    await callers.enter(record.caller);
    const id = new URL(head.url).pathname.slice(PATH.length + 1);
    await links.revoke(id, record.viewer);
    record.link = id;
    return new Response(null, { status: 204 });
  }

  return [
    {
      path: PATH,
      description: "links to pictures, made by POST; DELETE /links/ID revokes one",
      kind: "link",
      access: "authenticated",
      check: ({ method }) => only("POST", method, "Make links with POST /links."),
      respond: make,
    },
    {
      path: `${PATH}/`,
      description: null,
      kind: "link",
      access: "authenticated",
      check: ({ method }) => only("DELETE", method, "Revoke links with DELETE /links/ID."),
      respond: revoke,
    },
  ];
}

function only(allowed: string, method: string, message: string): void {
  if (method !== allowed)
    throw new HttpError("BAD_REQUEST", message, { status: 405, headers: { allow: allowed } });
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return readBody(body);
  } catch (fault) {
    if (fault instanceof MalformedBody) throw new HttpError("BAD_REQUEST", fault.message);
    throw fault;
  }
}
