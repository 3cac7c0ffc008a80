import { useState } from "react";
import { importZones, refreshZones, type Imported } from "../../api/zones.ts";
import { toast } from "../../state/actions.ts";
import { Check, Field } from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { Panel } from "../controls/panel.tsx";
import { useAct } from "../controls/use-act.ts";
import { FaultList, Faults } from "./faults.tsx";
import { showZones } from "./zones-view.ts";

/** The server takes no more. */
const FILE_BYTES_MAX = 32 * 1024 * 1024;

interface ReadFile {
  readonly name: string;
  readonly collection: unknown;
}

/** Brings zones in from a GeoJSON file; what would happen is said before it does. */
export function ImportZones() {
  const [file, setFile] = useState<ReadFile>();
  const [isPartial, setIsPartial] = useState(false);
  const look = useAct(async (given: File, partial: boolean) => {
    const read = await readFile(given);
    setFile(read);
    return importZones(read.collection, { isDryRun: true, isPartial: partial });
  });
  const [plan, setPlan] = useState<Imported>();
  const [given, setGiven] = useState<File>();
  const check = async (next: File | undefined, partial: boolean): Promise<void> => {
    setPlan(undefined);
    setGiven(next);
    setIsPartial(partial);
    if (next !== undefined) setPlan(await look.run(next, partial));
  };
  const bring = useAct(async () => {
    if (file === undefined) return;
    const done = await importZones(file.collection, { isDryRun: false, isPartial });
    await refreshZones();
    toast(`${file.name}: ${planText(done)}`);
    showZones();
  });
  return (
    <Panel title="Import zones" onBack={showZones}>
      <div className="stack">
        <Field
          label="GeoJSON file"
          hint="Polygons; a Point with radiusM is a circle, a LineString with widthM a corridor."
        >
          <input
            type="file"
            accept=".geojson,.json,application/geo+json"
            onChange={({ target }) => void check(target.files?.[0], isPartial)}
          />
        </Field>
        <Check
          label="Take what is good although some is not"
          isOn={isPartial}
          onChange={(partial) => void check(given, partial)}
        />
        {look.isBusy && <p role="status">Checking…</p>}
        <Mistake error={look.error ?? bring.error} />
        <Faults error={look.error ?? bring.error} />
        {plan !== undefined && (
          <>
            <p role="status">{planText(plan)}</p>
            <FaultList faults={plan.faults} />
            <button
              type="button"
              className="primary"
              disabled={bring.isBusy || plan.created + plan.changed === 0}
              onClick={() => void bring.run()}
            >
              Import
            </button>
          </>
        )}
      </div>
    </Panel>
  );
}

function planText({ created, changed, unchanged, faults }: Imported): string {
  const left = faults.length === 0 ? "" : `, ${faults.length} mistakes left out`;
  return `${created} new, ${changed} changed, ${unchanged} as they are${left}`;
}

/** @throws Error in words when the file is too large or no JSON */
async function readFile(file: File): Promise<ReadFile> {
  if (file.size > FILE_BYTES_MAX) throw new Error(`${file.name} is larger than 32 MiB`);
  const text = await file.text();
  try {
    return { name: file.name, collection: JSON.parse(text) };
  } catch (error) {
    throw new Error(`${file.name} is no JSON`, { cause: error });
  }
}
