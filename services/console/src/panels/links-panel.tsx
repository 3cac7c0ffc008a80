import { askEdges, askStats } from "../api/edges.ts";
import { Answer, Empty } from "./controls/note.tsx";
import { Panel } from "./controls/panel.tsx";
import { useAsk } from "./controls/use-ask.ts";
import { EdgeItem } from "./links/edge-item.tsx";
import { Quarantine } from "./links/quarantine.tsx";
import { durationText } from "./text/duration.ts";
import { wholeText } from "./text/quantity.ts";
import "./links/links.css";

const EVERY_MS = 3_000;

/** How reports get here: each edge with what waits at it, and what was set aside. */
export function LinksPanel() {
  const edges = useAsk("edges", askEdges, { everyMs: EVERY_MS });
  return (
    <Panel title="Links" count={edges.value?.length}>
      <section aria-label="Edges">
        <Answer asked={edges} what="edges" rows={3}>
          {(items) =>
            items.length === 0 ? (
              <Empty title="No edge has sent anything yet">
                <span>
                  An edge keeps reports through an outage: start one with <code>drover up</code>, or
                  send lines to <code>POST /v1/reports</code>.
                </span>
              </Empty>
            ) : (
              <ul className="items">
                {items.map((edge) => (
                  <EdgeItem key={edge.edge} edge={edge} />
                ))}
              </ul>
            )
          }
        </Answer>
      </section>
      <Totals />
      <Quarantine />
    </Panel>
  );
}

function Totals() {
  const asked = useAsk("stats", askStats, { everyMs: EVERY_MS });
  return (
    <section aria-label="Since the beginning">
      <h3>Since the beginning</h3>
      <Answer asked={asked} what="counts" rows={2}>
        {({ accepted, stored, duplicates, quarantined, lag, lagOldestMs }) => (
          <dl className="tiles">
            <Count name="Accepted">{wholeText(accepted)}</Count>
            <Count name="Stored">{stored === null ? "unknown" : wholeText(stored)}</Count>
            <Count name="Seen before">{wholeText(duplicates)}</Count>
            <Count name="Set aside">{wholeText(quarantined)}</Count>
            <Count name="On their way">{wholeText(lag)}</Count>
            <Count name="The oldest">{lag === 0 ? "–" : durationText(lagOldestMs)}</Count>
          </dl>
        )}
      </Answer>
    </section>
  );
}

function Count({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
