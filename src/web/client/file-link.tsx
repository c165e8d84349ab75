import { type ReactNode, useState } from "react";
import { saveFile } from "./save-file.ts";
import { authorization, fetchAsCaller } from "./session.ts";

export interface FileLinkProps {
  readonly href: string;
  readonly children: ReactNode;
  readonly linkClass?: string;
  readonly buttonClass?: string;
}

/** A link cannot carry a token, so a signed-in caller's file is fetched, and then saved. */
export function FileLink({ href, children, linkClass, buttonClass }: FileLinkProps) {
  const [failure, setFailure] = useState<string | null>(null);
  if (Object.keys(authorization()).length === 0)
    return (
      <a href={href} download className={linkClass}>
        {children}
      </a>
    );
  const save = async () => {
    const response = await fetchAsCaller(href);
    if (!response.ok) return setFailure("The file could not be read.");
    saveFile(new URL(href, location.href).pathname.split("/").at(-1) ?? "file.csv", await response.blob());
    setFailure(null);
  };
  return (
    <>
      {failure !== null && <span role="status">{failure} </span>}
      <button type="button" className={buttonClass} onClick={() => void save()}>
        {children}
      </button>
    </>
  );
}
