// What the server and the project keep: threads, items, assistants, crons, lines of the log, code; in one process, with one browser and one server.

import "./threads.test.js";
import "./bundle.test.js";
import "./snippets.test.js";
import "./nouns.test.js";
import "./logs.test.js";
import "./editor.test.js";
import "./reload.test.js";
