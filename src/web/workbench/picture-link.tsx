import { useState } from "react";
import { formatDayWithYear } from "../charts/format.ts";
import { pageOrganization } from "../client/page-organization.ts";
import { pageSettings } from "../client/page-settings.ts";
import type { AnswerError } from "../client/run-document.ts";
import { fetchAsCaller } from "../client/session.ts";
import type { GatewayAnswer } from "./answer.ts";
import { libraryName } from "./library-documents.ts";

interface PictureLinkProps {
  readonly answer: GatewayAnswer;
  readonly list: string;
  readonly measure: string;
}

interface LinkState {
  readonly message: string;
  /** The link is refused unless it names people. */
  readonly needsNames: boolean;
}

const SILENT: LinkState = { message: "", needsNames: false };

/** Copies a link that shows the chart to readers without a token, where the operator allows such links. */
export function PictureLink({ answer, list, measure }: PictureLinkProps) {
  const [{ message, needsNames }, setState] = useState(SILENT);
  if (!pageSettings.links) return null;
  const document = libraryName(answer.query);
  const copy = async (identity?: "full") => {
    if (document === null)
      return setState({
        message: "Only queries of the library have picture links, and this one is changed or new.",
        needsNames: false,
      });
    const wanted = { document, variables: answer.variables, list, measure, ...(identity && { identity }) };
    setState(
      await copied(wanted).catch(() => ({ message: "The gateway did not answer.", needsNames: false })),
    );
  };
  return (
    <>
      <span role="status" className="pane-count">
        {message}
      </span>
      {needsNames ? (
        <button type="button" className="button quiet" onClick={() => void copy("full")}>
          Copy a link that names people
        </button>
      ) : (
        <button type="button" className="button quiet" onClick={() => void copy()}>
          Copy picture link
        </button>
      )}
    </>
  );
}

/** Makes a link and copies it. */
async function copied(wanted: Readonly<Record<string, unknown>>): Promise<LinkState> {
  const response = await fetchAsCaller("/links", {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({ ...wanted, organization: pageOrganization() }),
  });
  const body: {
    readonly url?: string;
    readonly expiresAt?: string;
    readonly errors?: readonly (AnswerError & { readonly extensions?: { readonly field?: string } })[];
  } = await response.json();
  if (body.url === undefined || body.expiresAt === undefined) return refused(body.errors?.[0], wanted);
  const link = new URL(body.url, location.href).href;
  const end = `Anyone who has it sees this picture until ${formatDayWithYear(body.expiresAt)}.`;
  try {
    await navigator.clipboard.writeText(link);
    return { message: `Link copied. ${end}`, needsNames: false };
  } catch {
    return { message: `${end} ${link}`, needsNames: false }; // pages without TLS have no clipboard
  }
}

function refused(
  error: (AnswerError & { readonly extensions?: { readonly field?: string } }) | undefined,
  { identity }: Readonly<Record<string, unknown>>,
): LinkState {
  if (error?.extensions?.field !== undefined && identity === undefined)
    return {
      message: "This picture shows people by name, and links do that only if you want it.",
      needsNames: true,
    };
  return { message: error?.message ?? "The gateway makes no link to this picture.", needsNames: false };
}
