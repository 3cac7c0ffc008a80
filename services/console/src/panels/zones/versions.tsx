import { useState } from "react";
import type { Zone } from "@drover/core/model/zone";
import { askVersions } from "../../api/zones.ts";
import { Instant } from "../controls/age.tsx";
import { Answer } from "../controls/note.tsx";
import { useAsk } from "../controls/use-ask.ts";
import { changedParts } from "./zone-form.ts";

/** How a zone became what it is; asked for when it is opened. */
export function Versions({ zone }: { readonly zone: Zone }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Version {zone.version}</summary>
      {isOpen && <VersionList zone={zone} />}
    </details>
  );
}

function VersionList({ zone }: { readonly zone: Zone }) {
  const asked = useAsk(`versions ${zone.id} ${zone.version}`, (signal) =>
    askVersions(zone.id, signal),
  );
  return (
    <Answer asked={asked} what="versions" rows={3}>
      {(versions) => (
        <ol className="items">
          {versions.map((version, index) => {
            const older = versions[index + 1];
            const parts = older === undefined ? [] : changedParts(version, older);
            return (
              <li key={version.version} className="item">
                <span className="badge">{version.version}</span>
                <span className="item-main">
                  {older === undefined ? "made" : `changed ${parts.join(", ") || "nothing"}`}
                </span>
                <span className="muted">
                  <Instant at={version.validFrom} />
                </span>
              </li>
            );
          })}
        </ol>
      )}
    </Answer>
  );
}
