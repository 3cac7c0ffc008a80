import { ImportZones } from "./zones/import-zones.tsx";
import { ZoneEditor } from "./zones/zone-editor.tsx";
import { ZoneList } from "./zones/zone-list.tsx";
import { ZonePage } from "./zones/zone-page.tsx";
import { useZonesView } from "./zones/zones-view.ts";
import "./zones/zones.css";

/** Zones: all of them, one of them, or one that is drawn. */
export function ZonesPanel() {
  const view = useZonesView();
  switch (view.kind) {
    case "list":
      return <ZoneList />;
    case "zone":
      return <ZonePage key={view.id} id={view.id} />;
    case "import":
      return <ImportZones />;
    case "edit":
      return <ZoneEditor key={view.key} view={view} />;
  }
}
