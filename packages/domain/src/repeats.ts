/** For so long the same content is a repeat (design §6.3), ms: the state keeps what it compares with for no longer. */
export const contentRepeatMs = 10_000;
export const newChatRepeatMs = 300_000;
