import type { MouseEvent, ReactNode } from "react";
import { goTo, type Place, urlOf } from "./place.ts";

export interface PlaceLinkProps {
  readonly to: Place;
  readonly isCurrent?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to another place of the dashboard, which the browser can open in a new tab as any link. */
export function PlaceLink({ to, isCurrent = false, className, children }: PlaceLinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(to);
  };
  return (
    <a href={urlOf(to)} className={className} aria-current={isCurrent ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}
