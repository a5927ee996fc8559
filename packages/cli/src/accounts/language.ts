import { type Command, Option } from 'commander';

export type LanguageOption = { readonly lang?: 'ru' | 'en' };

export const withLanguage = (command: Command): Command =>
  command.addOption(new Option('--lang <language>', 'of the words; default: the terminal’s').choices(['ru', 'en']));

/** As asked, else as the terminal is set. */
export const languageOf = ({ lang }: LanguageOption): 'ru' | 'en' => {
  if (lang !== undefined) return lang;
  const set = process.env['LC_ALL'] || process.env['LC_MESSAGES'] || process.env['LANG'] || '';
  return set.toLowerCase().startsWith('ru') ? 'ru' : 'en';
};
