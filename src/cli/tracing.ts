import type { Logger } from "pino";
import { request } from "undici";
import type { Config } from "../config.ts";
import { causeCodeOf } from "../errors.ts";
import { dispatcherTo } from "../proxies.ts";
import type { SendSpans } from "../server/observability/otlp-exporter.ts";
import type { Tracing } from "../server/observability/tracing.ts";
import type { TracingConfig } from "../settings/tracing.ts";
import { VERSION } from "../version.ts";

/** How long the receiver of spans may take for an answer. */
const TIMEOUT_MS = 10_000;

/** Opens the traces where they are configured: a gateway without them does not load their library. */
export async function openTracing(config: Config, log: Logger): Promise<Tracing | null> {
  if (config.tracing === null) return null;
  const { Tracing } = await import("../server/observability/tracing.ts");
  return new Tracing(config.tracing, { version: VERSION, send: senderOf(config.tracing, config, log) });
}

/** Sends spans; a receiver that is away is logged once, and so is its return. */
function senderOf({ url, headers }: TracingConfig, { upstream }: Config, log: Logger): SendSpans {
  const dispatcher = dispatcherTo(url, upstream.proxies);
  let isAway = false;
  return async (body) => {
    const code = await post(body).catch(causeCodeOf);
    if (code !== null && !isAway) log.warn({ code, host: url.host }, "traces cannot be sent and are lost");
    if (code === null && isAway) log.info({ host: url.host }, "traces are sent again");
    isAway = code !== null;
  };

  /** Returns null if the spans were taken, else a code. */
  async function post(body: string): Promise<string | null> {
    const answer = await request(url, {
      dispatcher,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body.dump();
    return answer.statusCode >= 200 && answer.statusCode < 300 ? null : `HTTP_${answer.statusCode}`;
  }
}
