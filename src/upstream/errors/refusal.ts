import type { ClosedReason, Dataset } from "../../domain/dataset.ts";
import { type ErrorCode, type ErrorDetails, GatewayError } from "../../errors.ts";

/** Upstream understood the request and will not answer it. */
export class UpstreamRefusal extends GatewayError {
  readonly dataset: Dataset;
  readonly reason: ClosedReason;
  /** The page token it was sent. */
  readonly token: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    about: Pick<UpstreamRefusal, "dataset" | "reason" | "token">,
    details: ErrorDetails,
    cause?: unknown,
  ) {
    super(code, message, details, cause);
    this.dataset = about.dataset;
    this.reason = about.reason;
    this.token = about.token;
  }
}

/** Upstream did not accept the page token: the data behind it was refreshed, or upstream never issued it. */
export function refusedToken(fault: unknown): boolean {
  return fault instanceof UpstreamRefusal && fault.token !== null;
}

/** Upstream will not answer from this dataset at all, or not what it was asked; another source may. */
export function isRefusal(fault: unknown): fault is UpstreamRefusal {
  return fault instanceof UpstreamRefusal && fault.token === null;
}
