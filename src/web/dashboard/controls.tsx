import { type FormEvent, useId, useState } from "react";
import type { Period } from "../../../schema/operations/documents.ts";
import { dayAfter } from "../charts/format.ts";
import type { ResultOf } from "../client/documents.ts";
import { pageSettings } from "../client/page-settings.ts";
import type { DocumentAnswer } from "../client/run-document.ts";
import { useDocument } from "../client/use-document.ts";
import { MOST_ROWS } from "./most-rows.ts";
import { goTo, NAMED_PERIODS, offersGroups, type PageName, type Place } from "./place.ts";
import { type PageOrganization, type PageViewer, rightsOf } from "./viewer.ts";

/** Pages with figures of the period before; on others the control would do nothing. */
const COMPARED: ReadonlySet<PageName> = new Set(["overview", "claude-code", "spend"]);

/** Chooses the period, the comparison, and where a page has it the organization and the group. */
export function Controls({
  place,
  viewer,
  organizations,
}: {
  readonly place: Place;
  readonly viewer: PageViewer;
  readonly organizations: readonly PageOrganization[];
}) {
  const { compare, page, organization } = place;
  const id = useId();
  const isNamed = pageSettings.hasOrganizations;
  const names = isNamed ? organizations.map(({ name }) => name) : viewer.organizations;
  const hasOrganizations = (isNamed || page === "spend") && names.length > 1;
  const hasGroups = offersGroups(place) && rightsOf(viewer).people;
  return (
    <div className="controls no-print">
      {hasOrganizations && (
        <>
          <label className="visually-hidden" htmlFor={`${id}-organization`}>
            Organization
          </label>
          <select
            id={`${id}-organization`}
            className="field"
            value={organization ?? names[0]}
            onChange={({ target }) =>
              goTo({
                ...place,
                group: null,
                organization: !isNamed && target.value === names[0] ? null : target.value,
              })
            }
          >
            {names.map((name) => (
              <option key={name} value={name}>
                {isNamed ? name : name === "console" ? "Console (API)" : "Enterprise"}
              </option>
            ))}
          </select>
        </>
      )}
      {hasGroups && <GroupFilter place={place} />}
      {page !== "limits" && <PeriodChoice place={place} />}
      {COMPARED.has(page) && (
        <button
          type="button"
          className="button"
          aria-pressed={compare !== "off"}
          onClick={() => goTo({ ...place, compare: compare === "off" ? "cheap" : "off" })}
        >
          Compare<span className="visually-hidden"> with the period before</span>
        </button>
      )}
      <button type="button" className="button" onClick={() => print()}>
        Print
      </button>
    </div>
  );
}

function PeriodChoice({ place }: { readonly place: Place }) {
  const { period } = place;
  const [isCustom, setIsCustom] = useState(typeof period !== "string");
  const id = useId();
  const choose = (value: string) => {
    setIsCustom(value === "CUSTOM");
    if (value !== "CUSTOM") goTo({ ...place, period: value as Period });
  };
  return (
    <>
      <label className="visually-hidden" htmlFor={id}>
        Period
      </label>
      <select
        id={id}
        className="field"
        value={isCustom ? "CUSTOM" : String(period)}
        onChange={({ target }) => choose(target.value)}
      >
        {Object.entries(NAMED_PERIODS).map(([name, [label]]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
        <option value="CUSTOM">Custom range</option>
      </select>
      {isCustom && <CustomRange place={place} />}
    </>
  );
}

/** Two days, of which the last one is included, as people name ranges. */
function CustomRange({ place }: { readonly place: Place }) {
  const known = typeof place.period === "string" ? null : place.period;
  const [from, setFrom] = useState(known?.from ?? "");
  const [last, setLast] = useState(known === null ? "" : dayAfter(known.until, -1));
  const isValid = from !== "" && last !== "" && from <= last;
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (isValid) goTo({ ...place, period: { from, until: dayAfter(last, 1) } });
  };
  return (
    <form className="custom-range" onSubmit={apply}>
      <input
        className="field"
        type="date"
        aria-label="First day"
        value={from}
        onChange={({ target }) => setFrom(target.value)}
      />
      <span aria-hidden="true">–</span>
      <input
        className="field"
        type="date"
        aria-label="Last day"
        value={last}
        onChange={({ target }) => setLast(target.value)}
      />
      <button type="submit" className="button" disabled={!isValid}>
        Apply
      </button>
    </form>
  );
}

const ALL_GROUPS = { first: MOST_ROWS };

function GroupFilter({ place }: { readonly place: Place }) {
  // Most visits choose no group, so the list is loaded once the control is used.
  const [isUsed, setIsUsed] = useState(place.group !== null);
  const { answer } = useDocument("Groups", isUsed ? ALL_GROUPS : null);
  const id = useId();
  const groups = answer?.data?.groups?.nodes.filter((group) => group !== null) ?? [];
  const isListed = place.group === null || groups.some(({ groupId }) => groupId === place.group);
  const gap = noteOnGroups(answer);
  return (
    <>
      <label className="visually-hidden" htmlFor={id}>
        Group
      </label>
      <select
        id={id}
        className="field group-filter"
        value={place.group ?? ""}
        onFocus={() => setIsUsed(true)}
        onPointerEnter={() => setIsUsed(true)}
        onChange={({ target }) => goTo({ ...place, group: target.value === "" ? null : target.value })}
      >
        <option value="">All groups</option>
        {groups.map(({ groupId, name }) => (
          <option key={groupId} value={groupId}>
            {name}
          </option>
        ))}
        {!isListed && <option value={place.group ?? ""}>Group {place.group}</option>}
        {gap !== null && <option disabled>{gap}</option>}
      </select>
    </>
  );
}

/** A reason why groups are missing from the list; null: none is, or they are not read yet. */
function noteOnGroups(answer: DocumentAnswer<ResultOf<"Groups">> | null): string | null {
  if (answer === null) return null;
  const [error] = answer.errors;
  if (error !== undefined) return `Not read: ${error.message}`;
  return answer.data?.groups?.pageInfo.hasNextPage === true ? "Further groups are not listed" : null;
}
