import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { portOf } from "../listening.ts";

export const KEY = Buffer.alloc(32, 7);

/** One request to a webhook. */
export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it was sent
  readonly body: any;
}

/** A receiver of webhooks on loopback until the test ends. It answers with a status unless `answer` takes the response. */
export async function receiver(
  answer: (received: Received, response: ServerResponse) => number | undefined = () => 204,
) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const each = {
      id: String(request.headers["webhook-id"]),
      headers: request.headers,
      text,
      body: JSON.parse(text),
    };
    received.push(each);
    const status = answer(each, response);
    if (status !== undefined) response.writeHead(status).end();
  });
  const port = await portOf(server);
  return {
    received,
    /** What one that deduplicates by id has, in order. */
    distinct: () => [...new Map(received.map((each) => [each.id, each])).values()],
    /** The entry of a webhook in BUDGETS_FILE; its secret is in the variable of `SECRET`. */
    hook: {
      name: "hook",
      url: `http://127.0.0.1:${port}/hook?a=1`,
      secretEnv: "HOOK_SECRET",
      format: "json",
    },
  };
}

export const SECRET = { HOOK_SECRET: `whsec_${KEY.toString("base64")}` };

/** Computes the signature of a request as its receiver does. */
export function signatureOf({ id, headers, text }: Received): string {
  const signed = `${id}.${headers["webhook-timestamp"]}.${text}`;
  return `v1,${createHmac("sha256", KEY).update(signed).digest("base64")}`;
}
