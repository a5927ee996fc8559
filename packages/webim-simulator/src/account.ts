export type SimulatedAccount = {
  readonly name: string;
  readonly botToken: string;
  readonly botOperatorId: number;
  readonly adminLogin: string;
  readonly adminPassword: string;
  readonly webimVersion: string;
  readonly operators: readonly { readonly id: number; readonly name: string; readonly department: string }[];
  readonly departments: readonly { readonly id: number; readonly key: string; readonly name: string; readonly online: boolean }[];
};

/** The least that an account needs (the Metabot24 page): two departments, three employees. */
export const sampleAccount = (botToken: string): SimulatedAccount => ({
  name: 'demo',
  botToken,
  botOperatorId: 240001,
  adminLogin: 'admin@example.com',
  adminPassword: 'simulator',
  webimVersion: '10.5.62',
  operators: [
    { id: 240001, name: 'Бот', department: 'bot' },
    { id: 240007, name: 'Анна', department: 'operatory' },
    { id: 240009, name: 'Борис', department: 'operatory' },
  ],
  departments: [
    { id: 1, key: 'bot', name: 'Бот', online: true },
    { id: 2, key: 'operatory', name: 'Операторы', online: true },
  ],
});
