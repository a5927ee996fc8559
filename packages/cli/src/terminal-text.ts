/** What a terminal obeys instead of showing it: control characters but tab and line break, and what turns the direction of writing. */
const obeyed = /\r(?!\n)|(?![\t\n\r])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text as a terminal may show it. What a visitor wrote, and names that came from Webim, stand in answers: there an escape sequence could clear the
 * screen, forge lines or fill the clipboard of who looks. The form is JSON's, so that output for pipes means the same.
 */
export const terminalText = (text: string): string =>
  text.replace(obeyed, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
