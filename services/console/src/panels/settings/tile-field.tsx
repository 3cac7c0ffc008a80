import { useState } from "react";
import { setTiles } from "../../state/actions.ts";
import { useConsole } from "../../state/use-console.ts";
import { Field } from "../controls/field.tsx";

const pattern = /^(?:https?:\/)?\/\S+$/;

/** Tiles over the ground, from a server of one's own; taken over when it is left or Enter is pressed. */
export function TileField() {
  const tiles = useConsole((state) => state.tiles);
  const [typed, setTyped] = useState<string>();
  const text = typed ?? tiles ?? "";
  const isWrong = text.trim() !== "" && !pattern.test(text.trim());
  const take = (): void => {
    if (typed === undefined || isWrong) return;
    setTiles(typed);
    setTyped(undefined);
  };
  return (
    <Field
      label="Map tiles"
      mistake={isWrong ? "Give an address that begins with https:// or /" : undefined}
      hint="…/{z}/{x}/{y}.png or ….pmtiles; another origin must be named in DROVER_TILE_ORIGINS."
    >
      <input
        value={text}
        placeholder="none: the ground that comes along"
        spellCheck={false}
        maxLength={500}
        aria-invalid={isWrong}
        onChange={({ target }) => setTyped(target.value)}
        onBlur={take}
        onKeyDown={({ key }) => key === "Enter" && take()}
      />
    </Field>
  );
}
