import type { FindingName, InLanguages } from './findings.ts';

/** The set-up of an account in the order of the forms (metabot24-webim.txt). */
export const guideSteps = [
  'departments',
  'employees',
  'bot',
  'account',
  'bot_url',
  'channels',
  'chat_started',
  'chat_assigned',
  'chat_closed',
  'first_reply',
  'handover',
  'return',
] as const;
export type GuideStep = (typeof guideSteps)[number];

export type StepTexts = {
  readonly title: InLanguages;
  /** What to do, in the words of Webim's forms. */
  readonly how: InLanguages;
  /** What is put behind the bot's address; undefined: there is no address to paste. */
  readonly urlSuffix?: '' | '?event=chat_started' | '?event=chat_assigned' | '?event=chat_closed';
  /** What must be seen for it to be done; undefined: only a person can tell. Several: any of them. */
  readonly doneBy?: readonly string[];
  /** Findings that say that this very step went wrong. */
  readonly wrongBy: readonly FindingName[];
};

const handlers = { ru: 'Общие настройки → Интеграции → Обработчики событий', en: 'General settings → Integrations → Event handlers' };

export const guideTexts: Readonly<Record<GuideStep, StepTexts>> = {
  departments: {
    title: { ru: 'Отделы', en: 'Departments' },
    how: {
      ru: 'Webim → Отделы: один отдел с операторами, второй с ботом. Отделу бота поставьте более высокий приоритет в поле «Порядок сортировки». Запишите код отдела операторов, например operatory.',
      en: 'Webim → Departments: one with operators, another with the bot. Give the bot’s one the higher priority in the field “Sort order”. Note the code of the operators’ department, e.g. operatory.',
    },
    wrongBy: ['department_unknown'],
  },
  employees: {
    title: { ru: 'Сотрудники', en: 'Employees' },
    how: {
      ru: 'Webim → Сотрудники: администратор, сотрудник для бота (в отделе бота) и хотя бы один оператор (в отделе операторов). Запишите id сотрудника бота.',
      en: 'Webim → Employees: an administrator, an employee for the bot (in the bot’s department) and at least one operator (in the operators’ department). Note the id of the bot’s employee.',
    },
    wrongBy: ['likely_bot_operator', 'bot_operator_unknown'],
  },
  bot: {
    title: { ru: 'Бот', en: 'The bot' },
    how: {
      ru: 'Webim → Боты → «Создать нового бота»: оператор — сотрудник бота, тип «Умный бот», версия 2, «Ссылка на внешний API» — пока любая. Сохраните и скопируйте «Токен авторизации».',
      en: 'Webim → Bots → “Create a new bot”: operator: the bot’s employee; type: smart bot; version 2; “Link to the external API”: anything for now. Save and copy the “Authorization token”.',
    },
    wrongBy: ['api_version_1', 'token_refused'],
  },
  account: {
    title: { ru: 'Аккаунт в движке', en: 'The account in the engine' },
    how: {
      ru: 'dialogctl accounts add accounts.yaml: имя хоста, токен, код отдела, id сотрудника бота. Команда напечатает адрес вебхука; перезапустите движок. Вставьте адрес сюда, и здесь появятся все четыре.',
      en: 'dialogctl accounts add accounts.yaml: host name, token, department code, id of the bot’s employee. It prints the webhook’s address; restart the engine. Paste the address here to get all four.',
    },
    wrongBy: ['host_wrong', 'stored_data_refused'],
  },
  bot_url: {
    title: { ru: 'Ссылка на внешний API', en: 'Link to the external API' },
    how: {
      ru: 'Webim → Боты → бот: вставьте адрес в «Ссылка на внешний API», без пробелов в начале и в конце. Сохраните и напишите в чат сами.',
      en: 'Webim → Bots → the bot: paste the address into “Link to the external API”, without a space before or after. Save, and write to the chat yourself.',
    },
    urlSuffix: '',
    doneBy: ['new_chat', 'new_message'],
    wrongBy: ['api_version_1', 'bot_webhook_missing', 'wrong_token', 'spaces_in_url'],
  },
  channels: {
    title: { ru: 'Каналы общения', en: 'Channels' },
    how: {
      ru: 'Webim → Общие настройки → Каналы общения: подключите каналы. Для сайта: Настройки → Кнопки и размещения, «Обращение для отдела» — отдел бота.',
      en: 'Webim → General settings → Channels: connect them. For the site: Settings → Buttons and placements, “Request for the department”: the bot’s.',
    },
    wrongBy: ['buttons_refused'],
  },
  chat_started: {
    title: { ru: 'Обработчик «Начало чата»', en: 'Handler “Chat started”' },
    how: { ru: `Webim → ${handlers.ru} → «Начало чата».`, en: `Webim → ${handlers.en} → “Chat started”.` },
    urlSuffix: '?event=chat_started',
    doneBy: ['chat_started'],
    wrongBy: ['started_never_seen', 'handlers_never_seen', 'wrong_event', 'event_missing', 'spaces_in_url', 'wrong_token'],
  },
  chat_assigned: {
    title: { ru: 'Обработчик «Подключение оператора»', en: 'Handler “Operator connected”' },
    how: { ru: `Webim → ${handlers.ru} → «Подключение оператора».`, en: `Webim → ${handlers.en} → “Operator connected”.` },
    urlSuffix: '?event=chat_assigned',
    doneBy: ['chat_assigned'],
    wrongBy: ['assigned_never_seen', 'handlers_never_seen', 'wrong_event', 'event_missing', 'spaces_in_url', 'wrong_token'],
  },
  chat_closed: {
    title: { ru: 'Обработчик «Завершение чата»', en: 'Handler “Chat finished”' },
    how: {
      ru: `Webim → ${handlers.ru} → «Завершение чата». Сохраните настройку.`,
      en: `Webim → ${handlers.en} → “Chat finished”. Save the setting.`,
    },
    urlSuffix: '?event=chat_closed',
    doneBy: ['chat_closed'],
    wrongBy: [
      'closed_never_seen',
      'closes_not_by_timer',
      'handlers_never_seen',
      'wrong_event',
      'event_missing',
      'spaces_in_url',
      'wrong_token',
    ],
  },
  first_reply: {
    title: { ru: 'Бот отвечает', en: 'The bot answers' },
    how: { ru: 'Напишите в чат: бот отвечает.', en: 'Write to the chat: the bot answers.' },
    doneBy: ['reply_accepted'],
    wrongBy: ['token_refused', 'host_wrong', 'answered_503'],
  },
  handover: {
    title: { ru: 'Перевод на оператора', en: 'Handover to an operator' },
    how: { ru: 'Попросите оператора: чат встаёт в очередь отдела.', en: 'Ask for an operator: the chat goes to the department’s queue.' },
    doneBy: ['handed_over'],
    wrongBy: ['department_unknown'],
  },
  return: {
    title: { ru: 'Возврат', en: 'Return' },
    how: {
      ru: 'Оператор закрывает чат кнопкой «Закрыть». После окончательного закрытия признак «Чат передан оператору» сбрасывается и выполняется скрипт «Возврат».',
      en: 'The operator closes the chat by the button “Close”. After the final close the flag “handed to operator” is reset and the script Return runs.',
    },
    doneBy: ['returned'],
    wrongBy: ['closed_never_seen', 'closes_not_by_timer'],
  },
};
