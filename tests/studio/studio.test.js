// All of them in one process: one browser, one server.

import "./serving.test.js";
import "./graph.test.js";
import "./form.test.js";
import "./running.test.js";
import "./waterfall.test.js";
import "./chat.test.js";
import "./interrupts.test.js";
import "./history.test.js";
import "./threads.test.js";
import "./narrow.test.js";
import "./bundle.test.js";
import "./snippets.test.js";
import "./nouns.test.js";
import "./logs.test.js";
import "./editor.test.js";
import "./accessibility.test.js";
import "./keyboard.test.js";
import "./large.test.js";
import "./reload.test.js";
import "./docs.test.js";
