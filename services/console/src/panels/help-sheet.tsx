import { commands } from "../keys/key-map.ts";
import { closeHelp } from "../state/actions.ts";
import { Icon } from "./controls/icon.tsx";
import { Sheet } from "./controls/sheet.tsx";
import { keyText } from "./text/key-text.ts";

/** Every key and what it does. */
export function HelpSheet() {
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Sheet label="Keys" onClose={closeHelp}>
      <header>
        <h2>Keys</h2>
        <button type="button" className="quiet icon-only" aria-label="Close" onClick={closeHelp}>
          <Icon name="close" />
        </button>
      </header>
      <div className="sheet-body keys">
        {groups.map((group) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl>
              {commands
                .filter((one) => one.group === group)
                .map(({ id, keys, label }) => (
                  <div key={id}>
                    <dt>{label}</dt>
                    <dd>
                      {keys.slice(0, 2).map((key) => (
                        <kbd key={key}>{keyText(key)}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Sheet>
  );
}
