import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracingConfig } from "../../settings/tracing.ts";
import { HttpFailure } from "../../upstream/http/http-failure.ts";
import type { TraceAttempt } from "../../upstream/observer.ts";
import {
  type Completion,
  currentRequest,
  type RequestRecord,
  type RequestTrace,
} from "../http/request-record.ts";
import { OtlpExporter, type SendSpans } from "./otlp-exporter.ts";
import { outcomeOf } from "./outcome.ts";

/** Traces of one process: a span for each request, for each field that caused upstream requests, and for each of those. */
export class Tracing {
  readonly #tracer: Tracer;
  readonly #provider: TracerProvider;
  /** Field with the resolver that runs now, or that began the current work. */
  readonly #field = new AsyncLocalStorage<FieldSpan>();

  constructor(
    config: TracingConfig,
    { version, send }: { readonly version: string; readonly send: SendSpans },
  ) {
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        "service.name": config.serviceName,
        "service.version": version,
        "service.instance.id": crypto.randomUUID(),
        ...config.resourceAttributes,
      }),
      sampler: samplerOf(config),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OtlpExporter(send) })],
    });
    this.#tracer = this.#provider.getTracer("claude-analytics-gateway", version);
  }

  /** Begins the span of a request, in the trace of its client where it names one. `documentOf` is the name of its trusted document. */
  begin(record: RequestRecord, documentOf: (record: RequestRecord) => string | null): RequestTrace {
    const { method, httpVersion, traceparent } = record.incoming;
    const attributes: Attributes = {
      "http.request.method": METHODS.has(method) ? method : "_OTHER",
      "network.protocol.version": httpVersion,
    };
    const span = this.#tracer.startSpan("HTTP", { kind: SpanKind.SERVER, attributes }, parentOf(traceparent));
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const { traceId, spanId } = span.spanContext();
    const fields: FieldSpan[] = [];
    record.onCompleted((completion) => {
      for (const field of fields) field.close();
      end(span, record, completion, documentOf(record));
    });
    const enter: RequestTrace["enter"] = (coordinate, resolve) => {
      const field = new FieldSpan(this.#tracer, context, coordinate);
      fields.push(field);
      return this.#field.run(field, resolve);
    };
    return { traceId, spanId, context, enter: span.isRecording() ? enter : null };
  }

  /** Begins the span of an attempt upstream. */
  readonly attempt: TraceAttempt = ({ dataset, path, host, resends }) => {
    const request = currentRequest.getStore()?.trace ?? null;
    if (request === null) return null;
    const field = this.#field.getStore();
    const parent = field?.open() ?? request.context;
    const span = this.#tracer.startSpan(
      "GET",
      {
        kind: SpanKind.CLIENT,
        attributes: {
          "http.request.method": "GET",
          "server.address": host.hostname,
          "server.port": Number(host.port || (host.protocol === "https:" ? 443 : 80)),
          "claude_gateway.dataset": dataset,
          ...(path === null ? {} : { "url.template": path }),
          ...(resends === 0 ? {} : { "http.request.resend_count": resends }),
        },
      },
      parent,
    );
    return {
      headers: { traceparent: traceparentOf(span.spanContext()) },
      end(fault) {
        endAttempt(span, fault);
        field?.left();
      },
    };
  };

  /** Sends what has not been sent yet. */
  async dispose(): Promise<void> {
    await this.#provider.shutdown();
  }
}

/**
 * A field that may cause upstream requests. It has a span once it does: most of the thousands of fields of an answer are read from
 * pages that are stored.
 */
class FieldSpan {
  readonly #tracer: Tracer;
  readonly #request: Context;
  readonly #coordinate: string;
  readonly #startedAt = Date.now();
  #span: Span | null = null;
  #underWay = 0;
  #isClosed = false;
  #isOver = false;

  constructor(tracer: Tracer, request: Context, coordinate: string) {
    this.#tracer = tracer;
    this.#request = request;
    this.#coordinate = coordinate;
  }

  /** Context for a request that the field causes; that of the answer once the answer and all requests of the field have ended. */
  open(): Context {
    if (this.#isOver) return this.#request;
    this.#underWay++;
    this.#span ??= this.#tracer.startSpan(
      this.#coordinate,
      { startTime: this.#startedAt, attributes: { "claude_gateway.field": this.#coordinate } },
      this.#request,
    );
    return trace.setSpan(this.#request, this.#span);
  }

  left(): void {
    this.#underWay--;
    this.#endIfOver();
  }

  close(): void {
    this.#isClosed = true;
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#isOver || !this.#isClosed || this.#underWay > 0) return;
    this.#isOver = true;
    this.#span?.end();
  }
}

/** Methods of RFC 9110 and 5789; a client can send any word. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);

/** Ends the span of a request. An operation is named only if the operator or the query library has named it. */
function end(span: Span, record: RequestRecord, completion: Completion, document: string | null): void {
  const { kind, route, isKept, spent, codes } = record;
  const { method } = record.incoming;
  const verb = METHODS.has(method) ? method : "HTTP";
  span.updateName(route === null ? verb : `${verb} ${route}`);
  const outcome = outcomeOf(codes, completion);
  span.setAttributes({
    "http.response.status_code": completion.status,
    ...(route === null ? {} : { "http.route": route }),
    ...(outcome === "OK" ? {} : { "error.type": outcome }),
    ...(kind === null ? {} : { "claude_gateway.kind": kind }),
    ...(document === null ? {} : { "graphql.operation.name": document }),
    "claude_gateway.answer.kept": isKept,
    "claude_gateway.upstream.requests": spent.requests,
    "claude_gateway.cache.hits": spent.cacheHits,
  });
  if (completion.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function endAttempt(span: Span, fault: unknown): void {
  const status = fault === null ? 200 : fault instanceof HttpFailure ? fault.status : undefined;
  if (status !== undefined) span.setAttribute("http.response.status_code", status);
  if (fault !== null) {
    span.setAttribute("error.type", fault instanceof HttpFailure ? fault.code : "fault");
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Version 00 of Trace Context; a later version begins with the same fields. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

function parentOf(header: string | null): Context {
  const [, traceId = "", spanId = "", flags = "0"] = TRACEPARENT.exec(header ?? "") ?? [];
  const parent: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function samplerOf({ sampler, samplerRatio }: TracingConfig): Sampler {
  const name = sampler.replace(/^parentbased_/, "");
  const root =
    name === "always_on"
      ? new AlwaysOnSampler()
      : name === "always_off"
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(samplerRatio);
  return sampler.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}
