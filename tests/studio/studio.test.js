// Graphs and what runs on them: all of them in one process, with one browser and one server.

import "./serving.test.js";
import "./graph.test.js";
import "./form.test.js";
import "./running.test.js";
import "./waterfall.test.js";
import "./chat.test.js";
import "./interrupts.test.js";
import "./history.test.js";
import "./docs.test.js";
