import type { Instant } from "../domain/day.ts";
import type { Credential } from "./credential.ts";
import { cursorOf, placeOf } from "./cursor.ts";
import { type Answer, type Endpoint, type Paging, Refusal, type Request } from "./endpoint.ts";
import { limitOf, pageAt, pageById, whole } from "./page.ts";
import type { CheckedQuery } from "./query.ts";
import { watermarkAt } from "./reports/question.ts";

/** A request that has been checked, with what its cursors are bound to. */
export interface CheckedRequest extends Omit<Request, "query"> {
  readonly query: CheckedQuery;
  readonly organization: string;
  readonly credential: Credential;
}

/** Returns the body that answers a request, in the paging style of its endpoint. */
export function pagedAnswer(endpoint: Endpoint, request: CheckedRequest): object {
  const { paging } = endpoint;
  const { query, now: clock } = request;
  const ask = (now: Instant): Answer => endpoint.answer({ ...request, now });
  if (paging.style === "object" || paging.style === "whole") return wholeBody(ask(clock));
  if (paging.style === "id") {
    const answer = ask(clock);
    return "body" in answer
      ? answer.body
      : { ...answer.envelope, ...pageById(answer, query, limitOf(paging.limit, query)) };
  }
  const limit = limitOf(paging.limit, query);
  if (paging.style === "token" && paging.pagedWith !== undefined && !query.has(paging.pagedWith)) {
    if (query.has("page")) throw new Refusal(400, `page: only together with ${paging.pagedWith}`);
    return wholeBody(ask(clock));
  }
  return pageByCursor(ask, paging, limit, bindingOf(endpoint, request), request);
}

function wholeBody(answer: Answer): object {
  return "body" in answer ? answer.body : whole(answer);
}

/** Returns the text that a cursor is bound to: the sender and the query. */
function bindingOf({ path: template, paging }: Endpoint, request: CheckedRequest): string {
  const { organization, credential, path, query, version } = request;
  const bound = [organization, credential.organization, template, path, query.allBut("page")];
  return JSON.stringify(
    paging.style === "token" && paging.bindsVersion === true ? [...bound, version] : bound,
  );
}

function pageByCursor(
  ask: (now: Instant) => Answer,
  paging: Extract<Paging, { readonly style: "token" | "report" }>,
  limit: number,
  binding: string,
  { query, now: clock }: CheckedRequest,
): object {
  const cursor = query.text("page");
  const place = cursor === undefined ? { offset: 0, now: clock } : placeOf(cursor, binding);
  if (paging.style === "report" && paging.expires && watermarkAt(place.now) !== watermarkAt(clock)) {
    throw new Refusal(410, "This page cursor is no longer valid; restart from the first page");
  }
  const answer = ask(place.now);
  if ("body" in answer) return answer.body;
  const { data, end, more } = pageAt(answer, place.offset, limit);
  return {
    ...answer.envelope,
    data,
    ...(paging.style === "report" ? { has_more: more } : {}),
    next_page: more ? cursorOf({ offset: end, now: place.now }, binding) : null,
  };
}
