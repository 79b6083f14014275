// How keys are called on the machine that the page is looked at on.

const mac = /Mac|iP(hone|ad)/.test(navigator.platform);

/** What sends, resumes and submits. */
export const SEND_KEYS = mac ? "⌘↵" : "Ctrl ↵";
