import type { AssetView } from "../../api/assets.ts";
import { openPanel } from "../../state/actions.ts";
import { Age } from "../controls/age.tsx";
import { durationText } from "../text/duration.ts";
import { metricWords } from "../text/metric.ts";

/** Who it says it is, and which way its words came. */
export function Identity({ view }: { readonly view: AssetView }) {
  const { asset, kind, attributes = {}, source, edge, sentAt, receivedAt, at } = view;
  const names = Object.keys(attributes).toSorted();
  return (
    <section aria-label="Identity">
      <h3>Identity</h3>
      <dl className="facts">
        <dt>Id</dt>
        <dd className="mono">{asset}</dd>
        <dt>Kind</dt>
        <dd>{kind}</dd>
        {names.map((name) => (
          <div key={name} className="fact">
            <dt>{metricWords(name).label}</dt>
            <dd>{attributes[name]}</dd>
          </div>
        ))}
        <dt>Source</dt>
        <dd>{source}</dd>
        <dt>Edge</dt>
        <dd>
          {edge === undefined ? (
            "none: sent without an outbox"
          ) : (
            <button type="button" className="link" onClick={() => openPanel("links")}>
              {edge}
            </button>
          )}
        </dd>
        <dt>Came in</dt>
        <dd>
          <Age at={receivedAt} suffix=" ago" />, {durationText(Math.max(0, sentAt - at))} at the
          edge, {durationText(Math.max(0, receivedAt - sentAt))} on the way
        </dd>
      </dl>
    </section>
  );
}
