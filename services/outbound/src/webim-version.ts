/** `redirect_chat` without a target goes to the queue only from Webim 10.4 on (webim-protocol §3.2). Unknown: no. */
export const takesQueueRedirect = (version: string | undefined): boolean => {
  const match = /^\s*(\d{1,6})\.(\d{1,6})/.exec(version ?? '');
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 10 || (major === 10 && minor >= 4);
};
