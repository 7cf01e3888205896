// All that the page does. The guestbook comes last: its first request is the others' first answer.
import "./path.js";
import "./load.js";
import "./guestbook.js";
