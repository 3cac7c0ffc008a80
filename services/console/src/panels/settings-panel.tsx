import { signOut } from "../session.ts";
import { openHelp, setClock, setLabels, setRamp, setTheme, setUnits } from "../state/actions.ts";
import { useConsole } from "../state/use-console.ts";
import { Check, Segments } from "./controls/field.tsx";
import { Panel } from "./controls/panel.tsx";
import { useMay } from "./controls/use-role.ts";
import { Receivers } from "./settings/receivers.tsx";
import { TileField } from "./settings/tile-field.tsx";

/** How this viewer wants it, who is signed in, and who is told of alerts. */
export function SettingsPanel() {
  const isAdmin = useMay("admin");
  return (
    <Panel title="Settings">
      <Look />
      <Session />
      {isAdmin && <Receivers />}
    </Panel>
  );
}

function Look() {
  const { theme, clock, units, ramp, labels } = useConsole((state) => state);
  return (
    <section className="stack" aria-label="Look">
      <Segments
        label="Theme"
        value={theme}
        options={[
          { value: "system", label: "As the system" },
          { value: "dark", label: "Dark" },
          { value: "light", label: "Light" },
        ]}
        onChange={setTheme}
      />
      <Segments
        label="Clock"
        value={clock}
        options={[
          { value: "utc", label: "UTC" },
          { value: "local", label: "Local" },
        ]}
        onChange={setClock}
      />
      <Segments
        label="Altitudes and speeds in"
        value={units}
        options={[
          { value: "metric", label: "m, km/h" },
          { value: "aviation", label: "ft, kt" },
        ]}
        onChange={setUnits}
      />
      <Segments
        label="Colours of altitude"
        value={ramp}
        options={[
          { value: "altitude", label: "Usual" },
          { value: "safe", label: "For every eye" },
        ]}
        onChange={setRamp}
      />
      <Check label="Names on the map" isOn={labels} onChange={setLabels} />
      <TileField />
      <div className="row">
        <button type="button" onClick={openHelp}>
          Show all keys
        </button>
      </div>
    </section>
  );
}

function Session() {
  const session = useConsole((state) => state.session);
  return (
    <section className="stack" aria-label="Session">
      <h3>Session</h3>
      <p>
        {session === undefined ? (
          "Nobody is signed in."
        ) : (
          <>
            Signed in as <strong>{session.label}</strong>, {session.role}.
          </>
        )}
      </p>
      <p className="muted">
        Make a token for somebody else with{" "}
        <code>drover token create --role viewer --label NAME</code>. It is kept for this tab alone.
      </p>
      <div className="row">
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </div>
    </section>
  );
}
