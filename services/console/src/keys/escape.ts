import {
  cancelDraft,
  clearSelection,
  closeHelp,
  closePalette,
  closePanel,
} from "../state/actions.ts";
import { store } from "../state/store.ts";

/** Closes or gives up one thing: whatever lies on top. */
export function escape(): void {
  const { isHelpOpen, isPaletteOpen, draft, selected, panel } = store.getState();
  if (isPaletteOpen) return closePalette();
  if (isHelpOpen) return closeHelp();
  if (draft !== undefined) return cancelDraft();
  if (selected.length > 0) return clearSelection();
  if (panel !== undefined) closePanel();
}
