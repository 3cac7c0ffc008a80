// The page begins: token, address, theme, then the shell. What is drawn first is the shell and the
// ground; the panels come when they are opened.

import "./look/console.css";
import { createRoot } from "react-dom/client";
import { App } from "./shell/app.tsx";
import { startSession } from "./session.ts";
import { startTheme } from "./look/theme.ts";
import { takeToken } from "./state/token.ts";
import { followAddress } from "./url/follow-address.ts";

takeToken();
followAddress();
startTheme();
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App />);
startSession();
