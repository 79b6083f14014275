// Pages for whoever comes, and however much there is: in one process, with one browser and one server.

import "./accessibility.test.js";
import "./keyboard.test.js";
import "./narrow.test.js";
import "./large.test.js";
