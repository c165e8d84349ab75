import { request } from "undici";
import type { Call } from "./load.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly ms: number;
}

/** Sends one request and reads its answer to the end. */
export async function ask(url: string, { method = "POST", path, headers, body }: Call): Promise<Answer> {
  const begun = performance.now();
  const answer = await request(url + path, {
    method,
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(body === undefined ? {} : { body }),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: text,
    ms: performance.now() - begun,
  };
}

/** The data of a whole answer; throws if it has errors. */
export async function dataOf<Data>(url: string, call: Call): Promise<Data> {
  const { status, body } = await ask(url, call);
  if (status !== 200) throw new Error(`${status} ${body.slice(0, 300)}`);
  const { data, errors } = JSON.parse(body) as { data: Data; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors).slice(0, 500));
  return data;
}
