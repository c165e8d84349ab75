import type { Config } from "../../../config.ts";
import type { Dataset } from "../../../domain/dataset.ts";
import type { Instant } from "../../../domain/day.ts";
import { GatewayError } from "../../../errors.ts";
import type { Endpoint } from "../../../upstream/endpoint.ts";
import { WireError } from "../../../upstream/http/wire.ts";
import { decodePage } from "../../../upstream/pages/page.ts";
import { canonicalPath } from "../../../upstream/pages/path.ts";
import { isUnreachable, openProbe, type ProbeOptions } from "../probe.ts";
import { compareShape, type ShapeDifference } from "./compare.ts";
import { publicNames } from "./public-names.ts";
import { CONTRACT_QUESTIONS, type ContractQuestion } from "./questions.ts";
import type { ContractShapes, Shape } from "./shape.ts";

/** One endpoint compared with the contract. */
export interface EndpointReport {
  readonly dataset: Dataset;
  /** Path of the contract, with names of parameters in place of ids. */
  readonly path: string;
  /** Null: the endpoint gave no answer to compare. */
  readonly differences: readonly ShapeDifference[] | null;
  /** Why it gave no answer, as the code of an error and the HTTP status, or `NO_ID`: the path needs an id, and a list without rows has none; `NOT_ASKED`: upstream cannot be reached. */
  readonly why: string | null;
  /** Place at which the gateway cannot read the answer, and what it expects there; null: it can. */
  readonly unreadable: string | null;
}

export interface ContractReport {
  readonly endpoints: readonly EndpointReport[];
  readonly requests: number;
}

/** Returns the questions for the keys that are set; none without keys. */
export function questionsFor({ sandbox, tenants }: Config): readonly ContractQuestion[] {
  const isOpen = ({ key }: ContractQuestion) => tenants.some(({ credentials }) => credentials[key] !== null);
  return sandbox === null ? CONTRACT_QUESTIONS.filter(isOpen) : [];
}

/** Asks each endpoint once, at most at half of the minute, and compares what comes with the contract. */
export async function compareContract(
  config: Config,
  { store, now }: Pick<ProbeOptions, "store" | "now">,
): Promise<ContractReport> {
  const questions = questionsFor(config);
  const { app, outages, requests } = openProbe(config, { store, now, most: questions.length });
  const asker = { signal: new AbortController().signal, priority: "warm", unbounded: true } as const;
  const moment = { now: now(), ids: new Map<Dataset, string>() };
  const contract = await contractShapes();
  const endpoints: EndpointReport[] = [];
  for (const { dataset, ask } of questions) {
    if (outages.some(isUnreachable)) {
      endpoints.push(notCompared(dataset, "", "NOT_ASKED"));
      continue;
    }
    const isAsked = await ask(async (endpoint, params) => {
      try {
        const { body } = await app.answer(asker, endpoint, params);
        const { rows, report } = reportOf(contract, endpoint, params, body, now());
        endpoints.push(report);
        return rows;
      } catch (fault) {
        if (!(fault instanceof GatewayError)) throw fault;
        endpoints.push(notCompared(dataset, templateOf(contract, endpoint, params).path, causeOf(fault)));
        return [];
      }
    }, moment);
    if (!isAsked) endpoints.push(notCompared(dataset, "", "NO_ID"));
  }
  await app.dispose();
  return { endpoints, requests: requests() };
}

async function contractShapes(): Promise<ContractShapes> {
  const { default: shapes } = await import("./shapes.json", { with: { type: "json" } });
  return shapes as ContractShapes;
}

function notCompared(dataset: Dataset, path: string, why: string): EndpointReport {
  return { dataset, path, differences: null, why, unreadable: null };
}

function causeOf({ code, details }: GatewayError): string {
  return [details.reason ?? code, ...(details.status === undefined ? [] : [details.status])].join(" ");
}

function reportOf<P, Row>(
  contract: ContractShapes,
  endpoint: Endpoint<P, Row>,
  params: P,
  text: string,
  now: Instant,
): { readonly rows: readonly Row[]; readonly report: EndpointReport } {
  const { path, shape } = templateOf(contract, endpoint, params);
  const body: unknown = JSON.parse(text);
  const differences = compareShape(body, shape, publicNames(contract, body));
  const report = { dataset: endpoint.dataset, path, differences, why: null };
  try {
    const { rows } = decodePage(endpoint, params, null, body, now);
    return { rows, report: { ...report, unreadable: null } };
  } catch (fault) {
    if (!(fault instanceof WireError)) throw fault;
    // Its path has the numbers of rows, which say how many there are.
    return { rows: [], report: { ...report, unreadable: fault.message.replaceAll(/\[\d+\]/g, "[]") } };
  }
}

function templateOf<P, Row>(
  contract: ContractShapes,
  endpoint: Endpoint<P, Row>,
  params: P,
): { readonly path: string; readonly shape: Shape } {
  const [asked = ""] = canonicalPath(endpoint, params, null).split("?");
  const found = Object.entries(contract).find(
    ([template]) =>
      template === asked || new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(asked),
  );
  if (found === undefined) throw new Error(`not in the contract: ${endpoint.dataset}`);
  const [path, shape] = found;
  return { path, shape };
}
